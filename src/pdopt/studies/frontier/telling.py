"""From corners of a search to points: each a plan, audited at exactly what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf

import pdopt
from pdopt.fleet.fleet import Fleet
from pdopt.solving.nearby import plan_of
from pdopt.studies.figures import Figures, figures
from pdopt.studies.frontier.answers import Frontier, Knee, Open, Over, Point, Today
from pdopt.studies.frontier.axes import Axis
from pdopt.studies.frontier.knees import Bend, bends
from pdopt.studies.frontier.search import Corner, Search
from pdopt.studies.frontier.trying import SAME, Trier
from pdopt.studies.frontier.words import knee_sentence, sentences


def told(fleet: Fleet, over: Over, search: Search, trier: Trier) -> Frontier:
    """Give the frontier that a search found."""
    axis = trier.axis
    planned = [_planned(fleet, trier, corner) for corner in search.corners]
    gaps = list(search.gaps())
    points = [_point(axis, search, corner, plan) for corner, plan in planned]
    today, here = _today(axis, points)
    found = bends([(point.at, point.plan.cost_per_hour) for point in points])
    points = list(_priced(points, {bend.index for bend in found}, here))
    proven = all(point.proven for point in points)
    answer = Frontier(
        name=fleet.name,
        over=over,
        workloads=tuple(dict.fromkeys(name for name, _ in axis.targets_ms(1.0))),
        unit=axis.unit,  # type: ignore[arg-type]
        tolerance=axis.tolerance,
        least=axis.value(search.span[0]),
        most=axis.value(search.span[1]),
        dearest_usd_per_hour=trier.dearest + fleet.sunk_usd_per_h if trier.dearest < inf else None,
        points=tuple(points),
        knees=tuple(_knee(axis, points, bend) for bend in found),
        today=today,
        why=(),
        complete=proven and not gaps,
        open=tuple(_open(axis, gap.from_at, gap.right, points) for gap in gaps),
        solves=trier.solves,
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
    )
    return answer.model_copy(update={"why": tuple(sentences(answer))})


def _planned(fleet: Fleet, trier: Trier, corner: Corner) -> tuple[Corner, Figures]:
    """Give a corner with its plan; moved to exactly what the plan attains where the search was coarser."""
    bound, limit_s = trier.floor(corner.at), trier.effort.time_limit_s
    program = trier.axis.program(corner.at)
    assert program is not None
    plan = plan_of(program, corner.columns, bound, limit_s)
    attained = trier.axis.attained(corner.at, corner.columns, plan)
    if attained is not None and (exact := trier.axis.program(attained.at)) is not None:
        corner = replace(corner, at=attained.at, columns=attained.columns)
        plan = plan_of(exact, corner.columns, bound, limit_s)
    return corner, figures(fleet, plan)


def _point(axis: Axis, search: Search, corner: Corner, plan: Figures) -> Point:
    return Point(
        at=axis.value(corner.at),
        none_as_cheap_below=min(_exact(axis, search.none_below(corner)), axis.value(corner.at)),
        proven=plan.status == "optimal" and search.proven(corner),
        targets={f"{name} {key}": ms for (name, key), ms in axis.targets_ms(corner.at).items()},
        plan=plan,
    )


def _exact(axis: Axis, at: float) -> float:
    """Tell a value as it is, not rounded up."""
    return at * axis.value(1.0) if axis.unit != "kW" else at


def _today(axis: Axis, points: Sequence[Point]) -> tuple[Today, int | None]:
    """Say where the fleet as stated is, and which point costs as much."""
    at = None if axis.today is None else axis.value(axis.today)
    within = [index for index, point in enumerate(points) if at is None or point.at <= at * (1 + SAME)]
    if not within:
        return Today(at=at, cost_per_hour=None, same_money_buys=None), None
    here = points[within[-1]]
    return Today(at=at, cost_per_hour=here.plan.cost_per_hour, same_money_buys=here.at), within[-1]


def _priced(points: Sequence[Point], knees: set[int], here: int | None) -> Iterator[Point]:
    """Give the points with what each costs beyond the next cheaper one, and what it is."""
    for index, point in enumerate(points):
        marks: dict[str, bool | float] = {"knee": index in knees, "today": index == here}
        cheaper = points[index + 1] if index + 1 < len(points) else None
        if cheaper is not None:
            more = point.plan.cost_per_hour - cheaper.plan.cost_per_hour
            marks |= {"more_per_hour": more, "usd_per_unit": more / (cheaper.at - point.at)}
        yield point.model_copy(update=marks)


def _knee(axis: Axis, points: Sequence[Point], bend: Bend) -> Knee:
    point = points[bend.index]
    return Knee(
        at=point.at,
        cost_per_hour=point.plan.cost_per_hour,
        tighter_usd_per_unit=bend.tighter_usd,
        looser_usd_per_unit=bend.looser_usd,
        depth=bend.depth,
        sentence=knee_sentence(axis.unit, points, bend),
    )


def _open(axis: Axis, from_at: float, right: Corner, points: Sequence[Point]) -> Open:
    above, below = _exact(axis, from_at), axis.value(right.at)
    cheaper = max(point.plan.cost_per_hour for point in points if point.at >= below * (1 - axis.tolerance))
    dearer = [point.plan.cost_per_hour for point in points if point.at <= above * (1 + axis.tolerance)]
    return Open(above=above, below=below, cost_above=cheaper, cost_below=min(dearer, default=None))
