"""Every planning family at once: ``python benchmarks/all_together.py [FLEET] [--gap G] [--seconds S]``.

Eight LLMs on six node types in two sites under three terms, hour by hour, one instance of every pool spare, power
limited. Prints the size of the program, cost, bound and gap, and the seconds of reading and solving (audit included).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import pdopt

FLEET = Path(__file__).parents[1] / "instances" / "realistic" / "two-sites-day.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fleet", nargs="?", type=Path, default=FLEET)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=50.0)
    wanted = parser.parse_args()
    started = perf_counter()
    fleet = pdopt.read_fleet(wanted.fleet)
    read_s = perf_counter() - started
    answer = pdopt.solve(fleet, time_limit_s=wanted.seconds, gap=wanted.gap)
    total_s = perf_counter() - started
    if answer.cost_per_hour is None:
        print(f"{answer.status} after {total_s:.1f} s")
        return
    effort = answer.effort
    assert effort is not None
    print(f"{effort.whole_columns} whole columns, {effort.rows} rows; read {read_s:.1f} s, all {total_s:.1f} s")
    print(f"cost {answer.cost_per_hour:.2f}, bound {answer.bound_per_hour:.2f}, gap {answer.gap:.2%} ({answer.status})")


if __name__ == "__main__":
    main()
