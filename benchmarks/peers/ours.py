"""pdopt on an input of Mélange's kind: a fleet file, and the seconds from reading it to the audited plan.

A bucket is a workload of its own with the bucket's lengths; a GPU type is a SKU of one GPU without limit; what a GPU
carries of a bucket is a row of a mixed profile (requests per second at which TPOT is at the target; pdopt asks for TTFT
too, which Mélange does not know: every row states what every workload asks for, so it decides nothing). Both programs
then add up load in the same way; pdopt divides a bucket freely among GPU types, so it needs no slices.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.inputs import TPOT_S, Input

LLM = "llm"
TTFT_MS = 10_000


def write_fleet(given: Input, folder: Path) -> Path:
    """Write fleet.yaml and the profiles it names; give the former."""
    (folder / LLM).mkdir()
    tpot_ms = 1e3 * TPOT_S
    with (folder / LLM / "mixed.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["gpu", "gpus", "input_tokens", "output_tokens", "requests_per_s", "ttft_mean_ms", "tpot_mean_ms"]
        )
        for (input_tokens, output_tokens), carried in zip(given.lengths, given.carried_rps, strict=True):
            for gpu, rate in zip(given.gpus, carried, strict=True):
                if rate:
                    rows.writerow([gpu, 1, input_tokens, output_tokens, rate, TTFT_MS, tpot_ms])
    lines = ["skus:"]
    lines += [
        f"  {gpu}: {{gpu: {gpu}, gpus: 1, usd_per_hour: {usd:g}}}"
        for gpu, usd in zip(given.gpus, given.usd_per_h, strict=True)
    ]
    lines += [f"models: {{{LLM}: {{profiles: {LLM}}}}}", "workloads:"]
    slo = f"{{ttft_mean_ms: {TTFT_MS}, tpot_mean_ms: {tpot_ms:g}}}"
    lines += [
        f"  bucket-{input_tokens}-{output_tokens}: {{model: {LLM}, input_tokens: {input_tokens}, "
        f"output_tokens: {output_tokens}, requests_per_second: {wanted!r}, slo: {slo}}}"
        for (input_tokens, output_tokens), wanted in zip(given.lengths, given.wanted_rps.tolist(), strict=True)
    ]
    fleet = folder / "fleet.yaml"
    fleet.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return fleet


@dataclass
class Clock:
    """Wall and CPU seconds by stage."""

    wall_s: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    def of(self, stage: str, work: Callable[[], Any]) -> Any:
        """Do some work and note what it took; a stage that comes again adds up."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        self.wall_s[stage] = self.wall_s.get(stage, 0.0) + time.perf_counter() - wall
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + time.process_time() - cpu
        return found


@dataclass(frozen=True)
class Planned:
    """A plan (None: there was none in time), what none is cheaper than, and what it took."""

    plan: Any
    bound_usd_per_h: float
    clock: Clock

    @property
    def status(self) -> str:
        return "unknown" if self.plan is None else str(self.plan.status)

    @property
    def usd_per_h(self) -> float | None:
        return None if self.plan is None else float(self.plan.cost_per_hour)


def planned(fleet: Path, time_limit_s: float | None = None, gap: float = 0.0, current: Any = None) -> Planned:
    """Plan a fleet as ``pdopt solve`` does, timing its stages.

    Raises
    ------
    AssertionError
        The audit found fault with the plan.
    """
    import pdopt
    from pdopt.capacity.lanes import lane_table
    from pdopt.plan.assemble import assemble
    from pdopt.plan.audit import audit
    from pdopt.plan.current import running_now
    from pdopt.program.tiled import compile_table
    from pdopt.solving.goals import reach
    from pdopt.solving.tidy import tidy
    from pdopt.solving.watch import Until, Watch

    clock = Clock()
    read = clock.of("read", lambda: pdopt.read_fleet(fleet))
    table = clock.of("lanes", lambda: lane_table(read, None if current is None else running_now(read, current)))
    matrix = clock.of("build", lambda: compile_table(table))
    ends = None if time_limit_s is None else time.perf_counter() + time_limit_s
    reached = clock.of("solve", lambda: reach(table, matrix, Until(ends, gap, Watch())))
    if reached.outcome.values is None:
        return Planned(None, reached.outcome.bound, clock)
    plan = clock.of("plan", lambda: assemble(read, table, tidy(table, reached.matrix, reached.outcome, time_limit_s)))
    broken = clock.of("audit", lambda: audit(read, plan, current))
    assert not broken, broken
    return Planned(plan, plan.bound_per_hour, clock)
