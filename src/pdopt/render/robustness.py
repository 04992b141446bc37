"""What a plan withstands, in words."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.plan.plan import Plan
from pdopt.render.text import percent


def robustness_lines(plan: Plan) -> Iterator[str]:
    """Say what may be gone."""
    gone = [f"{plan.redundancy[key]} {_many(key, plan)}" for key in ("instances", "nodes") if key in plan.redundancy]
    if gone:
        part = plan.redundancy.get("serve", 1.0)
        kept = "keeps" if part == 1 else f"carries at least {percent(part)} of its load within"
        yield f"redundancy: every pool {kept} its targets with {', or '.join(gone)} gone (shown: all running)"


def _many(key: str, plan: Plan) -> str:
    return key if plan.redundancy[key] != 1 else key.removesuffix("s")
