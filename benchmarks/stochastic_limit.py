"""How many scenarios one run holds: ``python benchmarks/stochastic_limit.py [--seconds S] [--scenarios 4 16 64]``.

Two-stage fleets: reserved nodes are committed to once, on-demand nodes rented in each demand scenario as needed. For
each number of scenarios the extensive form (all of them in one program) goes to one run of HiGHS, and the same fleet to
`pdopt.solve`, which cuts programs of that size by LLM and scenario. Prints cost, bound and gap of both after the same
time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import NormalDist
from time import perf_counter

import yaml

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.fleet.fleet import Fleet
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving.highs import run

SIX_LLMS = Path(__file__).parents[1] / "instances" / "realistic" / "six-llms.yaml"
RESERVED = 0.6  # of the price by the hour
SIGMA = 0.3  # of the logarithm of demand


def two_stage(file: Path, scenarios: int, llms: int) -> Fleet:
    """Give the fleet with reserved terms, and demand of every workload lognormal about what it is, in equal parts."""
    written = yaml.safe_load(file.read_text())
    kept = list(written["models"])[:llms]
    written["models"] = {name: written["models"][name] for name in kept}
    written["workloads"] = {n: w for n, w in written["workloads"].items() if w["model"] in kept}
    for sku in written["skus"].values():
        usd = sku.pop("usd_per_hour")
        sku["terms"] = {
            "reserved_1y": {"usd_per_hour": round(RESERVED * usd, 4)},
            "on_demand": {"usd_per_hour": usd},
        }
        sku["available"] *= 3
    written["scenarios"] = {f"s{i}": _scenario(i, scenarios, list(written["workloads"])) for i in range(scenarios)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fleet.yaml")
        path.write_text(yaml.safe_dump(written, sort_keys=False))
        return pdopt.read_fleet(path)


def _scenario(number: int, count: int, workloads: list[str]) -> dict[str, object]:
    """Give every workload its own order of the same quantiles: demands are independent, and each is seen whole."""
    law = NormalDist(0.0, SIGMA)
    factors = {}
    for place, name in enumerate(workloads):
        rank = (number * (2 * place + 1) + place * 7) % count
        factors[name] = round(2.718281828 ** law.inv_cdf((rank + 0.5) / count), 6)
    return {"probability": 1 / count, "demand": factors}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--llms", type=int, default=6)
    wanted = parser.parse_args()
    print(f"{wanted.llms} LLMs, {wanted.seconds:g} s each", flush=True)
    for count in wanted.scenarios:
        fleet = two_stage(SIX_LLMS, count, wanted.llms)
        started = perf_counter()
        matrix = compile_matrix(build(lane_table(fleet)))
        size = (
            f"{count} scenarios, {int(matrix.whole.sum()):,} whole columns, built in {perf_counter() - started:.1f} s"
        )
        outcome = run(matrix, wanted.seconds, 0.001)
        told(f"{size}: one run of HiGHS", outcome.objective, outcome.bound, perf_counter() - started)
        started = perf_counter()
        answer = pdopt.solve(fleet, time_limit_s=wanted.seconds, gap=0.001)
        told(f"{count} scenarios: pdopt solve", answer.cost_per_hour, answer.bound_per_hour, perf_counter() - started)


def told(what: str, cost: float | None, bound: float | None, seconds: float) -> None:
    if cost is None or bound is None:
        print(f"  {what}: no plan, bound {bound}, {seconds:.0f} s", flush=True)
    else:
        print(f"  {what}: ${cost:,.2f}, bound ${bound:,.2f}, gap {1 - bound / cost:.2%}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
