"""Sites that may be gone: whether others are left."""

from __future__ import annotations

from collections.abc import Iterable

from pdopt.fleet.faults import Complaints, Path
from pdopt.fleet.fleet import Sku, Workload


def check_site_losses(gone: int, skus: dict[str, Sku], workloads: Iterable[Workload], complaints: Complaints) -> None:
    """Note that no site is left, for the fleet or for a workload that is pinned, where so many may be gone."""
    if not gone or not skus:
        return
    path: Path = ("redundancy", "sites")
    there = list(dict.fromkeys(sku.site for sku in skus.values() if sku.site is not None))
    if not there:
        complaints.add(path, "needs sites: with a name for each, and site: on every SKU; add them, or leave it out")
    elif len(there) <= gone:
        stand = f"all SKUs stand in {' and '.join(there)}"
        complaints.add(path, f"is {gone}, but {stand}: none is left; add SKUs in other sites, or ask for fewer")
    many = "1 site is" if gone == 1 else f"{gone} sites are"
    for asked in workloads if len(there) > gone else ():
        pinned = asked.sites
        if pinned and len(pinned) <= gone and asked.min_served * asked.demand_rps > 0:
            sentence = f"names only {' and '.join(pinned)}, so nothing serves it when {many} gone (redundancy.sites)"
            complaints.add(("workloads", asked.name, "sites"), f"{sentence}; name more sites, or give min_served: 0")
