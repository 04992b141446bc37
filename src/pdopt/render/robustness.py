"""What a plan withstands, in words."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.plan.plan import Plan
from pdopt.render.text import percent


def robustness_lines(plan: Plan) -> Iterator[str]:
    """Say what may be gone, and what may deviate."""
    gone = [f"{plan.redundancy[key]} {_many(key, plan)}" for key in ("instances", "nodes") if key in plan.redundancy]
    if gone:
        part = plan.redundancy.get("serve", 1.0)
        kept = "keeps" if part == 1 else f"carries at least {percent(part)} of its load within"
        yield f"redundancy: every pool {kept} its targets with {', or '.join(gone)} gone (shown: all running)"
    if "sites" in plan.redundancy:
        many = plan.redundancy["sites"]
        which = "any one site is" if many == 1 else f"any {many} sites are"
        served = f"the others serve {_part(plan)} of what each workload must get"
        yield f"redundancy: when {which} gone, {served} (how: --json)"
    if plan.uncertainty is not None:
        most = plan.uncertainty.workloads
        which = "any one of its workloads brings" if most == 1 else f"any {most} of its workloads bring"
        fractions = plan.uncertainty.deviation
        alike = len(set(fractions.values())) == 1 and len(fractions) == len(plan.workloads)
        each = "" if alike else ", ".join(f"{name} up to {percent(part)}" for name, part in fractions.items())
        more = f"up to {percent(max(fractions.values()))} more work than stated" if alike else "more work than stated"
        yield f"uncertainty: every pool keeps its targets when {which} {more}{f' ({each})' if each else ''}"


def _part(plan: Plan) -> str:
    return percent(plan.redundancy.get("serve", 1.0))


def _many(key: str, plan: Plan) -> str:
    return key if plan.redundancy[key] != 1 else key.removesuffix("s")
