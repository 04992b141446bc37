"""How long plans over months take, and how close they come: ``python -m benchmarks.months [SECONDS]``.

The first LLMs of instances/realistic/six-llms.yaml, without limits on stock; each SKU may be reserved for a year at
62 % of its price, to be there after a month; demand grows by 8 % a month.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pdopt
from pdopt.fleet.fleet import Fleet, Sku, Term
from pdopt.studies.months import plan_months
from pdopt.studies.months.answers import MonthlyPlan

FLEET = Path(__file__).parents[1] / "instances" / "realistic" / "six-llms.yaml"
CASES = ((1, 6), (1, 12), (2, 12), (6, 12))  # LLMs and months
RESERVED, GROWTH = 0.62, 0.08


def growing(llms: int) -> Fleet:
    """Give the fleet of the first LLMs, growing, with terms to choose from."""
    fleet = pdopt.read_fleet(FLEET)
    kept = list(fleet.llms)[:llms]
    return replace(
        fleet,
        llms={name: fleet.llms[name] for name in kept},
        workloads={n: replace(w, growth_per_month=GROWTH) for n, w in fleet.workloads.items() if w.llm in kept},
        skus={name: _with_terms(sku) for name, sku in fleet.skus.items()},
    )


def _with_terms(sku: Sku) -> Sku:
    reserved = Term("reserved_1y", sku.usd_per_h * RESERVED, "reserved", months=12, lead_months=1)
    return replace(sku, terms=(Term("on_demand", sku.usd_per_h), reserved), available=None)


def main() -> None:
    """Print a line for each case."""
    limit_s = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    print("| LLMs | months | seconds | gap |\n|---|---|---|---|")
    for llms, months in CASES:
        began = perf_counter()
        plan = plan_months(growing(llms), months, limit_s, alternatives=False)
        assert isinstance(plan, MonthlyPlan)
        seconds = perf_counter() - began
        gap = "proven" if plan.status == "optimal" else f"{plan.gap * 100:.1f} %"
        print(f"| {llms} | {months} | {seconds:.0f} | {gap} |", flush=True)


if __name__ == "__main__":
    main()
