"""Solve generated fleets: ``python -m benchmarks.scale.solve [SIZE …] [--time-limit S] [--seeds N …] [--gap G]``.

Per size and seed, each in a process of its own: seconds until the plan was within 1 %, 0.5 %, 0.2 % and 0.1 % of the
bound and until it was proven, counted from the start of the solve (capacity table and building included, reading not);
the gap at the end; seconds in all, with the plan and its audit; processor seconds; the peak of memory.
``--processor`` counts processor seconds over two instead of the clock's, for machines that are busy with other things.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
from os import cpu_count
from time import perf_counter
from typing import Any

import highspy
from benchmarks.scale.sizes import SIZES, fleet

import pdopt
import pdopt.plan.plan
from pdopt.solving.watch import Progress, Watch

GAPS = (0.01, 0.005, 0.002, 0.001, 0.0)
PROVEN = 1e-8


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(name: str, seed: int, time_limit_s: float, gap: float) -> dict[str, Any]:
    """Solve one fleet; give what there is to say of it."""
    asked = fleet(name, seed)
    began, used = perf_counter(), processor_s()
    reached: dict[float, tuple[float, float]] = {}

    def tell(progress: Progress) -> None:
        found = progress.gap
        for wanted in GAPS:
            if found is not None and found <= max(wanted, PROVEN):
                reached.setdefault(wanted, (perf_counter() - began, processor_s() - used))

    plan = pdopt.solve(asked, time_limit_s, gap, watch=Watch(tell=tell))
    proven = plan.status == "optimal"
    if proven:
        reached.setdefault(0.0, (perf_counter() - began, processor_s() - used))
    return {
        "seconds": {str(wanted): times for wanted, times in reached.items()},
        "status": plan.status,
        "cost": plan.cost_per_hour,
        "gap": plan.gap if isinstance(plan, pdopt.plan.plan.Plan) else None,
        "total_s": perf_counter() - began,
        "processor_s": processor_s() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "whole": plan.effort.whole_columns if isinstance(plan, pdopt.plan.plan.Plan) and plan.effort else None,
    }


def line(name: str, seed: int, found: dict[str, Any], processor: bool) -> str:
    """Lay out one measurement."""
    cells = []
    for wanted in GAPS:
        times = found["seconds"].get(str(wanted))
        shown = None if times is None else times[1] / 2 if processor else times[0]
        cells.append(f"{'-' if shown is None else f'{shown:.1f} s':>10}")
    gap = "-" if found["gap"] is None else f"{100 * found['gap']:.3f} %"
    rest = f"{gap:>10}{found['total_s']:>8.1f} s{found['processor_s']:>8.1f} s{found['peak_mb']:>8.0f}"
    return f"{name:<9}{seed:>5}{found['whole'] or '-':>8}" + "".join(cells) + rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=["S", "M", "L", "XL"], help=", ".join(SIZES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--gap", type=float, default=0.0)
    parser.add_argument("--processor", action="store_true")
    parser.add_argument("--json", action="store_true", help="solve the one fleet given in this process, print JSON")
    wanted = parser.parse_args()
    if wanted.json:
        print(json.dumps(measure(wanted.sizes[0], wanted.seeds[0], wanted.time_limit, wanted.gap)))
        return
    print(f"pdopt {pdopt.__version__}, HiGHS {highspy.Highs().version()}, Python {platform.python_version()}, ", end="")
    print(f"{cpu_count()} cores {platform.machine()}; at most {wanted.time_limit:g} s, gap {wanted.gap:g}")
    titles = [f"to {100 * gap:g} %" if gap else "proven" for gap in GAPS]
    print(f"{'size':<9}{'seed':>5}{'whole':>8}" + "".join(f"{title:>10}" for title in titles), end="")
    print(f"{'gap':>10}{'total':>10}{'CPU':>10}{'MB':>8}", flush=True)
    for name in wanted.sizes:
        for seed in wanted.seeds:
            command = [sys.executable, "-m", "benchmarks.scale.solve", name, "--json", "--seeds", str(seed)]
            options = ["--time-limit", str(wanted.time_limit), "--gap", str(wanted.gap)]
            said = subprocess.run([*command, *options], capture_output=True, check=True, text=True).stdout
            print(line(name, seed, json.loads(said.splitlines()[-1]), wanted.processor), flush=True)


if __name__ == "__main__":
    main()
