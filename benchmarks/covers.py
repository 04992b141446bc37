"""What the covering rows are worth: ``python benchmarks/covers.py [FLEET] [--seconds S]``.

Solves one fleet twice in one run, with and without the rows of ``instances_cover_demand`` (the other rows imply them),
and prints cost, bound and gap after the same time.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving.highs import run

SIX_LLMS = Path(__file__).parents[1] / "instances" / "realistic" / "six-llms.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fleet", nargs="?", type=Path, default=SIX_LLMS)
    parser.add_argument("--seconds", type=float, default=30.0)
    wanted = parser.parse_args()
    matrix = compile_matrix(build(lane_table(pdopt.read_fleet(wanted.fleet))))
    row_lower = matrix.row_lower.copy()
    row_lower[[row for (family, _), row in matrix.row_of.items() if family == "instances_cover_demand"]] = -np.inf
    for words, tried in (("with covers", matrix), ("without", replace(matrix, row_lower=row_lower))):
        outcome = run(tried, wanted.seconds)
        if outcome.objective is None:
            print(f"{words:<12} no plan in {wanted.seconds:g} s, bound {outcome.bound:.2f}")
            continue
        gap = (outcome.objective - outcome.bound) / outcome.objective
        print(f"{words:<12} cost {outcome.objective:.2f}, bound {outcome.bound:.2f}, gap {gap:.2%} ({outcome.status})")


if __name__ == "__main__":
    main()
