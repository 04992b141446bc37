"""docs/validation.md: what `--validate` does, and what it found for realistic fleets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pdopt.plan.validation import Missed, Validation

HEAD = (Path(__file__).parent / "head.md").read_text(encoding="utf-8")


def page(results: list[dict[str, Any]]) -> str:
    """Compose the page from results."""
    rows = [_row(one) for one in results]
    header = "| fleet | load | formulas | it misses | holds at | more | plans tried | left over |"
    table = "\n".join([header, "|---|---|---|---|---|---|---|---|", *rows])
    return f"{HEAD}{table}\n\n{''.join(_sums(results))}"


def _row(one: dict[str, Any]) -> str:
    found = Validation.model_validate(one["validation"])
    first = found.rounds[0].cost_per_hour
    missed = _missed(found.rounds[0].missed)
    cells = [f"`{one['fleet']}`", one["load"], f"${first:,.2f}", missed]
    if found.holds:
        more = found.extra_per_hour
        cells += [f"${first + more:,.2f}", f"{100 * more / first:.1f} %" if more > 0.005 else "–"]
    else:
        cells += ["no plan found", "–"]
    spare = "; ".join(f"{s.instances} of {s.of} {s.model} {s.role}" for s in found.surplus)
    return f"| {' | '.join([*cells, str(len(found.rounds)), spare or '–'])} |"


def _missed(missed: tuple[Missed, ...]) -> str:
    worst: dict[tuple[str, str], Missed] = {}
    for one in missed:
        key = (one.workload, one.target)
        if key not in worst or one.simulated_ms > worst[key].simulated_ms:
            worst[key] = one
    told = [
        f"{m.workload} {m.target.removesuffix('_ms')} {m.simulated_ms:,.0f} of {m.bound_ms:,.0f}"
        for m in worst.values()
    ]
    return "; ".join(told) or "nothing"


def _sums(results: list[dict[str, Any]]) -> Iterator[str]:
    found = {one["case"]: Validation.model_validate(one["validation"]) for one in results}
    kept = sum(1 for one in found.values() if not one.rounds[0].missed)
    held = sum(1 for one in found.values() if one.holds)
    yield f"Of {len(found)} plans of the formulas {kept} keep every target as they are; {held} do after validation.\n"
    for case, one in found.items():
        if not one.holds:
            yield f"\n**{case}**: {one.why_not}.\n"
