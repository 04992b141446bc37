"""One scenario solved → one row of plain values, whatever comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Fleet, Llm
from pdopt.plan.plan import Answer, Plan
from pdopt.solving.solve import solve
from pdopt.studies.figures import counts, figures

Row = dict[str, Any]
BROKEN, FAILED = "broken", "failed"
STATUSES = ("optimal", "feasible", "infeasible", "unknown", BROKEN, FAILED)
SOLVED = ("optimal", "feasible")


@dataclass(frozen=True)
class Job:
    """What all scenarios of a sweep share: the LLMs as first read, and how long each solve may take."""

    llms: dict[str, Llm]
    time_limit_s: float | None
    gap: float


@dataclass(frozen=True)
class Task:
    """One scenario to solve; `llms` names those of its LLMs that are the job's, left out of the fleet."""

    scenario: int
    fleet: Fleet
    llms: tuple[str, ...]

    @classmethod
    def of(cls, scenario: int, fleet: Fleet, job: Job) -> Task:
        """Make the task of a scenario, without the profiles that workers know."""
        own = {name: llm for name, llm in fleet.llms.items() if job.llms.get(name) is not llm}
        return cls(scenario, replace(fleet, llms=own), tuple(fleet.llms))

    def whole_fleet(self, job: Job) -> Fleet:
        """Give the fleet with all its LLMs, in their order."""
        return replace(self.fleet, llms={name: self.fleet.llms.get(name) or job.llms[name] for name in self.llms})


def solved(task: Task, job: Job) -> Row:
    """Solve a scenario; what goes wrong is a row too."""
    started = perf_counter()
    try:
        fleet = task.whole_fleet(job)
        row = _row(fleet, solve(fleet, job.time_limit_s, job.gap, remedies=False))
    except Exception as error:  # a fault of pdopt in one scenario costs that scenario only
        row = failed(f"{type(error).__name__}: {error}".partition("\n")[0])
    return {**row, "seconds": round(perf_counter() - started, 4)}


def failed(why: str) -> Row:
    """Give the row of a scenario that could not be solved through a fault of pdopt, or of the machine."""
    return {"status": FAILED, "why_not": why}


def broken(faults: FleetFaults) -> Row:
    """Give the row of a scenario whose fleet cannot be used."""
    return {
        "status": BROKEN,
        "why_not": "; ".join(f"{f.path}: {f.sentence}" if f.path else f.sentence for f in faults.faults),
    }


def _row(fleet: Fleet, answer: Answer) -> Row:
    if not isinstance(answer, Plan):
        first = answer.reasons[0].sentence if answer.reasons else "no plan is possible"
        return {"status": answer.status, "bound_per_hour": answer.bound_per_hour, "why_not": first}
    told = figures(fleet, answer)
    asked_rps = sum(promise.demand_rps for promise in answer.workloads)
    served_rps = sum(promise.served_rps for promise in answer.workloads)
    row = {
        "status": answer.status,
        "cost_per_hour": answer.cost_per_hour,
        "bound_per_hour": answer.bound_per_hour,
        "gap": answer.gap,
        "usd_per_million_tokens": told.usd_per_million_tokens,
        "served": served_rps / asked_rps if asked_rps else None,
        "power_kw": told.power_kw,
        "gpus": told.gpus,
        "nodes": told.nodes,
        "instances": {llm: dict(count) for llm, count in counts(answer).items()},
    }
    return row if answer.budget is None else {**row, "value_per_hour": answer.budget.value_per_hour}
