"""A frontier at a glance: where the fleet is, where the knees are, then every point in a line."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.text import Line, number, table, usd, usd_per_month
from pdopt.studies.frontier.answers import Frontier, Point
from pdopt.studies.frontier.words import amount, what_varies


def frontier_lines(frontier: Frontier) -> Iterator[Line]:
    """Give the sentences, the points, and how well they are known."""
    first, *others = frontier.why
    yield f"{frontier.name}: cost against {what_varies(frontier)}"
    yield first
    yield from (f"  {sentence}" for sentence in others)
    yield ""
    yield table(_header(frontier), (_point(frontier, point) for point in _ordered(frontier)))
    yield from _known(frontier)


def _ordered(frontier: Frontier) -> list[Point]:
    return list(reversed(frontier.points)) if frontier.over == "cost" else list(frontier.points)


def _header(frontier: Frontier) -> list[str]:
    at = {"ms": "target ms", "%": "targets %", "kW": "kW"}[frontier.unit]
    ends = ["$ per M tokens", "GPUs", "nodes ", "instances ", " "]
    power = ["kW"] if frontier.unit != "kW" else []
    return [at, "$ per hour", "$ per month", "more than next", f"$ per {frontier.unit}", *ends[:1], *power, *ends[1:]]


def _point(frontier: Frontier, point: Point) -> list[str]:
    plan = point.plan
    sure = "" if plan.status == "optimal" else f" (at least {usd(plan.bound_per_hour)})"
    power = ["-" if plan.power_kw is None else number(plan.power_kw)] if frontier.unit != "kW" else []
    return [
        amount("", point.at).strip(),
        f"{usd(plan.cost_per_hour)}{sure}",
        usd_per_month(plan.cost_per_hour),
        "" if point.more_per_hour is None else f"+{usd(point.more_per_hour)}",
        "" if point.usd_per_unit is None else f"${number(point.usd_per_unit)}",
        "-" if plan.usd_per_million_tokens is None else f"${number(plan.usd_per_million_tokens)}",
        *power,
        f"{plan.gpus}",
        ", ".join(f"{nodes} {sku}" for sku, nodes in plan.nodes.items()),
        ", ".join(f"{llm} {told}" if len(plan.instances) > 1 else told for llm, told in plan.instances.items()),
        ", ".join(_marks(frontier, point)),
    ]


def _marks(frontier: Frontier, point: Point) -> Iterator[str]:
    if point.today:
        yield "cheapest" if frontier.today.at is None else "today"
    if point.knee:
        yield "knee"
    if not point.proven:
        yield "not proven"


def _known(frontier: Frontier) -> Iterator[str]:
    count, unit = len(frontier.points), frontier.unit
    to = "exactly" if unit == "kW" else f"to {frontier.tolerance * 100:g} %"
    least = "fewest kW" if unit == "kW" else "shortest targets"
    if frontier.complete:
        others = f"these are all {count} points" if count > 1 else "there is no other point"
        yield f"proof: no plan is better in both; {least} of each cost {to}; {others}"
    else:
        proven = sum(point.proven for point in frontier.points)
        yield f"proof: {proven} of {count} points are proven ({least} of each cost {to})"
    for gap in frontier.open:
        costs = (
            f"{usd(gap.cost_above)} to {usd(gap.cost_below)}" if gap.cost_below else f"more than {usd(gap.cost_above)}"
        )
        yield f"there may be others between {amount(unit, gap.above)} and {amount(unit, gap.below)}, at {costs}"
    if frontier.interrupted:
        yield "interrupted: this is what was found until then"
    yield f"{frontier.solves} solves in {frontier.seconds:.1f} s"
