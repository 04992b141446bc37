"""What a frontier says, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10

from pdopt.studies.frontier.answers import Frontier, Point
from pdopt.studies.frontier.knees import Bend

SHORTER = {"ms": ("shorter", "longer"), "%": ("shorter", "longer"), "kW": ("less power", "more power")}


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
        return next(iter(frontier.points[0].targets)).removesuffix("_ms").replace("ttft_", "TTFT ").replace("tpot_", "TPOT ")
    metrics = {"ttft": "TTFT", "tpot": "TPOT", "cost": "TTFT and TPOT"}[frontier.over]
    return f"{metrics} targets of {_listed(frontier.workloads)}, all by one factor"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if len(names) < 5 else f"{len(names)} workloads"


def sentences(frontier: Frontier) -> Iterator[str]:
    """Say where the fleet is today, where the knees are, where the curve ends."""
    yield _today(frontier)
    yield from (knee.sentence for knee in frontier.knees)
    if not frontier.knees and len(frontier.points) > 2:
        yield "no knee: the price of less is much the same all along"
    yield from _ends(frontier)


def _today(frontier: Frontier) -> str:
    today, unit = frontier.today, frontier.unit
    points, (less, more) = frontier.points, SHORTER[unit]
    if today.at is None:
        words = f"without a limit on power the fleet costs {_usd(points[-1])} per hour and draws {amount(unit, points[-1].at)}"
    elif today.cost_per_hour is None:
        what = "the limit of" if unit == "kW" else "today's target of" if unit == "ms" else "today's targets,"
        return f"{what} {amount(unit, today.at)} cannot be met; the least that can is {amount(unit, points[0].at)} at {_usd(points[0])} per hour"
    else:
        what = "the limit" if unit == "kW" else "today's target" if unit == "ms" else "today's targets"
        of = "" if unit == "%" else f" of {amount(unit, today.at)}"
        words = f"{what}{of} {'cost' if unit == '%' else 'costs'} ${today.cost_per_hour:,.2f} per hour"
        bought = today.same_money_buys or today.at
        if bought < today.at * (1 - frontier.tolerance):
            words += f"; the same money buys {amount(unit, bought)}"
    here = next(index for index, point in enumerate(points) if point.today)
    told = [words]
    if here > 0:
        told.append(f"{less} costs ${points[here - 1].more_per_hour:,.2f} more ({amount(unit, points[here - 1].at)})")
    if here + 1 < len(points):
        told.append(f"{more} saves ${points[here].more_per_hour:,.2f} ({amount(unit, points[here + 1].at)})")
    return "; ".join(told)


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
    first, last = points[0], points[-1]
    if unit == "kW":
        if len(points) == 1:
            yield "the cheapest plan draws the least power"
        return
    if len(points) == 1:
        yield f"one cost from {amount(unit, first.at)} to {amount(unit, frontier.most)}: nothing longer in this range saves anything"
    elif last.at < frontier.most:
        yield f"longer than {amount(unit, last.at)} saves nothing (up to {amount(unit, frontier.most)})"
    known = not any(gap.cost_below is None for gap in frontier.open)
    if known and first.at > frontier.least * (1 + frontier.tolerance) and first.none_as_cheap_below > frontier.least:
        dearest = f" for up to ${frontier.dearest_usd_per_hour:,.2f} per hour" if frontier.dearest_usd_per_hour else ""
        yield f"nothing shorter than {amount(unit, first.at)} can be had{dearest}"


def _usd(point: Point) -> str:
    return f"${point.plan.cost_per_hour:,.2f}"
