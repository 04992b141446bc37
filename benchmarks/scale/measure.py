"""All stages of one generated fleet, in a process of its own, so that its peak of memory is its own.

``python -m benchmarks.scale.measure POINT`` prints JSON; POINT is JSON with the fields of a `Point`.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import highspy
import yaml
from benchmarks.peers.ours import Clock
from benchmarks.scale.fleets import document

GAPS = {"to_1_percent_s": 0.01, "to_0.5_percent_s": 0.005, "to_0.2_percent_s": 0.002, "to_0.1_percent_s": 0.001}
GAPS["to_proven_s"] = 1e-8


@dataclass(frozen=True)
class Point:
    """What is measured: a fleet, and the seconds that the solver has."""

    llms: int
    skus: int
    periods: int = 1
    workloads: int = 0  # of each LLM; 0: one to three
    tight: float = 0.0
    seed: int = 0
    limit_s: float = 60.0


def measured(point: Point) -> dict[str, Any]:
    """Measure in a process of its own; a process that fails or takes too long says so."""
    command = [sys.executable, "-m", "benchmarks.scale.measure", json.dumps(asdict(point))]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10 * point.limit_s + 300, check=False)
    except subprocess.TimeoutExpired:
        return {**asdict(point), "stopped": "too slow"}
    if said.returncode:
        return {**asdict(point), "stopped": said.stderr.strip().splitlines()[-1] if said.stderr else "killed"}
    return {**asdict(point), **json.loads(said.stdout.splitlines()[-1])}


def measure(point: Point) -> dict[str, Any]:
    """Measure here: CPU seconds of each stage, seconds of the clock to each gap, the peak of memory."""
    import pdopt
    from pdopt.capacity.lanes import lane_table
    from pdopt.plan.assemble import assemble
    from pdopt.plan.audit import audit
    from pdopt.program.tiled import compile_table
    from pdopt.solving.goals import reach
    from pdopt.solving.highs import scaled
    from pdopt.solving.tidy import tidy
    from pdopt.solving.watch import Progress, Until, Watch

    clock, reached = Clock(), dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        file = _written(point, Path(folder))
        gc.collect()
        fleet = clock.of("read", lambda: pdopt.read_fleet(file))
    table = clock.of("lanes", lambda: lane_table(fleet))
    matrix = clock.of("build", lambda: compile_table(table))
    solver = highspy.Highs()
    solver.silent()
    clock.of("hand_over", lambda: scaled(matrix).hand_to(solver))
    built_mb = _peak_mb()
    began = perf_counter()

    def tell(progress: Progress) -> None:
        for name, gap in GAPS.items():
            if progress.gap is not None and progress.gap <= gap:
                reached.setdefault(name, round(perf_counter() - began, 2))

    until = Until(began + point.limit_s, 0.0, Watch(tell))
    outcome = clock.of("solve", lambda: reach(table, matrix, until))
    found: dict[str, Any] = {"status": outcome.outcome.status, "usd_per_h": None, "gap": None}
    if outcome.outcome.values is not None:
        decision = clock.of("tidy", lambda: tidy(table, outcome.matrix, outcome.outcome, point.limit_s))
        plan = clock.of("plan", lambda: assemble(fleet, table, decision))
        broken = clock.of("audit", lambda: audit(fleet, plan))
        assert not broken, broken
        if plan.status == "optimal":
            for name in GAPS:
                reached.setdefault(name, round(clock.wall_s["solve"], 2))
        found = {"status": plan.status, "usd_per_h": round(plan.cost_per_hour, 2), "gap": round(plan.gap, 6)}
    return {
        **found,
        **{name: reached.get(name) for name in GAPS},
        "rows": matrix.a.shape[0],
        "columns": matrix.a.shape[1],
        "whole": int(matrix.whole.sum()),
        "workloads_in_all": len(fleet.workloads),
        **{f"{stage}_cpu_s": round(clock.cpu_s.get(stage, 0.0), 3) for stage in STAGES},
        "solve_wall_s": round(clock.wall_s["solve"], 2),
        "built_mb": round(built_mb),
        "peak_mb": round(_peak_mb()),
    }


STAGES = ("read", "lanes", "build", "hand_over", "solve", "tidy", "plan", "audit")


def _written(point: Point, folder: Path) -> Path:
    content = document(
        point.llms, point.skus, point.periods, point.seed, tight=point.tight, workloads=point.workloads or None
    )
    file = folder / "fleet.yaml"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    file.write_text(yaml.dump(content, Dumper=dumper, sort_keys=False), encoding="utf-8")
    return file


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure the point given as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("point", help="JSON with the fields of a Point")
    print(json.dumps(measure(Point(**json.loads(parser.parse_args().point)))))


if __name__ == "__main__":
    main()
