"""What a frontier says, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from pdopt.studies.frontier.answers import Frontier, Point
from pdopt.studies.frontier.knees import Bend

FEW = 4  # workloads that are named one by one
METRICS = {"ttft": "TTFT", "tpot": "TPOT", "cost": "TTFT and TPOT"}


def amount(unit: str, at: float) -> str:
    """Say a value of the axis in four digits, rounded up, so that what is said can be attained."""
    digits = max(0, 3 - floor(log10(at))) if at > 0 else 0
    rounded = ceil(at * 10**digits * (1 - 1e-9)) / 10**digits
    return f"{rounded:,.{digits}f}".rstrip("0").rstrip(".") + f" {unit}" if digits else f"{rounded:,.0f} {unit}"


def what_varies(frontier: Frontier) -> str:
    """Name what the cost is weighed against."""
    if frontier.over == "power":
        return "power"
    if frontier.unit == "ms":
        target = next(iter(frontier.points[0].targets)).removesuffix("_ms")
        return target.replace("ttft_", "TTFT ").replace("tpot_", "TPOT ")
    *others, last = frontier.workloads
    whose = f"{', '.join(others)} and {last}" if others else last
    whose = whose if len(others) < FEW else f"{len(others) + 1} workloads"
    return f"{METRICS[frontier.over]} targets of {whose}, all by one factor"


def sentences(frontier: Frontier) -> Iterator[str]:
    """Say where the fleet is today, where the knees are, where the curve ends."""
    here = next((index for index, point in enumerate(frontier.points) if point.today), None)
    yield _out_of_reach(frontier) if here is None else "; ".join([_today(frontier), *_next_to(frontier, here)])
    yield from (knee.sentence for knee in frontier.knees)
    if not frontier.knees and len(frontier.points) > 2:
        yield "no knee: every point lies near the line between both ends, or above it"
    yield from _ends(frontier)


def _out_of_reach(frontier: Frontier) -> str:
    unit, first = frontier.unit, frontier.points[0]
    what = {"kW": "the limit of", "ms": "today's target of"}.get(unit, "today's targets,")
    least = f"the least that can is {amount(unit, first.at)} at {_usd(first)} per hour"
    return f"{what} {amount(unit, frontier.today.at or 0.0)} cannot be met; {least}"


def _today(frontier: Frontier) -> str:
    today, unit = frontier.today, frontier.unit
    usd = f"${today.cost_per_hour:,.2f} per hour"
    bought = today.same_money_buys or 0.0
    if today.at is None:
        return f"without a limit on power the fleet costs {usd} and draws {amount(unit, bought)}"
    what = {"kW": "the limit of", "ms": "today's target of"}.get(unit, "")
    words = f"{what} {amount(unit, today.at)} costs {usd}" if what else f"today's targets cost {usd}"
    saved = bought < today.at * (1 - frontier.tolerance)
    return f"{words}; the same money buys {amount(unit, bought)}" if saved else words


def _next_to(frontier: Frontier, here: int) -> Iterator[str]:
    """Say what the neighbours of today's point cost."""
    points, unit = frontier.points, frontier.unit
    less, more = ("less power", "more power") if unit == "kW" else ("shorter", "longer")
    if here > 0:
        dearer = points[here - 1]
        yield f"{less} costs ${dearer.more_per_hour:,.2f} more ({amount(unit, dearer.at)})"
    if here + 1 < len(points):
        yield f"{more} saves ${points[here].more_per_hour:,.2f} ({amount(unit, points[here + 1].at)})"


def knee_sentence(unit: str, points: Sequence[Point], bend: Bend) -> str:
    """Say what less and more cost around a knee."""
    here, tighter, looser = (points[i] for i in (bend.index, bend.tighter_to, bend.looser_to))
    up_usd = tighter.plan.cost_per_hour - here.plan.cost_per_hour
    down_usd = here.plan.cost_per_hour - looser.plan.cost_per_hour
    return (
        f"knee at {amount(unit, here.at)}, {_usd(here)} per hour: from there to {amount(unit, tighter.at)} costs"
        f" ${up_usd:,.2f} more (${bend.tighter_usd:,.4g} per {unit}), to {amount(unit, looser.at)} saves"
        f" ${down_usd:,.2f} (${bend.looser_usd:,.4g} per {unit})"
    )


def _ends(frontier: Frontier) -> Iterator[str]:
    points, unit = frontier.points, frontier.unit
    first, last, most = points[0], points[-1], amount(unit, frontier.most)
    if unit == "kW":
        if len(points) == 1:
            yield "the cheapest plan draws the least power"
        return
    if len(points) == 1:
        yield f"one cost from {amount(unit, first.at)} to {most}: nothing longer in this range saves anything"
    elif last.at < frontier.most:
        yield f"longer than {amount(unit, last.at)} saves nothing (up to {most})"
    known = not any(gap.cost_below is None for gap in frontier.open)
    if known and first.at > frontier.least * (1 + frontier.tolerance) and first.none_as_cheap_below > frontier.least:
        dearest = f" for up to ${frontier.dearest_usd_per_hour:,.2f} per hour" if frontier.dearest_usd_per_hour else ""
        yield f"nothing shorter than {amount(unit, first.at)} can be had{dearest}"


def _usd(point: Point) -> str:
    return f"${point.plan.cost_per_hour:,.2f}"
