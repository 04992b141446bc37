"""What workloads demand: one number, or one per period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pdopt.fleet.entries import WorkloadEntry
from pdopt.fleet.faults import Complaints, Path, did_you_mean
from pdopt.fleet.fleet import Period
from pdopt.fleet.periods import Horizon

KEYS = ("tokens_per_minute", "requests_per_second")


def check_demand(raw: dict[str, Any], horizon: Horizon, complaints: Complaints) -> None:
    """Ask every workload for one way of stating its demand, with one number for each period."""
    workloads = raw.get("workloads")
    for name, entry in workloads.items() if isinstance(workloads, dict) else ():
        if isinstance(entry, dict):
            for path, sentence in _faults(name, entry, horizon):
                complaints.add(("workloads", name, *path), sentence)


def _faults(name: str, entry: dict[str, Any], horizon: Horizon) -> Iterator[tuple[Path, str]]:
    stated = [key for key in KEYS if entry.get(key) is not None]
    if name in horizon.series_rps:
        yield from (((key,), f"is stated in {horizon.file} too; keep one of the two") for key in stated)
        return
    if len(stated) > 1 or (not stated and (horizon.sound or not horizon.file)):
        other = f", or a column {name} in {horizon.file}" if horizon.file and not stated else ""
        yield tuple(stated[:1]), f"needs exactly one of tokens_per_minute and requests_per_second{other}; keep one"
    for key in stated:
        if isinstance(entry[key], dict | list) and not horizon.stated:
            yield (key,), "has a number per period, but there are none; add periods: with their hours, or give one"
        elif horizon.stated and horizon.sound:
            yield from _period_faults(key, entry[key], horizon.names)


def _period_faults(key: str, value: object, names: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    if isinstance(value, list) and len(value) != len(names):
        yield (key,), f"has {len(value)} numbers for {len(names)} periods; give one for each, in their order"
    if isinstance(value, dict):
        for period in value:
            if period not in names:
                yield (key, period), f"is not one of periods; {did_you_mean(period, names)}"
        lacking = [name for name in names if name not in value]
        if lacking:
            yield (key,), f"names no demand of {', '.join(lacking)}; give one for each period"


def rates_rps(entry: WorkloadEntry, name: str, horizon: Horizon) -> tuple[float, ...]:
    """Give the requests per second of a workload in each period."""
    if name in horizon.series_rps:
        return horizon.series_rps[name]
    if entry.requests_per_second is not None:
        return _spread(entry.requests_per_second, horizon.names)
    assert entry.tokens_per_minute is not None
    tokens = entry.input_tokens + entry.output_tokens
    return tuple(rate / 60 / tokens for rate in _spread(entry.tokens_per_minute, horizon.names))


def _spread(value: float | list[float] | dict[str, float], names: tuple[str, ...]) -> tuple[float, ...]:
    if isinstance(value, dict):
        return tuple(value[name] for name in names)
    return tuple(value) if isinstance(value, list) else (value,) * len(names)


def mean_rps(rates: Iterable[float], periods: Iterable[Period]) -> float:
    """Give the mean of rates, each weighted by the hours of its period."""
    weighted = [(rate, period.hours) for rate, period in zip(rates, periods, strict=True)]
    return sum(rate * hours for rate, hours in weighted) / sum(hours for _, hours in weighted)
