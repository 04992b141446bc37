"""The hours of the day in a trace as the periods of a fleet."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.traces.classes import HOURLY, Workloads
from pdopt.traces.hours import Hour

A_LINE = 12


def hourly(found: Workloads) -> bool:
    """Whether the workloads have a rate for each hour of the day."""
    return found.statistic == HOURLY


def known_hours(found: Workloads) -> list[Hour]:
    """Give the hours that the trace covers."""
    return [hour for hour in found.hours if hour.requests_per_second is not None]


def names(found: Workloads) -> list[str]:
    """Name the periods: h00 to h23, without those that the trace misses."""
    return [f"h{hour.hour:02}" for hour in known_hours(found)]


def period_lines(found: Workloads) -> Iterator[str]:
    """Write the section ``periods``."""
    yield from wrapped("periods: {", [f"{name}: 1" for name in names(found)], "}")


def wrapped(opening: str, items: list[str], closing: str) -> Iterator[str]:
    """Write a collection in braces or brackets, a dozen items to a line."""
    for start in range(0, len(items), A_LINE):
        last = start + A_LINE >= len(items)
        text = ", ".join(items[start : start + A_LINE])
        yield (opening if not start else "  ") + text + (closing if last else ",")
