"""The keys ``growth`` and ``months``: how demand grows, and how far ahead is planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pdopt.fleet.entries import GrowthEntry
from pdopt.fleet.faults import Complaints
from pdopt.fleet.fields import validate

MONTHS = 12  # planned where demand grows and nobody says how far ahead to look


def read_growth(raw: dict[str, Any], complaints: Complaints) -> tuple[float, int | None]:
    """Give the growth of demand a month, 0 where none is stated, and the months to plan.

    None where neither growth nor months are stated; workloads may state a growth of their own.
    """
    stated = {key: raw[key] for key in ("growth", "months") if raw.get(key) is not None}
    entry = validate(GrowthEntry, stated, (), complaints)
    if entry is None:
        return 0.0, None
    grows = "growth" in stated or any(_stating(raw.get("workloads"), "growth"))
    return entry.growth or 0.0, entry.months or (MONTHS if grows else None)


def for_later(raw: dict[str, Any]) -> Iterable[str]:
    """Say what the file states that only `pdopt budget` looks at."""
    skus = raw.get("skus")
    terms = [entry.get("terms") for entry in skus.values() if isinstance(entry, dict)] if isinstance(skus, dict) else []
    late = any(any(_stating(section, "lead_time_months")) for section in (skus, *terms))
    stating = {
        "growth": raw.get("growth") is not None or any(_stating(raw.get("workloads"), "growth")),
        "months": raw.get("months") is not None,
        "lead_time_months": late,
    }
    found = ", ".join(key for key, stated in stating.items() if stated)
    if found:
        yield f"{found}: pdopt budget plans month by month; this is the first month, with everything delivered"


def _stating(section: object, key: str) -> Iterator[bool]:
    """Tell of each entry of a section whether it states something by a key."""
    for entry in section.values() if isinstance(section, dict) else ():
        yield isinstance(entry, dict) and bool(entry.get(key))
