"""The price of CO2, and what must be known where CO2 counts."""

from __future__ import annotations

from typing import Any

from pdopt.fleet.entries import CarbonEntry
from pdopt.fleet.faults import Complaints, Path, dotted
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Sku

KG_PER_TONNE = 1000


def read_carbon(raw: dict[str, Any], complaints: Complaints) -> float:
    """Give dollars per kilogram of CO2; 0 where nothing is said."""
    if raw.get("carbon") is None:
        return 0.0
    entry = validate(CarbonEntry, raw["carbon"], ("carbon",), complaints)
    return 0.0 if entry is None else entry.usd_per_tonne / KG_PER_TONNE


def check_carbon(raw: dict[str, Any], skus: dict[str, Sku], complaints: Complaints) -> None:
    """Ask for the sites, what their electricity emits, and the power of every SKU, where CO2 is limited or priced."""
    limits, sites = raw.get("limits"), raw.get("sites")
    asked: list[Path] = [("carbon",)] if raw.get("carbon") is not None else []
    if isinstance(limits, dict) and limits.get("carbon_kg_per_hour") is not None:
        asked.append(("limits", "carbon_kg_per_hour"))
    if not asked:
        return
    why = f"because {dotted(asked[0])} is given"
    if not isinstance(sites, dict):
        complaints.add(asked[0], "needs sites with gco2_per_kwh, and the site and power_kw of every SKU; add them")
    for name, site in sites.items() if isinstance(sites, dict) else ():
        if site is None or (isinstance(site, dict) and site.get("gco2_per_kwh") is None):
            complaints.add(("sites", name), f"needs gco2_per_kwh (grams of CO2, 0 where it emits none), {why}")
    for name, sku in skus.items():
        if sku.power_kw is None:
            complaints.add(("skus", name), f"needs power_kw (kilowatts of one node at full load), {why}")
