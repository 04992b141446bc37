"""fleet.yaml → Fleet: every fault of the file at once, or a fleet that nobody has to check again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path as FilePath
from typing import Any, Protocol

from pdopt.fleet.checks import check_names, check_power, check_transfer, states_nic, unusable
from pdopt.fleet.entries import (
    AssumptionsEntry,
    LimitsEntry,
    MarginsEntry,
    ModelEntry,
    RedundancyEntry,
    SkuEntry,
    SloEntry,
    TransferEntry,
    WorkloadEntry,
)
from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import (
    Assumptions,
    Fleet,
    Limits,
    Llm,
    Margins,
    PriceOrigin,
    Redundancy,
    Sku,
    Target,
    Transfer,
    Workload,
)
from pdopt.fleet.llms import Surroundings, check_rows, read_llm
from pdopt.fleet.located import read_yaml
from pdopt.fleet.price_choice import PriceLists
from pdopt.fleet.price_notes import price_notes
from pdopt.fleet.priced_skus import Section, gpus_on_offer, priced_section
from pdopt.fleet.prices import current_day
from pdopt.fleet.read_rules import read_rules
from pdopt.fleet.rows import STATISTICS
from pdopt.fleet.sites import check_site_power, latency_notes, read_sites

LATER = ("periods", "budget", "scenarios")
KEYS = ("name", "skus", "models", "workloads", "transfer", "assumptions", "margins", "redundancy", "limits", "sites")


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
        if key in LATER:
            complaints.add((key,), "is not available in this version; leave it out")
        elif key not in KEYS:
            complaints.add((key,), f"unknown key; {did_you_mean(key, KEYS)}")
    models = dict(_entries(ModelEntry, raw, "models", complaints))
    assumptions = _section(AssumptionsEntry, raw, "assumptions", complaints)
    entries = dict(_entries(WorkloadEntry, raw, "workloads", complaints))
    transfer = _section(TransferEntry, raw, "transfer", complaints)
    margins = _section(MarginsEntry, raw, "margins", complaints)
    redundancy = _section(RedundancyEntry, raw, "redundancy", complaints)
    limits = _section(LimitsEntry, raw, "limits", complaints)
    asked = any(entry.analytic for entry in models.values())
    gpus = gpus_on_offer(raw.get("skus"), path.parent, catalogue) if asked else ()
    around = Surroundings(path.parent, catalogue, gpus)
    llms = {n: read_llm(n, entry, around, complaints) for n, entry in models.items()}
    stated_nic = states_nic(raw)
    section, skus = _skus(raw, list(llms.values()), path.parent, catalogue, complaints)
    for name, written in (raw.get("models") or {}).items() if isinstance(raw.get("models"), dict) else ():
        if name not in models and isinstance(written, dict):
            check_rows(name, written, complaints)
    check_names(raw, complaints)
    sites = read_sites(raw, complaints)
    forbid, require = (read_rules(raw, key, complaints) for key in ("forbid", "require"))
    check_power(skus, limits.power_kw, complaints)
    check_site_power(skus, sites, complaints)
    check_transfer(stated_nic, llms, transfer, complaints)
    complaints.raise_any()
    workloads = {n: _workload(n, entry, assumptions.prefill_service_cv2) for n, entry in entries.items()}
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
        limits=Limits(**limits.model_dump(exclude={"forbid", "require"})),
        sites=sites,
        forbid=forbid,
        require=require,
        notes=(
            *price_notes(section.prices, today or current_day()),
            *section.notes,
            *around.notes,
            *unusable(skus, llms.values()),
            *latency_notes(workloads.values(), skus.values()),
        ),
        source_hash=complaints.sha256,
    )


def _entries(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Iterable[tuple[str, Any]]:
    section = raw.get(key)
    if not isinstance(section, dict) or not section:
        state = "is missing" if key not in raw else "must name at least one entry"
        if section and not isinstance(section, dict):
            state = "must be a mapping of names"
        complaints.add((key,), f"{state}; add {key}: with a name and its keys ({', '.join(kind.model_fields)})")
        return
    for name, value in section.items():
        entry = validate(kind, {} if value is None and kind is ModelEntry else value, (key, name), complaints)
        if entry is not None:
            yield name, entry


def _section(kind: type[Any], raw: dict[str, Any], key: str, complaints: Complaints) -> Any:
    value = raw.get(key)
    entry = None if value is None else validate(kind, value, (key,), complaints)
    return kind() if entry is None else entry


def _skus(
    raw: dict[str, Any], llms: list[Llm | None], base: FilePath, catalogue: Catalogue, complaints: Complaints
) -> tuple[Section, dict[str, Sku]]:
    """Read the SKUs, those of price lists included, and leave them in `raw` as if they had been written there."""
    before = len(complaints.faults)
    section = priced_section(raw.get("skus"), llms, base, catalogue, complaints)
    if raw.get("skus") and not section.entries and complaints.faults:
        return section, {}  # nothing is on offer for want of LLMs, whose faults are told
    if "skus" in raw and (section.entries or len(complaints.faults) == before):
        raw["skus"] = section.entries
    elif "skus" in raw:
        return section, {}
    entries = _entries(SkuEntry, raw, "skus", complaints)
    return section, {name: _sku(name, entry, section) for name, entry in entries}


def _sku(name: str, e: SkuEntry, section: Section) -> Sku:
    origin = section.prices[name].origin() if name in section.prices else PriceOrigin()
    spans = name not in section.parts
    sku = Sku(name, e.gpu, e.gpus, e.usd_per_hour, e.available, e.billing, e.nic_gb_per_s, origin, spans, e.power_kw)
    return replace(sku, site=e.site)


def _workload(name: str, entry: WorkloadEntry, service_cv2: float) -> Workload:
    if entry.requests_per_second is not None:
        demand_rps = entry.requests_per_second
    else:
        assert entry.tokens_per_minute is not None
        demand_rps = entry.tokens_per_minute / 60 / (entry.input_tokens + entry.output_tokens)
    return Workload(
        name=name,
        llm=entry.model,
        input_tokens=entry.input_tokens,
        output_tokens=entry.output_tokens,
        cached_tokens=entry.cached_tokens,
        demand_rps=demand_rps,
        targets=_targets(entry.slo),
        min_served=entry.min_served,
        prefill_service_cv2=service_cv2 if entry.prefill_service_cv2 is None else entry.prefill_service_cv2,
        sites=tuple(dict.fromkeys(entry.sites or ())),
        latency_s={site: ms / 1e3 for site, ms in (entry.latency_ms or {}).items()},
    )


def _targets(slo: SloEntry) -> tuple[Target, ...]:
    stated = ((m, s, getattr(slo, f"{m}_{s}_ms")) for m in ("ttft", "tpot") for s in STATISTICS)
    return tuple(Target(metric, statistic, ms / 1e3) for metric, statistic, ms in stated if ms is not None)
