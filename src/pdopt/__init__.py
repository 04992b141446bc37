"""Optimisation-based capacity planner for LLM serving.

``solve(read_fleet("fleet.yaml"))`` gives the cheapest whole numbers of prefill and decode instances that carry
a fleet's load within its latency targets, with the proof that nothing cheaper does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Answer, NoPlan, Plan
    from pdopt.solving.watch import Method, Watch
    from pdopt.studies.compare.answers import Comparison
    from pdopt.studies.explain.answers import Explanation

__all__ = ["__version__", "compare", "explain", "read_fleet", "read_plan", "solve"]
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
