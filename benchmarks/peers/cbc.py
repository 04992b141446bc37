"""Run a program of PuLP with the CBC that comes with it, and say truly how far it came.

PuLP calls a solve that the time limit stopped "Optimal", so status and bound are read from CBC's own log.
"""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Found:
    """What CBC came to.

    Attributes
    ----------
    proven : bool
        Whether it finished.
    cost, bound : float or None
        Of the best plan (None: it has none), and what no plan is cheaper than.
    wall_s, cpu_s : float
        From the stated program to the answer, writing its file for CBC included.
    """

    proven: bool
    cost: float | None
    bound: float | None
    wall_s: float
    cpu_s: float


def solved(program: Any, limit_s: float, *, per: float = 1.0, plus: float = 0.0) -> Found:
    """Solve within CPU seconds; costs are those of the program per so many hours, plus what it leaves out.

    CBC may also fail, which is no answer: on a day of 30 LLMs in 10 regions it does in some runs.
    """
    import pulp

    with TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        before, began = _cpu_s(), perf_counter()
        with suppress(pulp.PulpSolverError):
            program.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit_s, timeMode="cpu", logPath=str(log)))
        wall_s, cpu_s = perf_counter() - began, _cpu_s() - before
        said = log.read_text(encoding="utf-8")
    proven, *costs = _read(said)
    cost, bound = (None if number is None else number / per + plus for number in costs)
    return Found(proven, cost, bound, wall_s, cpu_s)


def _read(said: str) -> tuple[bool, float | None, float | None]:
    proven = "Result - Optimal solution found" in said
    cost = None if "No feasible solution found" in said else _number("Objective value", said)
    return proven, cost, cost if proven else _number("Lower bound", said)


def _number(name: str, said: str) -> float | None:
    found = re.search(rf"^{name}:\s*(\S+)$", said, re.MULTILINE)
    return None if found is None else float(found[1])


def _cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + children.ru_utime
