"""Workloads that nothing can serve when a site is gone."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.capacity.table import Lane, LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Reason


def stranded(fleet: Fleet, table: LaneTable) -> Iterator[Reason]:
    """Name each workload and the sites without which nothing is left that can serve it."""
    for gone, name in table.stranded():
        lacking = _lacking(table.remaining[gone], name)
        remedy = "add SKUs that can in other sites, or a link to them"
        if fleet.workloads[name].sites:
            remedy += ", or let it use more sites"
        sentence = f"{name}: with {gone} gone, {lacking}; {remedy}, or ask for fewer redundancy.sites"
        yield Reason(kind="site", workload=name, limit="redundancy.sites", sentence=sentence)


def _lacking(left: tuple[Lane, ...], name: str) -> str:
    able = {lane.role for lane in left if name in lane.workloads}
    missing = [role for role in ("prefill", "decode") if role not in able]
    if missing:
        what = missing[0] if len(missing) == 1 else "serve"
        return f"nothing is left that can {what} it within its targets"
    return "what could prefill it and what could decode it are joined by no link"
