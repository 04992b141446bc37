"""The section ``periods``: slices of the day or week, each with its own demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from pdopt.fleet.entries.kinds import HOURS
from pdopt.fleet.faults import Complaints, FleetFaults, Path, did_you_mean
from pdopt.fleet.fleet import ALWAYS, Period
from pdopt.fleet.series import read_series

FORMS = "{night: 10, day: 14}, {night: [22, 23, 0], ...} with hours of the clock, [8, 16], or {series: demand.csv}"


@dataclass(frozen=True)
class Horizon:
    """The periods of a fleet and what was said about them.

    Attributes
    ----------
    stated : bool
        Whether the fleet file names periods.
    sound : bool
        Whether their names are known; if not, there are faults and nothing that names them can be judged.
    file : str
        The CSV they stand in, if they do.
    series_rps : dict
        Workload → requests per second in each period, for those of the CSV.
    """

    periods: tuple[Period, ...] = (ALWAYS,)
    stated: bool = False
    sound: bool = True
    file: str = ""
    series_rps: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the periods, in order."""
        return tuple(period.name for period in self.periods)


def read_horizon(raw: dict[str, Any], base: FilePath, complaints: Complaints) -> Horizon:
    """Read the periods of a fleet file; `base` is the folder it stands in. Faults are noted."""
    value = raw.get("periods")
    if value is None:
        return Horizon()
    if isinstance(value, dict) and isinstance(value.get("series"), str):
        return _of_file(value, raw.get("workloads"), base, complaints)
    before = len(complaints.faults)
    periods: tuple[Period, ...] = ()
    if isinstance(value, dict) and value:
        periods = tuple(_named(value, complaints))
    elif isinstance(value, list) and value:
        places = enumerate(value)
        periods = tuple(Period(str(i + 1), _hours(hours, ("periods", i), complaints)) for i, hours in places)
    else:
        complaints.add(("periods",), f"must be names with hours, got {value!r}; write {FORMS}")
    sound = len(complaints.faults) == before
    return Horizon(periods if sound else (ALWAYS,), stated=True, sound=sound)


def check_blocks(raw: dict[str, Any], horizon: Horizon, complaints: Complaints) -> None:
    """Note every period that a term names and the fleet does not have."""
    skus = raw.get("skus")
    for name, entry in skus.items() if isinstance(skus, dict) else ():
        terms = entry.get("terms") if isinstance(entry, dict) else None
        for term, written in terms.items() if isinstance(terms, dict) else ():
            block = written.get("periods") if isinstance(written, dict) else None
            for i, period in enumerate(block if isinstance(block, list) else ()):
                path = ("skus", name, "terms", term, "periods", i)
                if not horizon.stated:
                    complaints.add(path, f"{period!r} is no period, for there are none; add periods: with their hours")
                elif horizon.sound and str(period) not in horizon.names:
                    remedy = did_you_mean(str(period), horizon.names)
                    complaints.add(path, f"{period!r} is not one of periods; {remedy}")


def _named(value: dict[str, Any], complaints: Complaints) -> Iterator[Period]:
    taken: dict[int, str] = {}
    for name, hours in value.items():
        path = ("periods", name)
        if not isinstance(hours, list):
            yield Period(name, _hours(hours, path, complaints))
            continue
        for i, hour in enumerate(hours):
            if isinstance(hour, bool) or not isinstance(hour, int) or not 0 <= hour <= 23:
                complaints.add((*path, i), f"must be an hour of the clock, 0 to 23, got {hour!r}; or give a duration")
            elif hour in taken:
                complaints.add((*path, i), f"hour {hour} is in {taken[hour]} already; keep one of the two")
            else:
                taken[hour] = name
        if not hours:
            complaints.add(path, "names no hour; list some, or give a duration in hours")
        yield Period(name, float(len(hours)))


def _hours(value: object, path: Path, complaints: Complaints) -> float:
    try:
        return HOURS.validate_python(value)
    except ValidationError:
        complaints.add(path, f"must be hours above 0, got {value!r}; give the duration of the period, such as 10")
    return 0.0


def _of_file(value: dict[str, Any], workloads: object, base: FilePath, complaints: Complaints) -> Horizon:
    path, name = ("periods", "series"), value["series"]
    for key in value:
        if key != "series":
            complaints.add(("periods", key), f"stands beside series; {name} names all periods, so leave it out")
    if not (base / name).is_file():
        complaints.add(path, f"there is no file {name} beside this file; give a CSV with a column period")
        return Horizon(stated=True, sound=False, file=name)
    try:
        periods, series_rps = read_series(base / name, list(workloads) if isinstance(workloads, dict) else [])
    except FleetFaults as error:
        complaints.faults += error.faults
        return Horizon(stated=True, sound=False, file=name)
    return Horizon(periods, stated=True, sound=len(value) == 1, file=name, series_rps=series_rps)
