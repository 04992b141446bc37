"""Time the stages of ``pdopt solve``: ``python benchmarks/stages.py [FLEET …] [--runs N] [--gap G]``.

Prints, per fleet, the median seconds of reading, lanes, building the program, compiling it to arrays, solving, and the
plan with its audit, over several runs in one process. Read ratios: machines are noisy.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import highspy
import pyomo

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.plan.assemble import assemble
from pdopt.plan.audit import audit
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving.highs import run
from pdopt.solving.tidy import tidy

INSTANCES = Path(__file__).parents[1] / "instances"
DEFAULT = ("paper/deepseek-v3.1-h200.yaml", "realistic/a100-h100-aws.yaml", "realistic/six-llms.yaml")
STAGES = ("read", "lanes", "build", "compile", "solve", "plan and audit")


def timed(seconds: dict[str, list[float]], stage: str, work: Callable[[], Any]) -> Any:
    started = perf_counter()
    result = work()
    seconds[stage].append(perf_counter() - started)
    return result


def measure(file: Path, runs: int, gap: float, time_limit_s: float) -> tuple[dict[str, list[float]], str]:
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    size = ""
    for _ in range(runs):
        fleet = timed(seconds, "read", lambda: pdopt.read_fleet(file))
        table = timed(seconds, "lanes", lambda fleet=fleet: lane_table(fleet))
        program = timed(seconds, "build", lambda table=table: build(table))
        matrix = timed(seconds, "compile", lambda program=program: compile_matrix(program))
        outcome = timed(seconds, "solve", lambda matrix=matrix: run(matrix, time_limit_s, gap))

        def plan_and_audit(fleet=fleet, table=table, matrix=matrix, outcome=outcome) -> None:
            broken = audit(fleet, assemble(fleet, table, tidy(table, matrix, outcome)))
            assert not broken, broken

        timed(seconds, "plan and audit", plan_and_audit)
        size = f"{matrix.a.shape[0]} x {matrix.a.shape[1]} ({int(matrix.whole.sum())} whole)"
    return seconds, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fleets", nargs="*", type=Path, default=[INSTANCES / name for name in DEFAULT])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gap", type=float, default=0.02)
    parser.add_argument("--time-limit", type=float, default=60.0)
    wanted = parser.parse_args()
    print(f"pdopt {pdopt.__version__}, pyomo {pyomo.__version__}, HiGHS {highspy.Highs().version()}, ", end="")
    print(f"Python {platform.python_version()}, {platform.machine()}; medians of {wanted.runs}, gap {wanted.gap:g}")
    print(f"{'fleet':<28}{'rows x columns':>28}" + "".join(f"{stage:>16}" for stage in STAGES))
    for file in wanted.fleets:
        seconds, size = measure(file, wanted.runs, wanted.gap, wanted.time_limit)
        cells = "".join(f"{median(seconds[stage]):>14.3f} s" for stage in STAGES)
        print(f"{file.stem:<28}{size:>28}{cells}")


if __name__ == "__main__":
    main()
