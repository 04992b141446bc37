"""Cost against latency targets, or against power: every point that no plan beats, each proven, with the knees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from time import perf_counter

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import NoPlan, Plan, Reason
from pdopt.solving.solve import no_plan, solve
from pdopt.studies.frontier.answers import Frontier, Over
from pdopt.studies.frontier.axes import Latency, Power, targets_of
from pdopt.studies.frontier.search import Search
from pdopt.studies.frontier.telling import told
from pdopt.studies.frontier.trying import Effort, Tell, Trier

METRICS: dict[str, tuple[str, ...]] = {"ttft": ("ttft",), "tpot": ("tpot",), "cost": ("ttft", "tpot")}
DEAREST = 4.0  # times the cost at today's targets


@dataclass(frozen=True)
class Range:
    """What part of the curve is looked for.

    Attributes
    ----------
    shortest, longest : float
        Targets, as factors of today's.
    dearest_usd_per_h : float, optional
        Leave out plans dearer than this; by default four times the cost at today's targets.
    points : int
        As many as are looked for at most.
    """

    shortest: float = 0.25
    longest: float = 4.0
    dearest_usd_per_h: float | None = None
    points: int = 30


def frontier(
    fleet: Fleet,
    over: Over,
    workloads: Iterable[str] = (),
    within: Range = Range(),
    effort: Effort = Effort(),  # noqa: B008
    tell: Tell = lambda words: None,
) -> Frontier | NoPlan:
    """Find the points of cost against something else that no plan beats in both.

    Parameters
    ----------
    fleet : Fleet
    over : str
        "ttft" or "tpot": the targets on that metric, all by one factor. "cost": all targets by one factor, told by
        money. "power": the kilowatts of all nodes held.
    workloads : iterable of str, optional
        Whose targets vary; all by default.
    within : Range
    effort : Effort
        Of each solve.
    tell : function, optional
        Takes what is being solved, in words.

    Raises
    ------
    ValueError
        There is no such curve; says why.

    Returns
    -------
    Frontier, or NoPlan where the loosest end has none
    """
    names = tuple(workloads)
    if (refused := no_frontier(fleet, over, names)) is not None:
        raise ValueError(refused)
    began = perf_counter()
    axis = Power(fleet, effort.time_limit_s) if over == "power" else _latency(fleet, over, names)
    trier = Trier(axis, effort)
    search = Search(trier, (within.shortest, within.longest), within.points, tell)
    interrupted = False
    try:
        _begin(search, trier, within)
        search.between()
    except KeyboardInterrupt:
        interrupted = True
    if not search.corners:
        return _nothing(axis, within, effort, interrupted)
    found = told(fleet, over, search, trier)
    spent = {"interrupted": interrupted, "seconds": perf_counter() - began}
    return found.model_copy(update={**spent, "time_limit_s": effort.time_limit_s, "gap": effort.gap})


def no_frontier(fleet: Fleet, over: Over, names: tuple[str, ...] = ()) -> str | None:
    """Say why a fleet has no such curve; None where it has."""
    what = "a budget" if fleet.budget_usd_per_h is not None else "a weight on risk" if fleet.risk.weight else None
    what = what or ("limits.prefer" if fleet.limits.prefer else None)
    if what is not None:
        return f"has {what}; a frontier weighs the least cost against something else, so leave it out"
    unknown = [name for name in names if name not in fleet.workloads]
    if unknown:
        return f"has no workload {', '.join(unknown)}; there are {', '.join(fleet.workloads)}"
    if over == "power":
        silent = [sku.name for sku in fleet.skus.values() if sku.power_kw is None]
        needs = "power_kw (kilowatts of one node at full load), without which there is no frontier over power"
        return f"skus.{', skus.'.join(silent)}: {'needs' if len(silent) == 1 else 'need'} {needs}" if silent else None
    if not targets_of(fleet, METRICS[over], names or fleet.workloads):
        return f"has no {' or '.join(METRICS[over])} target{' of ' + ', '.join(names) if names else ''}"
    return None


def _latency(fleet: Fleet, over: Over, names: tuple[str, ...]) -> Latency:
    return Latency(fleet, targets_of(fleet, METRICS[over], names or fleet.workloads))


def _begin(search: Search, trier: Trier, within: Range) -> None:
    """Find both ends, and where the fleet is today."""
    if isinstance(trier.axis, Power):
        search.within([inf])
        if search.corners:
            loosest = search.corners[-1]
            fewest_kw = trier.axis.fewest_kw(loosest.at, loosest.columns)
            search.span = (fewest_kw, loosest.at)
            search.within([fewest_kw])
        return
    given = within.dearest_usd_per_h
    trier.dearest = inf if given is None else given - trier.axis.fleet.sunk_usd_per_h
    search.within([within.longest])
    if within.shortest < 1 < within.longest:
        search.within([1.0])
    if search.corners:
        now = next((c for c in reversed(search.corners) if c.at <= 1), search.corners[-1])
        trier.dearest = trier.dearest if given is not None else DEAREST * max(now.cost, search.corners[-1].cost)
        search.within([within.shortest])


def _nothing(axis: Latency | Power, within: Range, effort: Effort, interrupted: bool) -> NoPlan:
    """Give the reasons why even the loosest end has no plan."""
    loosest = axis.fleet_at(inf if isinstance(axis, Power) else within.longest)
    if interrupted:
        return no_plan(loosest, "unknown", [Reason(kind="time", sentence="interrupted before any plan was found")])
    answer = solve(loosest, effort.time_limit_s, effort.gap)
    dearest = within.dearest_usd_per_h
    if isinstance(answer, Plan) and dearest is not None and answer.bound_per_hour > dearest:
        words = f"the cheapest plan costs ${answer.cost_per_hour:,.2f} per hour, more than ${dearest:,.2f}"
        return no_plan(loosest, "infeasible", [Reason(kind="budget", sentence=words)])
    if isinstance(answer, Plan):  # what the search did not find in time
        return no_plan(loosest, "unknown", [Reason(kind="time", sentence="no plan was found in time")])
    words = "without a limit on power" if isinstance(axis, Power) else f"with targets {within.longest:g} times as long"
    first = Reason(kind="slo", sentence=f"even {words} there is no plan:")
    return answer.model_copy(update={"reasons": (first, *answer.reasons)})
