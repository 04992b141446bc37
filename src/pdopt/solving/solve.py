"""read → capacity → build → solve → plan → audit: the program in one sentence."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.fleet.fleet import Fleet
from pdopt.plan.assemble import assemble
from pdopt.plan.audit import BrokenPromiseError, audit
from pdopt.plan.plan import Answer, Effort, NoPlan, Plan, Reason
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving.goals import reach
from pdopt.solving.out_of_reach import out_of_reach
from pdopt.solving.shortage import shortage
from pdopt.solving.stranded import stranded
from pdopt.solving.tidy import tidy


def solve(fleet: Fleet, time_limit_s: float | None = None, gap: float = 0.0) -> Answer:
    """Find the cheapest plan of a fleet, audited, or the reasons why there is none.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds after which the best plan so far is given.
    gap : float
        Relative distance from the proven bound at which to stop.

    Raises
    ------
    BrokenPromiseError
        The audit found that the plan does not keep what it says: a fault of pdopt.
    """
    started = perf_counter()
    table = lane_table(fleet)
    if table.unserved():
        return no_plan(fleet, "infeasible", out_of_reach(fleet, table))
    if table.stranded():
        return no_plan(fleet, "infeasible", list(stranded(fleet, table)))
    matrix = compile_matrix(build(table))
    spent_s = perf_counter() - started
    reached = reach(matrix, None if time_limit_s is None else time_limit_s - spent_s, gap)
    outcome = reached.outcome
    solve_s = perf_counter() - started - spent_s
    if outcome.status == "infeasible":
        return no_plan(fleet, "infeasible", shortage(fleet, table, matrix, time_limit_s))
    if outcome.values is None:
        return no_plan(fleet, "unknown", [_time_ran_out(time_limit_s)], outcome.bound)
    decision = tidy(table, reached.matrix, outcome, time_limit_s)
    plan = assemble(fleet, table, replace(decision, value=reached.value, value_bound=reached.value_bound))
    _believe_nothing(fleet, plan)
    whole, rows = int(matrix.whole.sum()), matrix.a.shape[0]
    effort = Effort(total_s=perf_counter() - started, solve_s=solve_s, whole_columns=whole, rows=rows)
    return plan.model_copy(update={"effort": effort})


def _believe_nothing(fleet: Fleet, plan: Plan) -> None:
    broken = audit(fleet, plan)
    if broken:
        raise BrokenPromiseError("\n".join(broken))


def _time_ran_out(time_limit_s: float | None) -> Reason:
    limit = "the time limit" if time_limit_s is None else f"{time_limit_s:g} s"
    return Reason(kind="time", sentence=f"no plan was found within {limit}; give a longer --time-limit")


def no_plan(fleet: Fleet, status: str, reasons: list[Reason], bound: float | None = None) -> NoPlan:
    """State that there is no plan, and why."""
    return NoPlan(
        status=status,  # type: ignore[arg-type]
        name=fleet.name,
        reasons=tuple(reasons),
        notes=fleet.notes,
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
        bound_per_hour=bound if bound is not None and bound > 0 else None,
    )
