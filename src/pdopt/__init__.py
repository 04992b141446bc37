"""Optimisation-based capacity planner for LLM serving.

``solve(read_fleet("fleet.yaml"))`` gives the cheapest whole numbers of prefill and decode instances that carry
a fleet's load within its latency targets, with the proof that nothing cheaper does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Answer, NoPlan, Plan
    from pdopt.solving.watch import Method, Watch
    from pdopt.studies.budget.answers import BudgetCurve
    from pdopt.studies.compare.answers import Comparison
    from pdopt.studies.explain.answers import Explanation
    from pdopt.studies.frontier.answers import Frontier, Over
    from pdopt.studies.months.answers import MonthlyPlan
    from pdopt.studies.sweep.answers import Sweep

__all__ = [
    "__version__",
    "budget_curve",
    "compare",
    "explain",
    "frontier",
    "plan_months",
    "read_fleet",
    "read_plan",
    "solve",
    "sweep",
]
__version__ = "0.1.0"


def read_fleet(file: str | Path, models: str | Path | None = None, today: date | None = None) -> Fleet:
    """Read and validate a fleet file.

    Parameters
    ----------
    file : path of a fleet YAML
    models : path, optional
        A catalogue of your own, searched before the one that came with pdopt.
    today : datetime.date, optional
        The day against which the age of prices is told; the current one by default.

    Raises
    ------
    pdopt.fleet.faults.FleetFaults
        Every fault of the file at once.
    """
    from pdopt.catalogue.folder import CatalogueFolder
    from pdopt.fleet.read import read

    return read(file, CatalogueFolder.find(models), today)


def read_plan(file: str | Path) -> Plan:
    """Read a plan that `pdopt solve` wrote, such as the one that runs now.

    Raises
    ------
    pdopt.fleet.faults.FleetFaults
        The file holds no plan; every fault at once.
    """
    from pdopt.plan.reading import read_plan as read

    return read(file)


def solve(
    fleet: Fleet,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    current: Plan | None = None,
    watch: Watch | None = None,
    method: Method = "auto",
) -> Answer:
    """Find the cheapest plan of a fleet and the proof that nothing cheaper does.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds after which the best plan so far is given.
    gap : float
        Relative distance from the proven bound at which to stop; 0 asks for the proven optimum.
    current : Plan, optional
        What runs now: changes cost what the fleet says under ``change``, and among cheapest plans the one with the
        fewest starts is taken.
    watch : pdopt.solving.watch.Watch, optional
        Its `tell` hears of every better plan and bound; its `stop()`, from another thread or a signal's handler, ends
        the solve with the best plan so far.
    method : str
        "whole" solves one program, "parts" decomposes it by LLM and slot, "auto" takes what is better for its size.
    """
    from pdopt.solving.solve import solve as solve_fleet

    return solve_fleet(fleet, time_limit_s=time_limit_s, gap=gap, current=current, watch=watch, method=method)


def explain(
    fleet: Fleet,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    only: Iterable[str] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Explanation | NoPlan:
    """Explain why the cheapest plan costs what it costs, and what would change that, by solving changed fleets.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop; what saves less is told as a bound.
    only : iterable of str, optional
        Some of "limits", "slos", "prices", "workloads"; all by default.
    tell : function, optional
        Takes what is being asked, in words.
    """
    from pdopt.studies.explain import QUESTIONS
    from pdopt.studies.explain import explain as explain_fleet

    return explain_fleet(fleet, time_limit_s, gap, QUESTIONS if only is None else only, tell or (lambda words: None))


def compare(
    fleet: Fleet,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    prices: bool = True,
    tell: Callable[[str], None] | None = None,
) -> Comparison | NoPlan:
    """Compare every SKU alone, the best pair, disaggregated against mixed, and the free mix; say which wins and why.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    prices : bool
        Whether to find the price at which each SKU enters the free mix, or leaves it.
    tell : function, optional
        Takes what is being solved, in words.
    """
    from pdopt.studies.compare import compare as compare_fleet

    return compare_fleet(fleet, time_limit_s, gap, prices, tell or (lambda words: None))


def budget_curve(
    fleet: Fleet,
    amounts: Sequence[float] | None = None,
    steps: int = 12,
    time_limit_s: float | None = 60.0,
    gap: float = 0.0,
    tell: Callable[[str], None] | None = None,
) -> BudgetCurve | NoPlan:
    """Give the most value that money serves: the steps of the curve, what each buys, and where it bends.

    Parameters
    ----------
    fleet : Fleet
    amounts : sequence of float, optional
        Dollars per hour to ask about; by default steps are sought from nothing to everything.
    steps : int
        How many steps to find, where no amounts are given.
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    tell : function, optional
        Takes what is being solved, in words.
    """
    from pdopt.studies.budget import budget_curve as curve_of_fleet

    return curve_of_fleet(fleet, amounts, steps, time_limit_s, gap, tell or (lambda words: None))


def plan_months(
    fleet: Fleet,
    months: int | None = None,
    time_limit_s: float | None = 60.0,
    gap: float = 0.0,
    *,
    owe_all: bool = False,
    tell: Callable[[str], None] | None = None,
) -> MonthlyPlan | NoPlan:
    """Plan growing demand month by month, all months together: what to order when, and what it saves.

    Parameters
    ----------
    fleet : Fleet
        At the demand of the first month.
    months : int, optional
        How many to plan; those that the fleet states by default.
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    owe_all : bool
        Whether to count what commitments cost after the last month, too.
    tell : function, optional
        Takes what is being solved, in words.
    """
    from pdopt.studies.months import plan_months as plan_of_fleet

    return plan_of_fleet(fleet, months, time_limit_s, gap, owe_all=owe_all, tell=tell or (lambda words: None))


def frontier(
    fleet: Fleet,
    over: Over,
    workloads: Iterable[str] = (),
    *,
    shortest: float = 0.25,
    longest: float = 4.0,
    dearest_usd_per_h: float | None = None,
    points: int = 30,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    warm: bool = True,
    tell: Callable[[str], None] | None = None,
) -> Frontier | NoPlan:
    """Find what tighter targets, or less power, cost: every point that no plan beats in both, with the knees.

    Parameters
    ----------
    fleet : Fleet
    over : str
        "ttft" or "tpot": the targets on that metric, all by one factor. "cost": all targets by one factor, told by
        money. "power": the kilowatts of all nodes held.
    workloads : iterable of str, optional
        Whose targets vary; all by default.
    shortest, longest : float
        Targets to look at, as factors of today's.
    dearest_usd_per_h : float, optional
        Leave out plans dearer than this; by default four times the cost at today's targets.
    points : int
        Points to look for at most.
    time_limit_s, gap : float
        Seconds for each solve, and the relative gap at which it may stop.
    warm : bool
        Whether solves start from, and are bounded by, what others found.
    tell : function, optional
        Takes what is being solved, in words.

    Raises
    ------
    ValueError
        There is no such curve; says why.
    """
    from pdopt.studies.frontier import Range
    from pdopt.studies.frontier import frontier as frontier_of
    from pdopt.studies.frontier.trying import Effort

    within, effort = Range(shortest, longest, dearest_usd_per_h, points), Effort(time_limit_s, gap, warm)
    return frontier_of(fleet, over, workloads, within, effort, tell or (lambda words: None))


def sweep(
    file: str | Path,
    vary: Iterable[str],
    samples: int = 100,
    seed: int = 0,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    journal: str | Path | None = None,
    time_limit_s: float | None = 20.0,
    gap: float = 0.01,
    models: str | Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Sweep:
    """Solve a fleet many times with keys of its file varied; what fails in a scenario is a row of the answer.

    Parameters
    ----------
    file : path of a fleet YAML
    vary : iterable of str
        Such as ``skus.h200-node.usd_per_hour=40:70:7``; listed values make a grid, distributions are drawn from.
    samples, seed : int
        How often to draw, and where drawing starts.
    jobs : int, optional
        Processes on this machine; in this one if left out. A script that asks for some must be guarded by
        ``if __name__ == "__main__":``, as for multiprocessing.
    cluster : str, optional
        A Dask scheduler, by its address or its file.
    journal : path, optional
        Where finished scenarios are kept: with the file there, they are not solved again. Yours to remove.
    time_limit_s : float, optional
        Seconds for each scenario.
    gap : float
        Relative gap at which each solve may stop.
    models : path, optional
        A catalogue of your own, searched before the one that came with pdopt.
    tell : function, optional
        Takes how far it is, in words, after each scenario.

    Raises
    ------
    pdopt.fleet.faults.FleetFaults
        The file cannot be used.
    ValueError
        What is varied cannot be read, the journal is that of another sweep, or workers cannot be had; says why.
    """
    from pathlib import Path as FilePath

    from pdopt.catalogue.folder import CatalogueFolder
    from pdopt.studies.sweep import Asked, prepare
    from pdopt.studies.sweep.running import run

    prepared = prepare(file, Asked(tuple(vary), (), samples, seed), CatalogueFolder.find(models), time_limit_s, gap)
    return run(prepared, jobs, cluster, None if journal is None else FilePath(journal), tell or (lambda words: None))
