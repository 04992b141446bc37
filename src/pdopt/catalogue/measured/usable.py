"""What speaks against taking a run as a point of a profile."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from pdopt.catalogue.measured.measurement import Measurement

KEPT_UP = 0.95
QUEUE_SHARE = 0.1
FEWEST = 5
FEWEST_OPEN = 20
ROUNDS = 2
IN_FLIGHT = 0.9


def objections(m: Measurement, role: str, max_spread: float) -> list[str]:
    """Give every reason not to use a run for a role, each with its remedy; none means that it may be used."""
    if m.phase == "given":
        return []
    found = list(_broken(m, role))
    if m.phase == "served" and not found:
        found += [*_failures(m), *_spread(m, max_spread), *_unsteady(m, role)]
    return found


def _broken(m: Measurement, role: str) -> Iterator[str]:
    """Values that are missing, zero, infinite or not numbers."""
    needed: dict[str, float | None] = {"input tokens": m.isl, "output tokens": m.osl}
    if m.phase == "served":
        needed |= {"request throughput": m.request_rps}
    if role == "prefill":
        needed |= {"mean TTFT": m.ttft.mean}
    if role == "decode":
        needed |= {"mean TPOT": m.tpot.mean, "output throughput": m.output_tps}
    for name, value in needed.items():
        if value is None or not isfinite(value) or value <= 0:
            yield f"its {name} is {'not stated' if value is None else f'{value:g}'}"
    if role == "mixed":
        yield from (f"states no usable {name}" for name in ("ttft", "tpot") if not _positive(m, name))


def _positive(m: Measurement, metric: str) -> bool:
    stated = getattr(m, metric).stated()
    return bool(stated) and all(isfinite(value) and value > 0 for value in stated.values())


def _failures(m: Measurement) -> Iterator[str]:
    if m.failed:
        yield f"{m.failed} requests failed: latencies are those of the others; find out why and run it again"
    if m.completed is None:
        return
    fewest = max(FEWEST, ROUNDS * (m.concurrency or 0)) if m.rate_rps is None else FEWEST_OPEN
    if m.completed < fewest:
        yield f"only {m.completed} requests completed, mostly start and end of the run; send {fewest:g} or more"


def _spread(m: Measurement, most: float) -> Iterator[str]:
    for name, cv in (("input", m.input_cv), ("output", m.output_cv)):
        if cv is not None and cv > most:
            yield (
                f"its {name} lengths are mixed (standard deviation {cv:.0%} of the mean, at most {most:.0%} by "
                "--max-spread): a point has one pair of lengths; fix them"
            )


def _unsteady(m: Measurement, role: str) -> Iterator[str]:
    """Look for loads without a steady state; of prefill a saturated run is wanted, its throughput is the maximum."""
    if role == "prefill":
        return
    if m.rate_rps is None:
        if m.concurrency is None:
            yield "all requests were sent at once: there is no steady load; limit the concurrency or set a rate"
    elif m.request_rps is not None and m.request_rps < KEPT_UP * m.rate_rps:
        yield (
            f"it was saturated: {m.request_rps:.4g} of {m.rate_rps:.4g} requests/s were served, so the queue grew for "
            "as long as the run lasted; import lower rates"
        )
    elif m.ttft.p99 is not None and m.duration_s and m.ttft.p99 > QUEUE_SHARE * m.duration_s:
        yield (
            f"its queue did not settle: p99 TTFT is {m.ttft.p99:.3g} s of a run of {m.duration_s:.3g} s; "
            "run it longer or at a lower rate"
        )


def starved(m: Measurement, batch: float) -> str | None:
    """Say so if the engine had fewer requests decoding than were sent to it: its TPOT is not that of the batch."""
    if m.phase == "decode" and m.concurrency and batch < IN_FLIGHT * m.concurrency:
        return f"the engine held {batch:.4g} of {m.concurrency:.4g} requests (throughput x TPOT); raise its limit"
    return None
