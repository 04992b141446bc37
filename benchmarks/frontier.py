"""Time ``pdopt frontier`` with and without what its solves know of one another: ``python benchmarks/frontier.py``.

Side by side in one process: medians of processor seconds (of all threads), and solves; the curves must agree.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from time import process_time

import pdopt
from pdopt.plan.plan import NoPlan
from pdopt.studies.frontier.answers import Frontier

INSTANCES = Path(__file__).parents[1] / "instances"
DEFAULT = (
    ("paper/deepseek-v3.1-h200.yaml", "ttft"),
    ("paper/deepseek-v3.1-h200.yaml", "cost"),
    ("realistic/a100-h100-aws.yaml", "ttft"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    for file, over in DEFAULT:
        seconds: dict[bool, list[float]] = {True: [], False: []}
        found: dict[bool, Frontier] = {}
        for _ in range(runs):
            for warm in (True, False):
                began = process_time()
                answer = pdopt.frontier(pdopt.read_fleet(INSTANCES / file), over, warm=warm)
                assert not isinstance(answer, NoPlan)
                seconds[warm].append(process_time() - began)
                found[warm] = answer
        costs = [[round(point.plan.cost_per_hour, 4) for point in found[warm].points] for warm in (True, False)]
        assert costs[0] == costs[1], costs
        warm_s, cold_s = median(seconds[True]), median(seconds[False])
        print(
            f"{file} --over {over}: {len(costs[0])} points; warm {found[True].solves} solves, {warm_s:.1f} s;"
            f" cold {found[False].solves} solves, {cold_s:.1f} s; ratio {warm_s / cold_s:.2f}"
        )


if __name__ == "__main__":
    main()
