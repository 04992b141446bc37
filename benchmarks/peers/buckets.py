"""Mélange's program and AIBrix's variant against pdopt on the same inputs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers.cbc import Found, solved
from benchmarks.peers.inputs import Input, drawn, ladder
from benchmarks.peers.melange import Program, aibrix, melange
from benchmarks.peers.ours import Planned, planned, write_fleet

STAGES = ("read", "lanes", "build", "solve", "plan", "audit")


def ladder_rows(limit_s: float, only: int | None = None) -> list[dict[str, object]]:
    """Solve the inputs of growing size both ways: CBC two at a time (it uses one core), then pdopt alone."""
    inputs = ladder()[:only]
    theirs = in_processes(partial(of_melange, limit_s=limit_s), inputs)
    _of_pdopt(inputs[0])  # imports
    return [_row(given, peer, _of_pdopt(given)) for given, peer in zip(inputs, theirs, strict=True)]


def in_processes(work: Callable[[Input], Found], inputs: Sequence[Input]) -> list[Found]:
    """Do some work in two processes of their own, so that the CPU time of each is its own."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        return list(processes.map(work, inputs))


def of_melange(given: Input, limit_s: float) -> Found:
    """Solve Mélange's program with CBC."""
    return solved(melange(given).program, limit_s)


def _of_pdopt(given: Input) -> Planned:
    with TemporaryDirectory() as folder:
        return planned(write_fleet(given, Path(folder)))


def _row(given: Input, peer: Found, ours: Planned) -> dict[str, object]:
    wall, cpu = ours.clock.wall_s, ours.clock.cpu_s
    return {
        "input": given.name,
        "binaries": len(given.lengths) * given.slices * len(given.gpus),
        "melange_proven": peer.proven,
        "melange_usd_per_h": "" if peer.cost is None else round(peer.cost, 4),
        "melange_bound_usd_per_h": "" if peer.bound is None else round(peer.bound, 4),
        "melange_wall_s": round(peer.wall_s, 3),
        "melange_cpu_s": round(peer.cpu_s, 3),
        "pdopt_status": ours.status,
        "pdopt_usd_per_h": round(ours.usd_per_h, 4),
        "pdopt_wall_s": round(sum(wall.values()), 3),
        "pdopt_cpu_s": round(sum(cpu.values()), 3),
        **{f"{stage}_cpu_s": round(cpu[stage], 3) for stage in STAGES},
        "solve_wall_s": round(wall["solve"], 3),
    }


def aibrix_rows(limit_s: float) -> Iterator[dict[str, object]]:
    """What becomes of a bucket that some GPUs cannot serve, or none can."""
    import pdopt

    for words, columns in (("one GPU type cannot", [0]), ("no GPU type can", [0, 1, 2])):
        given = drawn(3, 4, 4)
        carried = given.carried_rps.copy()
        carried[-1, columns] = 0.0
        changed = replace(given, carried_rps=carried)
        with TemporaryDirectory() as folder:
            ours = pdopt.solve(pdopt.read_fleet(write_fleet(changed, Path(folder))))
        said = f"{ours.cost_per_hour:.2f} $/h, proven" if ours.status == "optimal" else ours.reasons[0].sentence
        yield {
            "input": f"{words} serve one bucket",
            "melange": _told(melange, changed, limit_s),
            "aibrix": _told(aibrix, changed, limit_s),
            "pdopt": said,
        }


def _told(state: Callable[[Input], Program], given: Input, limit_s: float) -> str:
    try:
        program = state(given)
    except ZeroDivisionError:
        return "ZeroDivisionError"
    found = solved(program.program, limit_s)
    gpus = sum(round(variable.value()) for variable in program.rented)
    return f"{gpus:,} GPUs, {found.cost:,.2f} $/h, {'proven' if found.proven else 'not proven'}"
