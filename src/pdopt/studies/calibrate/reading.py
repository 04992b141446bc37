"""A CSV of load points → observations, by side; every fault of it at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pdopt.fleet.faults import Complaints, FleetFaults
from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.load_points import LoadPointRow
from pdopt.fleet.profiles import DecodeProfile, PrefillProfile, Shape
from pdopt.fleet.tables import scan_csv
from pdopt.plan.forward.batch import decode_points
from pdopt.plan.forward.line import Unpredictable
from pdopt.plan.forward.queue import prefill_service_s
from pdopt.studies.calibrate.bases import Bases, NoBase, decode_base, prefill_base
from pdopt.studies.calibrate.load import counts_of, label_of, rate_rps_of, workload_of
from pdopt.studies.calibrate.observation import Observation, Side

TAILS = {"p50": 0.5, "p90": 0.1, "p95": 0.05, "p99": 0.01}
FEWEST = 2


@dataclass(frozen=True)
class Read:
    """What a file of measurements holds.

    Attributes
    ----------
    fitted : dict
        Side → the observations to fit: means, and percentiles of rows that state no mean.
    compared : dict
        Side → observations that are compared only: percentiles beside a mean.
    bases : dict
        Side → the profile that it starts from.
    """

    fitted: dict[Side, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    compared: dict[Side, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    bases: dict[Side, PrefillProfile | DecodeProfile] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_load_points(file: Path, bases: Bases) -> Read:
    """Read measurements and find the profile behind each.

    Raises
    ------
    FleetFaults
        Every fault of the file, and of the profiles it needs.
    """
    found, complaints = scan_csv(file, LoadPointRow)
    result = Read()
    models = sorted({item.row.model for item in found})
    if bases.folder is not None and len(models) > 1:
        complaints.add((), f"measures {', '.join(models)}, and {bases.folder} is one LLM's; calibrate one at a time")
    for item in found:
        _take(item, bases, result)
    complaints.raise_any()
    _check_counts(result, complaints)
    return result


def _check_counts(result: Read, complaints: Complaints) -> None:
    """Refuse sides that have too little to fit."""
    for side, observations in result.fitted.items():
        if len({(o.load, o.batch) for o in observations}) < FEWEST:
            first = observations[0].line
            complaints.add((), f"{side} is measured at one load only; add rows at other loads", line=first)
    if not result.fitted:
        complaints.add((), f"holds nothing that can be fitted ({'; '.join(result.notes)}); add rows at a stated rate")
    complaints.raise_any()


def _take(item: FoundRow, bases: Bases, result: Read) -> None:
    row: LoadPointRow = item.row
    try:
        if _ttfts(row):
            _take_prefill(item, bases, result)
        if row.tpot_mean_ms is not None:
            _take_decode(item, bases, result)
    except (NoBase, Unpredictable) as why:
        item.complain(f"{why}")
    except FleetFaults as error:
        item.complaints.faults += error.faults


def _ttfts(row: LoadPointRow) -> dict[str, float]:
    stated = {statistic: getattr(row, f"ttft_{statistic}_ms") for statistic in ("mean", *TAILS)}
    return {statistic: value / 1e3 for statistic, value in stated.items() if value is not None}


def _take_prefill(item: FoundRow, bases: Bases, result: Read) -> None:
    row: LoadPointRow = item.row
    profile = _given_prefill(row) or prefill_base(bases.of(row.model), row)
    if row.concurrency is not None and row.concurrency != 1:
        result.notes.append(
            f"line {item.line}: TTFT at {row.concurrency:g} requests in flight is not used, for arrivals that wait for "
            "answers queue less than a plan's random ones; measure it at a request rate"
        )
        return
    side = Side(row.model, row.setup, "prefill", profile.shape)
    _same_base(item, side, profile, result)
    service_s = prefill_service_s(profile, workload_of(row), 1.0)
    queues = (row.prefill_instances or 1) * profile.shape.dp
    per_queue = 0.0 if row.concurrency is not None else rate_rps_of(row) / queues
    for statistic, measured_s in _ttfts(row).items():
        tail = TAILS.get(statistic)
        known = (item.line or 0, label_of(row), counts_of(row), measured_s, per_queue)
        seen = Observation(*known, tail=tail, service_s=service_s)
        (result.compared if tail and row.ttft_mean_ms is not None else result.fitted)[side].append(seen)


def _given_prefill(row: LoadPointRow) -> PrefillProfile | None:
    """Give the profile that the row itself states."""
    if row.tokens_per_s is None:
        return None
    shape = Shape(row.gpu, row.gpus, row.parallelism, row.dp or 1, row.engine, row.precision)
    return PrefillProfile(shape, (row.input_tokens - row.cached_tokens,), (row.tokens_per_s,))


def _same_base(item: FoundRow, side: Side, profile: PrefillProfile | DecodeProfile, result: Read) -> None:
    """Note the profile of a side; rows may state theirs at several lengths, but not two at one."""
    known = result.bases.setdefault(side, profile)
    if known == profile or not isinstance(profile, PrefillProfile) or not isinstance(known, PrefillProfile):
        return
    points = dict(zip(known.input_tokens, known.tokens_per_s, strict=True))
    for length, speed in zip(profile.input_tokens, profile.tokens_per_s, strict=True):
        if points.setdefault(length, speed) != speed:
            item.complain(
                f"starts from {speed:g} tokens_per_s at {length:g} tokens, and an earlier row of this setup from "
                f"{points[length]:g}; state one, or set them apart with setup"
            )
    lengths, speeds = zip(*sorted(points.items()), strict=True)
    result.bases[side] = PrefillProfile(known.shape, lengths, speeds, known.origins)


def _take_decode(item: FoundRow, bases: Bases, result: Read) -> None:
    row: LoadPointRow = item.row
    assert row.tpot_mean_ms is not None
    assert row.output_tokens is not None
    profile = decode_base(bases.of(row.model), row)
    side = Side(row.model, row.setup, "decode", profile.shape)
    result.bases[side] = profile
    tpot_s, rate = row.tpot_mean_ms / 1e3, rate_rps_of(row) / (row.decode_instances or 1)
    curve = decode_points(profile, workload_of(row))
    batch = rate * (row.output_tokens - 1) * tpot_s if row.concurrency is not None else None
    if batch is not None and batch > curve[-1][0]:
        item.complain(
            f"keeps {batch:.3g} requests decoding on one instance, and its profile ends at {curve[-1][0]:g}; "
            "measure larger batches, or leave the row out"
        )
    load = rate * row.output_tokens
    seen = Observation(item.line or 0, label_of(row), counts_of(row), tpot_s, load, batch=batch, curve=curve)
    result.fitted[side].append(seen)
