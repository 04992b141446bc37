"""A plan over its periods: what runs when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rich.table import Table

from pdopt.plan.plan import PeriodTotal, Plan, Pool
from pdopt.render.text import percent, table, usd

SHOWN_ROWS = 30
LETTERS = {"encode": "E", "prefill": "P", "decode": "D"}


def period_table(plan: Plan) -> Table:
    """Lay out one row per run of periods in which the same runs: instances of each LLM, GPUs, dollars."""
    llms = list(dict.fromkeys(pool.model for pool in plan.pools))
    scenario = ["scenario "] if any(total.scenario for total in plan.periods or ()) else []
    header = [*scenario, "period ", "hours", *(f"{llm} " for llm in llms), "GPUs", "$ per hour"]
    return table(header, list(_rows(plan, llms))[:SHOWN_ROWS])


def more_periods(plan: Plan) -> str:
    """Say how many rows the table leaves out; empty where it leaves out none."""
    left_out = len(list(_rows(plan, []))) - SHOWN_ROWS
    return f"({left_out} more rows: see --json)" if left_out > 0 else ""


def busiest(plan: Plan) -> tuple[str, tuple[Pool, ...]]:
    """Name the period with the most GPUs in use, and give its pools."""
    used: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for pool in plan.pools:
        used[pool.scenario, pool.period] += pool.instances * pool.gpus_per_instance
    when = max(used, key=lambda key: used[key])
    return " ".join(filter(None, when)), tuple(pool for pool in plan.pools if (pool.scenario, pool.period) == when)


def _rows(plan: Plan, llms: list[str]) -> Iterator[list[str]]:
    for run in _runs(plan):
        first, last = run[0], run[-1]
        name = first.period if first is last else f"{first.period} to {last.period}"
        if first.scenario:
            yield [f"{first.scenario} ({percent(first.probability)})", name, *_cells(plan, run, llms)]
        else:
            yield [name, *_cells(plan, run, llms)]


def _cells(plan: Plan, run: list[PeriodTotal], llms: list[str]) -> list[str]:
    counts = _counts(plan)[run[0].scenario, run[0].period]
    hours = sum(total.hours for total in run)
    return [f"{hours:g}", *(_split(counts, llm) for llm in llms), str(run[0].gpus), usd(run[0].cost_per_hour)]


def _split(counts: dict[tuple[str, str], int], llm: str) -> str:
    letters = "".join(f"{counts[llm, role]}{letter}" for role, letter in LETTERS.items() if counts.get((llm, role)))
    mixed = f"{counts[llm, 'mixed']} mixed" if counts.get((llm, "mixed")) else ""
    return " + ".join(filter(None, (letters, mixed))) or "-"


def _runs(plan: Plan) -> Iterator[list[PeriodTotal]]:
    """Put successive periods together in which the same runs at the same cost."""
    counts = _counts(plan)
    run: list[PeriodTotal] = []
    for total in plan.periods or ():
        alike = run and (
            counts[run[0].scenario, run[0].period] == counts[total.scenario, total.period]
            and (run[0].scenario, run[0].gpus, run[0].cost_per_hour)
            == (total.scenario, total.gpus, total.cost_per_hour)
        )
        if run and not alike:
            yield run
            run = []
        run.append(total)
    if run:
        yield run


def _counts(plan: Plan) -> dict[tuple[str | None, str], dict[tuple[str, str], int]]:
    """Instances by LLM and role, for each scenario and period."""
    several = len({total.period for total in plan.periods or ()}) > 1
    only = next((total.period for total in plan.periods or ()), "")
    found: dict[tuple[str | None, str], dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for pool in plan.pools:
        period = (pool.period or "") if several else only
        found[pool.scenario, period][pool.model, pool.role] += pool.instances
    return found
