"""From one measurement to the profile row it is: which role, and which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import inf

from pdopt.catalogue.measured.measurement import Facts, Measurement
from pdopt.catalogue.measured.table import Row, sentences
from pdopt.catalogue.measured.usable import KEPT_UP, objections, starved

ONE_TOKEN = 1.5
ALONE = 0.05


class Refused(ValueError):  # noqa: N818 - carries why
    """Raised when a measurement is no point of the asked role."""


@dataclass(frozen=True)
class Point:
    """A row for one of the tables, and the measurement behind it; `load` ranks runs of one prefill point."""

    role: str
    row: Row
    measurement: Measurement
    load: float = 0.0


def plain(value: float) -> str:
    """Write a number with six significant digits and no exponent."""
    text = format(Decimal(f"{value:.6g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def role_of(m: Measurement, asked: str) -> str:
    """Give the role of a run.

    A server that does both phases yields mixed rows: its TPOT holds the prefills of others. It yields decode rows
    only where the user says that prefill did not disturb it, and prefill rows when one token was asked for.
    """
    own = m.table if m.phase == "given" else m.phase
    if own != "served":
        if asked not in ("auto", own):
            raise Refused(f"measures {own} by itself and nothing for --role {asked}")
        return own
    if asked != "auto":
        return asked
    return "mixed" if m.osl is None or generates(m) else "prefill"


def point_of(m: Measurement, role: str, facts: Facts, max_spread: float) -> Point:
    """Turn a measurement into a row.

    Raises
    ------
    Refused
        Every reason why it is no usable point.
    """
    found = objections(m, role, max_spread)
    if facts.gpus and (facts.dp or 1) > facts.gpus:
        found.append(
            f"dp {facts.dp} is more than its gpus, {facts.gpus}: gpus are all of the instance's, those of every "
            "data-parallel rank"
        )
    if found:
        raise Refused("; ".join(found))
    shape = {
        "gpu": facts.gpu,
        "gpus": str(facts.gpus),
        "parallelism": facts.parallelism,
        "dp": str(facts.dp or 1),
        "engine": facts.engine,
        "engine_version": facts.engine_version,
        "precision": facts.precision,
    }
    tail = {"kind": "measured", "date": facts.date, "source": m.origin}
    row, load = ({}, 0.0) if m.phase == "given" else ROLES[role](m, facts)
    row = {**tail, **m.given, **shape} if m.phase == "given" else {**shape, **row, **m.given, **tail}
    faulty = sentences(role, row)
    if faulty:
        raise Refused("; ".join(faulty))
    return Point(role, row, m, load)


def _lengths(m: Measurement) -> Row:
    return {"input_tokens": f"{m.isl:.0f}", "output_tokens": f"{m.osl:.0f}"}


def _prefill(m: Measurement, facts: Facts) -> tuple[Row, float]:
    """Input tokens per second of an instance kept busy.

    With at most one request per attention-dp rank in flight, dp x input / mean TTFT (TTFT is then service alone);
    with more, or a rate beyond what is served, requests/s x input. A static batch: batch x input / TTFT. Tokens
    that the prefix cache answered are not counted.
    """
    assert m.isl
    assert m.ttft.mean
    dp, new_tokens = facts.dp or 1, m.isl - m.cached_tokens
    load, alone = _prefill_load(m, dp)
    if generates(m) and not alone:
        raise Refused(
            f"its requests go on to decode {m.osl:.4g} tokens while others are prefilled, so what it carried is no "
            "maximum of prefill; ask for outputs of 1 token, or import concurrency 1"
        )
    if alone:
        tokens_per_s = dp * new_tokens / m.ttft.mean
    elif m.phase == "prefill":
        tokens_per_s = load * new_tokens / m.ttft.mean
    else:
        tokens_per_s = (m.request_rps or 0.0) * new_tokens
    return {"input_tokens": f"{new_tokens:.0f}", "tokens_per_s": plain(tokens_per_s)}, load


def generates(m: Measurement) -> bool:
    """Whether its requests decode after their first token."""
    return m.osl is not None and m.osl >= ONE_TOKEN


def _prefill_load(m: Measurement, dp: int) -> tuple[float, bool]:
    """Give how heavy a prefill run was, and whether its requests were alone; between alone and saturated is neither."""
    if m.rate_rps is None:
        load = m.concurrency or (1.0 if m.phase == "prefill" else inf)
        return load, load <= dp
    assert m.ttft.mean
    decoding_s = (m.tpot.mean or 0.0) * (m.osl - 1) if m.osl and generates(m) else 0.0
    if m.rate_rps * (m.ttft.mean + decoding_s) <= ALONE * dp:
        return 1.0, True
    if (m.request_rps or 0.0) >= KEPT_UP * m.rate_rps:
        raise Refused("neither alone nor saturated: its rate says nothing of the maximum; use concurrency 1 or 16")
    return inf, False


def _decode(m: Measurement, facts: Facts) -> tuple[Row, float]:
    """TPOT against the requests decoding, ``batch = output throughput x mean TPOT``.

    Little's law on the decoding phase: requests/s x output tokens x TPOT (J. D. C. Little, Operations Research 9,
    1961). Counting the first token too is what makes batch / TPOT, the throughput that plans rest on, the one
    measured; the batch is then at most 1/output too high. A static batch is the tool's own.
    """
    assert m.tpot.mean
    assert m.output_tps
    throughput = m.output_tps * ((facts.gpus or 1) if m.per_gpu else 1)
    batch = throughput * m.tpot.mean
    reason = starved(m, batch)
    if reason:
        raise Refused(reason)
    if m.phase == "decode" and m.concurrency:
        batch = m.concurrency
    return {**_lengths(m), "batch": plain(batch), "tpot_ms": plain(m.tpot.mean * 1e3)}, 0.0


def _mixed(m: Measurement, facts: Facts) -> tuple[Row, float]:
    """Latencies of an ordinary instance at the rate it carried."""
    assert m.request_rps
    row = _lengths(m)
    if m.cached_tokens:
        row["cached_tokens"] = f"{m.cached_tokens:.0f}"
    row["requests_per_s"] = plain(m.request_rps)
    for metric in ("ttft", "tpot"):
        for statistic, value in getattr(m, metric).stated().items():
            row[f"{metric}_{statistic}_ms"] = plain(value * 1e3)
    return {**row, "note": m.load}, 0.0


ROLES = {"prefill": _prefill, "decode": _decode, "mixed": _mixed}
