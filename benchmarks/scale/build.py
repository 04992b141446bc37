"""Time what comes before the solver: ``python -m benchmarks.scale.build [SIZE …] [--runs N] [--seed N]``.

Per size, medians over several runs in a process of its own: seconds of reading, of the capacity table, of building
the program and compiling it to arrays, of handing these to HiGHS; beside it the same program assembled by hand and
passed straight to HiGHS (``by_hand.py``), and the bare passing; the ratios to both; the peak of memory.
Processor seconds are used, because machines are busy.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import highspy
from benchmarks.scale.by_hand import arrays, hand_over
from benchmarks.scale.sizes import SIZES, written

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.program.tiled import compile_table
from pdopt.solving.highs import scaled

DEFAULT = ("S", "M", "M-day", "L", "XL", "L-day", "XL-day")
STAGES = ("read", "lanes", "build", "hand over", "by hand", "bare pass")


def timed(seconds: dict[str, list[float]], stage: str, work: Any) -> Any:
    started = process_time()
    result = work()
    seconds[stage].append(process_time() - started)
    return result


def _solver() -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    return solver


def measure(name: str, runs: int, seed: int) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory() as folder:
        file = written(SIZES[name], seed, Path(folder))
        fleet = timed(seconds, "read", lambda: pdopt.read_fleet(file))
    table = timed(seconds, "lanes", lambda: lane_table(fleet))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for run in range(runs):
        ours, theirs, solver = _solver(), _solver(), _solver()
        matrix = timed(seconds, "build", lambda: compile_table(table))
        timed(seconds, "hand over", lambda matrix=matrix, to=ours: scaled(matrix).hand_to(to))
        if run == 0:
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        timed(seconds, "by hand", lambda to=theirs: hand_over(arrays(table), to))
        straight = scaled(matrix)
        timed(seconds, "bare pass", lambda straight=straight, to=solver: straight.hand_to(to))
        assert ours.getNumNz() == theirs.getNumNz(), "not the same program"
    found = {stage: median(numbers) for stage, numbers in seconds.items()}
    shape = f"{matrix.a.shape[0]} x {matrix.a.shape[1]}"
    return {**found, "rows x columns": shape, "nonzeros": matrix.a.nnz, "peak MB": peak_mb, "before MB": before_mb}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=DEFAULT)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="measure the one size given in this process, print JSON")
    wanted = parser.parse_args()
    if wanted.json:
        print(json.dumps(measure(wanted.sizes[0], wanted.runs, wanted.seed)))
        return
    columns = (*STAGES, "/ by hand", "/ bare", "peak MB")
    print(f"{'size':<9}{'rows x columns':>18}{'nonzeros':>10}" + "".join(f"{title:>11}" for title in columns))
    for name in wanted.sizes:
        command = [sys.executable, "-m", "benchmarks.scale.build", name, "--json"]
        options = ["--runs", str(wanted.runs), "--seed", str(wanted.seed)]
        said = subprocess.run([*command, *options], capture_output=True, check=True, text=True).stdout
        found = json.loads(said.splitlines()[-1])
        ours = found["build"] + found["hand over"]
        cells = "".join(f"{found[stage]:>9.3f} s" for stage in STAGES)
        ratios = f"{ours / found['by hand']:>11.1f}{ours / found['bare pass']:>11.0f}{found['peak MB']:>11.0f}"
        print(f"{name:<9}{found['rows x columns']:>18}{found['nonzeros']:>10}{cells}{ratios}", flush=True)


if __name__ == "__main__":
    main()
