"""The sites of a fleet and who names them, checked together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pdopt.fleet.entries.sites import SiteEntry
from pdopt.fleet.faults import Complaints, Path, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Site, Sku, Workload

NO_SITES = "names a site, but the file has no sites; add sites: with a name for each"


def read_sites(raw: dict[str, Any], complaints: Complaints) -> dict[str, Site]:
    """Read the section ``sites``, and note every name of a site that leads nowhere and every SKU without one."""
    section = raw.get("sites")
    if section is None and "sites" not in raw:
        _refuse_names(raw, complaints)
        return {}
    if not isinstance(section, dict) or not section:
        complaints.add(("sites",), f"must be a mapping of names, such as {{paris: {{}}}}; got {section!r}")
        return {}
    sites = {}
    for name, value in section.items():
        entry = validate(SiteEntry, {} if value is None else value, ("sites", name), complaints)
        if entry is not None:
            sites[name] = Site(name, **entry.model_dump())
    for path, name in _named(raw, complaints):
        if name not in section:
            complaints.add(path, f"{name!r} is not one of sites; {did_you_mean(name, section)}")
    _ask_every_sku(raw, section, complaints)
    return sites


def check_site_power(skus: dict[str, Sku], sites: dict[str, Site], complaints: Complaints) -> None:
    """Ask for the power of every SKU of a site whose power is limited."""
    for name, sku in skus.items():
        if sku.site in sites and sites[sku.site].power_kw is not None and sku.power_kw is None:
            complaints.add(
                ("skus", name),
                f"needs power_kw (kilowatts of one node at full load), because sites.{sku.site}.power_kw is given",
            )


def latency_notes(workloads: Iterable[Workload], skus: Iterable[Sku]) -> Iterator[str]:
    """Say which sites a workload may use that its latencies leave out."""
    used = dict.fromkeys(sku.site for sku in skus if sku.site is not None)
    for workload in workloads:
        within = [site for site in used if not workload.sites or site in workload.sites]
        unsaid = [site for site in within if site not in workload.latency_s]
        if workload.latency_s and unsaid:
            yield f"{workload.name}: latency_ms does not name {', '.join(unsaid)}: counted as 0 ms there"


def _refuse_names(raw: dict[str, Any], complaints: Complaints) -> None:
    for path, _ in _named(raw, complaints):
        complaints.add(path, NO_SITES)


def _ask_every_sku(raw: dict[str, Any], section: dict[str, Any], complaints: Complaints) -> None:
    for name, entry in _entries(raw, "skus"):
        if entry.get("site") is None:
            written = ("skus", name) in complaints.lines
            path: Path = ("skus", name) if written else ("skus", "from")
            what = "names no site" if written else "takes node types that name no site"
            complaints.add(path, f"{what}, but the file has sites; add site: ({', '.join(map(str, section))})")


def _named(raw: dict[str, Any], complaints: Complaints) -> Iterator[tuple[Path, str]]:
    """Yield every place that names a site, and the name."""
    for name, entry in _entries(raw, "skus"):
        if entry.get("site") is not None:
            own: Path = ("skus", name, "site")
            yield own if own in complaints.lines else ("skus", "site"), str(entry["site"])
    for name, entry in _entries(raw, "workloads"):
        sites, latency_ms = entry.get("sites"), entry.get("latency_ms")
        path: Path = ("workloads", name, "sites")
        if isinstance(sites, list):
            yield from (((*path, i), str(site)) for i, site in enumerate(sites))
        elif sites is not None and not isinstance(sites, dict):
            yield path, str(sites)
        for site in latency_ms if isinstance(latency_ms, dict) else ():
            yield ("workloads", name, "latency_ms", site), str(site)


def _entries(raw: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    section = raw.get(key)
    for name, entry in section.items() if isinstance(section, dict) else ():
        if isinstance(entry, dict):
            yield name, entry
