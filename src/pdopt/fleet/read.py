"""fleet.yaml → Fleet: every fault of the file at once, or a fleet that nobody has to check again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path as FilePath
from typing import Protocol

from pdopt.fleet.carbon import check_carbon, read_carbon
from pdopt.fleet.checks import (
    check_images,
    check_names,
    check_power,
    check_transfer,
    states_nic,
    unusable,
    without_effect,
)
from pdopt.fleet.collector import collector_paused
from pdopt.fleet.demand import check_demand
from pdopt.fleet.entries import (
    AssumptionsEntry,
    LimitsEntry,
    MarginsEntry,
    ModelEntry,
    RedundancyEntry,
    TransferEntry,
    WorkloadEntry,
)
from pdopt.fleet.faults import did_you_mean
from pdopt.fleet.fleet import Assumptions, Fleet, Limits, Margins, Redundancy, Transfer
from pdopt.fleet.llms import Surroundings, check_rows, read_llm
from pdopt.fleet.located import read_yaml
from pdopt.fleet.periods import check_blocks, read_horizon
from pdopt.fleet.price_choice import PriceLists
from pdopt.fleet.price_notes import price_notes
from pdopt.fleet.priced_skus import gpus_on_offer
from pdopt.fleet.prices import current_day
from pdopt.fleet.quotas import read_preference, read_quotas
from pdopt.fleet.read_rules import read_rules
from pdopt.fleet.scenarios import read_budget, read_changeover, read_risk, read_scenarios
from pdopt.fleet.sections import entries_of, section_of
from pdopt.fleet.site_losses import check_site_losses
from pdopt.fleet.sites import check_site_power, latency_notes, read_sites
from pdopt.fleet.skus import read_skus
from pdopt.fleet.uncertainty import read_uncertainty
from pdopt.fleet.workloads import Usual, workload_of

KEYS = (
    *("name", "skus", "models", "workloads", "transfer", "assumptions", "margins", "redundancy", "limits"),
    *("periods", "scenarios", "risk", "budget", "sites", "quotas", "carbon", "change", "uncertainty"),
)


class Catalogue(PriceLists, Protocol):
    """What reading a fleet asks of a catalogue of LLMs and prices."""

    def names(self) -> Iterable[str]:
        """Names of the LLMs it has."""

    def folder_of(self, name: str) -> FilePath | None:
        """Folder with the profiles of an LLM, or None."""

    def card_of(self, name: str) -> FilePath | None:
        """Card of an LLM, or None."""

    def estimates(
        self, folder: FilePath | None, name: str, gpu: str, engine: str
    ) -> dict[str, list[dict[str, object]]]:
        """Estimated rows by role; a ValueError says why there are none."""


@collector_paused()
def read(file: str | FilePath, catalogue: Catalogue, today: date | None = None) -> Fleet:
    """Read and validate a fleet file.

    Parameters
    ----------
    file : path of the YAML file
    catalogue : Catalogue
        Where LLMs without profiles of their own and prices are looked up.
    today : datetime.date, optional
        The day against which the age of prices is told; the current one by default.

    Raises
    ------
    FleetFaults
        Every fault of the file and of the tables it names, each with file, line, path and remedy.
    """
    path = FilePath(file)
    raw, complaints = read_yaml(path)
    if not isinstance(raw, dict):
        state = "is empty" if raw is None else "is not a mapping"
        complaints.add((), f"{state}; it must be a mapping with {', '.join(KEYS)}, see the README for an example")
        complaints.raise_any()
    if not isinstance(raw.get("name") or "", str | int | float):
        complaints.add(("name",), f"must be text, got {raw['name']!r}; give one name")
    for key in raw:
        if key not in KEYS:
            complaints.add((key,), f"unknown key; {did_you_mean(key, KEYS)}")
    models = dict(entries_of(ModelEntry, raw, "models", complaints))
    assumptions = section_of(AssumptionsEntry, raw, "assumptions", complaints)
    entries = dict(entries_of(WorkloadEntry, raw, "workloads", complaints))
    transfer = section_of(TransferEntry, raw, "transfer", complaints)
    margins = section_of(MarginsEntry, raw, "margins", complaints)
    redundancy = section_of(RedundancyEntry, raw, "redundancy", complaints)
    limits = section_of(LimitsEntry, raw, "limits", complaints)
    asked = any(entry.analytic for entry in models.values())
    gpus = gpus_on_offer(raw.get("skus"), path.parent, catalogue) if asked else ()
    around = Surroundings(path.parent, catalogue, gpus)
    llms = {n: read_llm(n, entry, around, complaints) for n, entry in models.items()}
    horizon = read_horizon(raw, path.parent, complaints)
    scenarios, risk, budget = read_scenarios(raw, complaints), read_risk(raw, complaints), read_budget(raw, complaints)
    stated_nic = states_nic(raw)
    section, skus = read_skus(raw, list(llms.values()), path.parent, catalogue, complaints)
    for name, written in (raw.get("models") or {}).items() if isinstance(raw.get("models"), dict) else ():
        if name not in models and isinstance(written, dict):
            check_rows(name, written, complaints)
    check_names(raw, complaints)
    uncertainty = read_uncertainty(raw, complaints)
    check_images(entries, llms, complaints)
    sites = read_sites(raw, complaints)
    forbid, require = (read_rules(raw, key, complaints) for key in ("forbid", "require"))
    prefer = read_preference(raw, complaints)
    quotas = read_quotas(raw, skus, complaints)
    carbon_usd_per_kg = read_carbon(raw, complaints)
    check_carbon(raw, skus, complaints)
    changeover = read_changeover(raw, complaints)
    check_demand(raw, horizon, complaints)
    check_blocks(raw, horizon, complaints)
    check_power(skus, limits.power_kw, complaints)
    check_site_power(skus, sites, complaints)
    check_transfer(stated_nic, llms, transfer, complaints)
    complaints.raise_any()
    usual = Usual(assumptions.prefill_service_cv2, 1.0 if budget is None else 0.0)
    workloads = {n: workload_of(n, entry, usual, horizon) for n, entry in entries.items()}
    check_site_losses(redundancy.sites, skus, workloads.values(), complaints)
    complaints.raise_any()
    return Fleet(
        name=str(raw.get("name") or path.stem),
        skus=skus,
        llms={n: llm for n, llm in llms.items() if llm is not None},
        workloads=workloads,
        transfer=Transfer(
            transfer.overhead_ms / 1e3, {(link.prefill, link.decode): link.gb_per_s for link in transfer.links}
        ),
        assumptions=Assumptions(**assumptions.model_dump()),
        margins=Margins(**margins.model_dump()),
        redundancy=Redundancy(**redundancy.model_dump()),
        uncertainty=uncertainty,
        limits=Limits(**limits.model_dump(exclude={"forbid", "require", "prefer"}), prefer=prefer),
        sites=sites,
        forbid=forbid,
        require=require,
        quotas=quotas,
        carbon_usd_per_kg=carbon_usd_per_kg,
        changeover=changeover,
        periods=horizon.periods,
        scenarios=scenarios,
        risk=risk,
        budget_usd_per_h=budget,
        notes=(
            *price_notes(section.prices, today or current_day()),
            *section.notes,
            *around.notes,
            *unusable(skus, llms.values()),
            *without_effect(raw),
            *latency_notes(workloads.values(), skus.values()),
        ),
        source_hash=complaints.sha256,
    )
