"""read → capacity → build → solve → plan → audit: the program in one sentence."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter

import pdopt
from pdopt.capacity.lanes import lane_table
from pdopt.fleet.fleet import Fleet
from pdopt.plan.assemble import assemble
from pdopt.plan.audit import BrokenPromiseError, audit
from pdopt.plan.current import running_now
from pdopt.plan.plan import Answer, Effort, NoPlan, Plan, Reason
from pdopt.program.tiled import compile_table
from pdopt.solving.goals import reach
from pdopt.solving.out_of_reach import out_of_reach
from pdopt.solving.remedies import with_remedies
from pdopt.solving.shortage import shortage
from pdopt.solving.stranded import stranded
from pdopt.solving.tidy import tidy
from pdopt.solving.verify import SECONDS, Verifier
from pdopt.solving.watch import TO_KEEP_S, Method, Until, Watch

STOPPED = "stopped before a plan was found; give the solver more time"
WITHOUT_CURRENT = "change has no effect without a plan that runs now: give it with --current plan.json"


def solve(
    fleet: Fleet,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    current: Plan | None = None,
    *,
    reasons: bool = True,
    remedies: bool = True,
    watch: Watch | None = None,
    method: Method = "auto",
) -> Answer:
    """Find the cheapest plan of a fleet, audited, or the reasons why there is none.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds after which the best plan so far is given.
    gap : float
        Relative distance from the proven bound at which to stop.
    current : Plan, optional
        What runs now: changing it costs what the fleet says, and breaks ties.
    reasons : bool
        Whether to say why there is no plan.
    remedies : bool
        Whether to say, with the reasons, what would make one possible; each is solved with.
    watch : Watch, optional
        Is told how far the solve is, and may stop it: then the best plan so far is given.
    method : str
        "whole" as one program, "parts" by LLM and slot, "auto" whichever is better for its size.

    Raises
    ------
    BrokenPromiseError
        The audit found that the plan does not keep what it says: a fault of pdopt.
    """
    started, watch = perf_counter(), watch or Watch()
    if fleet.changeover is not None and current is None:
        fleet = replace(fleet, notes=(*fleet.notes, WITHOUT_CURRENT))
    remedied = partial(_remedied, fleet, time_limit_s, current, watch) if remedies else list
    table = lane_table(fleet, None if current is None else running_now(fleet, current))
    if table.unserved():
        found = out_of_reach(fleet, table) if reasons else []
        return no_plan(fleet, "infeasible", remedied(found))
    if table.stranded():
        found = list(stranded(fleet, table)) if reasons else []
        return no_plan(fleet, "infeasible", remedied(found))
    matrix = compile_table(table)
    spent_s = perf_counter() - started
    ends = None if time_limit_s is None else started + time_limit_s
    reached = reach(table, matrix, Until(ends, gap, watch, method))
    outcome = reached.outcome
    solve_s = perf_counter() - started - spent_s
    if outcome.status == "infeasible":
        found = shortage(fleet, table, matrix, time_limit_s) if reasons else []
        return no_plan(fleet, "infeasible", remedied(found))
    if outcome.values is None and watch.stopped:
        return nothing_yet(fleet, outcome.bound)
    if outcome.values is None:
        return no_plan(fleet, "unknown", [_time_ran_out(time_limit_s)], outcome.bound)
    decision = tidy(table, reached.matrix, outcome, TO_KEEP_S if watch.stopped else time_limit_s)
    plan = assemble(fleet, table, replace(decision, value=reached.value, value_bound=reached.value_bound))
    _believe_nothing(fleet, plan, current)
    whole, rows = int(matrix.whole.sum()), matrix.a.shape[0]
    effort = Effort(total_s=perf_counter() - started, solve_s=solve_s, whole_columns=whole, rows=rows)
    return plan.model_copy(update={"effort": effort})


def _remedied(
    fleet: Fleet, time_limit_s: float | None, current: Plan | None, watch: Watch, reasons: list[Reason]
) -> list[Reason]:
    def possible(changed: Fleet, seconds: float) -> bool | None:
        if watch.stopped:
            return None
        status = solve(changed, seconds, 1.0, current, reasons=False, watch=watch.unheard).status
        return None if status == "unknown" else status != "infeasible"

    if not reasons:
        return []
    seconds = SECONDS if time_limit_s is None else min(SECONDS, time_limit_s)
    return with_remedies(reasons, Verifier(fleet, possible, seconds))


def _believe_nothing(fleet: Fleet, plan: Plan, current: Plan | None) -> None:
    broken = audit(fleet, plan, current)
    if broken:
        raise BrokenPromiseError("\n".join(broken))


def nothing_yet(fleet: Fleet, bound: float | None = None) -> NoPlan:
    """State that the solver was stopped before it had a plan."""
    return no_plan(fleet, "unknown", [Reason(kind="time", sentence=STOPPED)], bound)


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
