"""What `frontier` answers, as typed values; dollars are per hour."""

from __future__ import annotations

from typing import Any, Literal

from pdopt.plan.plan import Part
from pdopt.studies.figures import Figures, StudyAnswer

Over = Literal["ttft", "tpot", "cost", "power"]


class Point(Part):
    """A plan that nothing beats: none is as cheap with less of what the cost is weighed against.

    Attributes
    ----------
    at : float
        Milliseconds of the target, per cent of today's targets where several vary, or kilowatts (`unit` of the
        frontier): the least that this cost permits.
    none_as_cheap_below : float
        No plan as cheap has this much or less; `at` lies above it by the frontier's `tolerance` where that is proven.
    proven : bool
        Whether the cost is proven to be the least, and `at` to be the least at that cost.
    targets : dict
        Workload and target (``chat ttft_mean_ms``) → milliseconds, of those that vary.
    plan : Figures
    more_per_hour : float or None
        Dollars beyond the next cheaper point; None at the cheapest.
    usd_per_unit : float or None
        These dollars per unit of `at`.
    knee : bool
        Whether it is one of the knees.
    today : bool
        Whether it is the plan at today's targets or limit on power (with no such limit, the cheapest).
    """

    at: float
    none_as_cheap_below: float
    proven: bool
    targets: dict[str, float]
    plan: Figures
    more_per_hour: float | None = None
    usd_per_unit: float | None = None
    knee: bool = False
    today: bool = False


class Knee(Part):
    """A point where the price of less changes most.

    Attributes
    ----------
    at, cost_per_hour : float
        The point.
    tighter_usd_per_unit, looser_usd_per_unit : float
        What one unit less costs from here on, and what one unit more saves, along the lower edge of all points.
    depth : float
        How far below the line between its neighbouring knees (or the ends) it lies, as a part of the range of costs.
    sentence : str
    """

    at: float
    cost_per_hour: float
    tighter_usd_per_unit: float
    looser_usd_per_unit: float
    depth: float
    sentence: str


class Open(Part):
    """Between two neighbouring points there may be others that were not looked for, or not decided in time.

    Attributes
    ----------
    above, below : float
        Between which values of `at`.
    cost_above, cost_below : float and float or None
        Between which costs; None where there is no dearer point.
    """

    above: float
    below: float
    cost_above: float
    cost_below: float | None


class Today(Part):
    """Where the fleet as stated is on the curve.

    Attributes
    ----------
    at : float or None
        Its target or limit; None where it states no limit on power.
    cost_per_hour : float or None
        None where it has no plan.
    same_money_buys : float or None
        The least `at` at that cost.
    """

    at: float | None
    cost_per_hour: float | None
    same_money_buys: float | None


class Frontier(StudyAnswer):
    """Cost against latency targets, or against power: every point that no plan beats in both.

    Attributes
    ----------
    over : str
        "ttft", "tpot": targets on that metric. "cost": all targets together, by money. "power": kilowatts.
    workloads : tuple of str
        Whose targets vary, all by the same factor.
    unit : str
        Of `at`.
    tolerance : float
        Part of `at` to which it is the least at its cost.
    least, most : float
        Between what the curve was looked for.
    dearest_usd_per_hour : float or None
        Plans dearer than this were left out.
    points : tuple of Point
        By `at`, the least first: their cost falls.
    complete : bool
        Whether these are proven to be all points between `least` and `most`.
    open : tuple of Open
        Where others may be.
    why : tuple of str
        Sentences, each from numbers of this answer.
    interrupted : bool
        Whether somebody ended the search.
    solves, seconds : int and float
        Programs minimised, and how long all took.
    """

    over: Over
    workloads: tuple[str, ...]
    unit: Literal["ms", "%", "kW"]
    tolerance: float
    least: float
    most: float
    dearest_usd_per_hour: float | None
    points: tuple[Point, ...]
    knees: tuple[Knee, ...]
    today: Today
    why: tuple[str, ...]
    complete: bool
    open: tuple[Open, ...] = ()
    interrupted: bool = False
    solves: int = 0
    seconds: float = 0.0
    time_limit_s: float | None = None
    gap: float = 0.0

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per point."""
        return [self._row(point) for point in self.points]

    def _row(self, point: Point) -> dict[str, Any]:
        plan = point.plan
        return {
            "over": self.over,
            "unit": self.unit,
            "at": point.at,
            "none_as_cheap_below": point.none_as_cheap_below,
            "cost_per_hour": plan.cost_per_hour,
            "bound_per_hour": plan.bound_per_hour,
            "proven": point.proven,
            "more_per_hour": point.more_per_hour,
            "usd_per_unit": point.usd_per_unit,
            "knee": point.knee,
            "today": point.today,
            "usd_per_million_tokens": plan.usd_per_million_tokens,
            "power_kw": plan.power_kw,
            "gpus": plan.gpus,
            "nodes": "; ".join(f"{sku} {nodes}" for sku, nodes in plan.nodes.items()),
            "instances": "; ".join(f"{llm} {told}" for llm, told in plan.instances.items()),
            "targets": "; ".join(f"{target} {ms:g}" for target, ms in point.targets.items()),
        }
