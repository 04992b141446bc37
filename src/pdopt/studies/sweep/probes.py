"""Values tried at the door before a sweep starts, so that what can never be read is told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pdopt.fleet.document import Document
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Fleet
from pdopt.studies.sweep.asked import SweepRefusedError
from pdopt.studies.sweep.axes import Axis, Scenarios, Setting
from pdopt.studies.sweep.values import VariationError

MOST, SHOWN = 30, 2
Read = Callable[[Document], Fleet]


def probed(scenarios: Scenarios, read: Read) -> tuple[str, ...]:
    """Read the file with each setting alone, and as its first and last scenario.

    Returns
    -------
    notes on settings that cannot be used alone: their scenarios may come out broken

    Raises
    ------
    SweepRefusedError
        No setting of some fields can be used, alone or with others: a key that does not exist, a value of another kind.
    """
    ends = [_faults(scenarios, scenarios.setting(i), read) for i in (0, len(scenarios) - 1)]
    reasons: list[str] = []
    notes: list[str] = []
    for axis in scenarios.axes:
        tried = [(setting, _faults(scenarios, setting, read)) for setting in _some(axis)]
        if all(ends) and all(faults for _, faults in tried):
            reasons += [sentence for _, faults in tried for sentence in faults]
        else:
            notes += [_noted(setting, faults) for setting, faults in tried if faults]
    if reasons:
        raise SweepRefusedError(reasons)
    return tuple(dict.fromkeys(notes))


def _some(axis: Axis) -> list[Setting]:
    """Give all settings of an axis, or evenly chosen ones where there are many."""
    count = len(axis.settings)
    return [axis.settings[i * count // min(count, MOST)] for i in range(min(count, MOST))]


def _faults(scenarios: Scenarios, setting: Setting, read: Read) -> Sequence[str]:
    try:
        read(scenarios.written(setting))
    except FleetFaults as error:
        return [str(fault) for fault in error.faults]
    except VariationError as why:
        return [f"{', '.join(field.name for field, _ in setting)}: {why}"]
    return []


def _noted(setting: Setting, faults: Sequence[str]) -> str:
    told = ", ".join(f"{field.name}={'*' if field.factor else ''}{value}" for field, value in setting)
    more = f" (and {len(faults) - SHOWN} more)" if len(faults) > SHOWN else ""
    return f"{told} cannot be used alone: {'; '.join(faults[:SHOWN])}{more}"
