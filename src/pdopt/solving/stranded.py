"""Workloads that nothing can serve when a site is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pdopt.capacity.lanes import lost_sites
from pdopt.capacity.table import Lane, LaneTable
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Reason
from pdopt.solving.barriers import stages_of


def stranded(fleet: Fleet, table: LaneTable) -> Iterator[Reason]:
    """Name each workload and the sites without which nothing is left that can serve it."""
    asked = fleet.redundancy.sites
    fewer = _fewer(fleet, table)
    for gone, name in table.stranded():
        lacking = _lacking(table.remaining[gone], fleet.workloads[name])
        remedy = "add SKUs that can in other sites, or a link to them"
        if fleet.workloads[name].sites:
            remedy += ", or let it use more sites"
        sentence = f"{name}: with {gone} gone, {lacking}; {remedy}, or ask for fewer redundancy.sites"
        short = float(asked - fewer)
        yield Reason(kind="site", workload=name, limit="redundancy.sites", short_by=short, sentence=sentence)


def _fewer(fleet: Fleet, table: LaneTable) -> int:
    """Give the most sites that may be gone with every workload still having a way."""
    sites = range(fleet.redundancy.sites - 1, 0, -1)
    return next((n for n in sites if not replace(table, lost_sites=lost_sites(fleet, n)).stranded()), 0)


def _lacking(left: tuple[Lane, ...], workload: Workload) -> str:
    able = {lane.role for lane in left if workload.name in lane.workloads}
    stages = stages_of(workload)
    missing = [role for role in stages if role not in able]
    if missing:
        what = " and ".join(missing) if len(missing) < len(stages) else "serve"
        return f"nothing is left that can {what} it within its targets"
    return f"{' and '.join(f'what could {stage} it' for stage in stages)} are joined by no link"
