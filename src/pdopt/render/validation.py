"""What simulating a plan told, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.plan.validation import Missed, Round, Surplus, Validation
from pdopt.render.text import Line, number, table, usd


def validation_lines(validation: Validation) -> Iterator[Line]:
    """Give the verdict, the plans that were tried, and what is left over."""
    load = validation.load
    how = (
        f"{load['requests']:,} requests, {load['arrivals']} arrivals, {load['dispatch']} dispatch, seed {load['seed']}"
    )
    tried = len(validation.rounds)
    if not validation.holds:
        yield f"simulated ({how}): no plan was found that keeps every target; {validation.why_not}"
    elif validation.chosen == 0:
        yield f"simulated ({how}): the plan keeps every target"
    else:
        extra = validation.extra_per_hour
        yield f"simulated ({how}): keeps every target, for {usd(extra)} per hour more than the formulas alone"
    if tried > 1 or not validation.holds:
        header = ["plan", "$ per hour", "instances ", "planned for ", "missed in simulation "]
        yield table(header, (_row(validation, index) for index in range(tried)))
    for spare in validation.surplus:
        yield f"left over: {_spare(spare)}"
    if validation.holds and not validation.surplus:
        yield "left over: nothing; with one instance fewer in any pool a target would be missed"


def _row(validation: Validation, index: int) -> list[str]:
    tried = validation.rounds[index]
    return [
        f"{index + 1}{' *' if index == validation.chosen else ''}",
        usd(tried.cost_per_hour),
        ", ".join(f"{llm} {told}" if len(tried.instances) > 1 else told for llm, told in tried.instances.items()),
        _planned(tried),
        "; ".join(map(_missed, tried.missed)) or "nothing",
    ]


def _planned(tried: Round) -> str:
    bounds = (
        f"{workload} {target} {number(bound_ms)}"
        for workload, targets in tried.planned_for.items()
        for target, bound_ms in targets.items()
    )
    return "; ".join([f"decode_load: {tried.decode_load}", *bounds])


def _missed(one: Missed) -> str:
    when = " ".join(word for word in (one.scenario, one.period) if word)
    value = f"{number(one.simulated_ms)} of {number(one.bound_ms)}"
    return f"{one.workload} {one.target} {value}{f' in {when}' if when else ''}"


def _spare(spare: Surplus) -> str:
    when = " ".join(word for word in (spare.scenario, spare.period) if word)
    pool = f"{spare.model} {spare.role} on {spare.sku}{f' in {when}' if when else ''}"
    return f"{pool} would do with {spare.of - spare.instances} of {spare.of} instances, the other pools as they are"
