"""The section ``uncertainty``: which workloads may bring more work than stated, and how much more."""

from __future__ import annotations

from typing import Any

from pdopt.fleet.entries import UncertaintyEntry
from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Uncertainty


def read_uncertainty(raw: dict[str, Any], complaints: Complaints) -> Uncertainty:
    """Read what may deviate from what is stated; nothing where nothing is said."""
    value, workloads = raw.get("uncertainty"), raw.get("workloads")
    if value is None:
        return Uncertainty()
    names = list(workloads) if isinstance(workloads, dict) else []
    written = value.get("deviation") if isinstance(value, dict) else None
    for name in written if isinstance(written, dict) else ():
        if name not in names:
            path = ("uncertainty", "deviation", name)
            complaints.add(path, f"is not one of workloads; {did_you_mean(name, names)}")
    entry = validate(UncertaintyEntry, value, ("uncertainty",), complaints)
    if entry is None:
        return Uncertainty()
    fractions = entry.deviation if isinstance(entry.deviation, dict) else dict.fromkeys(names, entry.deviation)
    return Uncertainty(entry.workloads, {name: fraction for name, fraction in fractions.items() if fraction})
