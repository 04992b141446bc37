"""docs/validation.md: what `--validate` does, and what it found for realistic fleets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pdopt.plan.validation import Missed, Validation

HEAD = """\
# Plans that hold in simulation

Written by `python -m benchmarks.validated`; do not edit.

`pdopt solve fleet.yaml --validate` simulates the plan request by request ([simulation](simulation.md)), and where a target
is missed makes another plan with more caution, until every target holds:

1. A TPOT that a plan for steady batches misses is first planned for under open arrivals (`decode_load: open`): the batch of an
   engine breathes, and a plan loaded up to the last slot, or to the edge of a step in its curve, tips over.
2. Every other target that is missed is planned for at a tighter bound: divided by what the formulas were too hopeful by
   (simulated / planned), at most by a tenth in one round, for latencies near saturation say little of those below.
3. Once a plan holds, up to two plans with less caution are tried, and the cheapest that holds is taken.
4. Instances are taken away from each pool, alone, to see what is left over.

If tighter targets are out of reach, or twelve plans all miss, the answer says which target is in the way, shows the plan that
comes nearest, and ends with exit code 3. A target counts as missed if its whole confidence interval is beyond the bound, or
the interval straddles it and its middle is beyond. The proof of cost is then that of the plan's caution, not of all plans that hold.
`--trace WORKLOAD=FILE` replays request logs, `--arrivals gamma --cv 2` brings bursts, `--dispatch` says what the router does.

## What it found

Dollars per hour. `formulas` is the plan that the formulas alone give, with the targets that it misses in simulation
(simulated of bound, milliseconds); `holds at` is the plan that keeps all of them.

"""


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
