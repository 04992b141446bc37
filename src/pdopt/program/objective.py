"""What is minimised, and what is served first under a budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyomo.environ as pyo

from pdopt.program.held import all_held, emitted_kg_per_h
from pdopt.program.work import leaving


def add_cost(program: pyo.ConcreteModel) -> None:
    """Minimise the dollars per hour of nodes, starts, CO2 and changes: expected, or weighed with those of the tail."""
    risk, shares = program.table.risk, program.table.scenarios
    program.cost_of_scenario = {name: _cost(program, name) for name in program.TAIL_SCENARIOS}
    expected = _cost(program, None)
    if not risk.weight:
        program.cost = pyo.Objective(expr=expected, sense=pyo.minimize, doc="dollars per hour")
        return
    excess = sum(shares[name] * program.BeyondThreshold[name] for name in program.BeyondThreshold)
    tail = program.Threshold[None] + (excess / (1 - risk.alpha) if risk.alpha < 1 else 0)
    program.cost = pyo.Objective(
        expr=(1 - risk.weight) * expected + risk.weight * tail,
        sense=pyo.minimize,
        doc="expected dollars per hour, weighed with the mean of the dearest scenarios",
    )


def add_value(program: pyo.ConcreteModel) -> None:
    """Serve as much value as the budget allows, priority by priority; the cost breaks ties."""

    def rule(program: pyo.ConcreteModel, priority: int) -> Any:
        return sum(
            program.slot_of[slot].weight * program.table.worth[name].usd * rate
            for name in program.VALUED_WORKLOADS
            for slot in program.SLOTS
            for rate in leaving(program, name, slot)
            if program.table.worth[name].priority == priority
        )

    program.value = pyo.Objective(
        program.PRIORITIES, rule=rule, sense=pyo.maximize, doc="value per second of what is served of a priority"
    )


def add_elsewhere(program: pyo.ConcreteModel) -> None:
    """Hold as few GPUs as possible on SKUs that are not preferred, before the cost counts."""

    def rule(program: pyo.ConcreteModel, preference: str) -> Any:
        return sum(
            slot.weight * node.gpus * all_held(program, sku, slot.name)
            for sku, node in program.node_type_of.items()
            for slot in program.table.slots
            if sku not in program.table.preferred
        )

    program.elsewhere = pyo.Objective(
        program.PREFERENCES,
        rule=rule,
        sense=pyo.minimize,
        doc="GPUs held on SKUs that are not preferred, on average over the time",
    )


def add_fewest_starts(program: pyo.ConcreteModel) -> None:
    """Start as few instances as possible at that cost, where a plan runs now."""

    def rule(program: pyo.ConcreteModel, current: str) -> Any:
        return sum(program.AddedInstances[key] for key in program.ADDED)

    program.fewest_starts = pyo.Objective(
        program.COMPARISONS, rule=rule, sense=pyo.minimize, doc="instances started against those that run now"
    )


def _cost(program: pyo.ConcreteModel, scenario: str | None) -> Any:
    """Dollars per hour of one scenario, or expected over all of them."""
    slots = [slot for slot in program.table.slots if scenario in (None, slot.scenario)]
    part = {slot.name: slot.weight / (program.table.scenarios[slot.scenario] if scenario else 1.0) for slot in slots}
    parts = (_rentals, _commitments, _starts, _carbon, _change)
    return sum(term for some in parts for term in some(program, part))


def _rentals(program: pyo.ConcreteModel, part: dict[str, float]) -> Iterator[Any]:
    for sku, term, slot in program.RENTALS:
        if slot in part:
            yield part[slot] * program.term_of[sku, term].usd_per_h * program.Nodes[sku, term, slot]


def _commitments(program: pyo.ConcreteModel, part: dict[str, float]) -> Iterator[Any]:
    for key in program.COMMITMENTS:
        term = program.term_of[key]
        offered = sum(weight for slot, weight in part.items() if term.offered_in(slot))
        yield term.usd_per_h * offered * program.Committed[key]


def _carbon(program: pyo.ConcreteModel, part: dict[str, float]) -> Iterator[Any]:
    if program.table.carbon_usd_per_kg:
        yield program.table.carbon_usd_per_kg * emitted_kg_per_h(program, part)


def _change(program: pyo.ConcreteModel, part: dict[str, float]) -> Iterator[Any]:
    """Yield the costs of changing from what runs now: once, whatever comes."""
    over = program.table.changeover
    if over.usd_per_start:
        yield from (over.usd_per_start / over.over_h * program.AddedInstances[key] for key in program.ADDED)
    if over.usd_per_stop:
        yield from (over.usd_per_stop / over.over_h * program.DroppedInstances[key] for key in program.DROPPED)


def _starts(program: pyo.ConcreteModel, part: dict[str, float]) -> Iterator[Any]:
    """Yield the costs of starts, and of the stops that follow sooner or later, because periods form a circle."""
    per_start = {name: weight / program.slot_of[name].hours for name, weight in part.items()}
    for sku, term, slot in program.NODE_STARTS:
        if slot in part:
            node = program.node_type_of[sku]
            yield per_start[slot] * (node.start_usd + node.stop_usd) * program.StartedNodes[sku, term, slot]
    for index in program.INSTANCE_STARTS:
        if index[-1] in part:
            usd = program.table.instance_start_usd[index[0]]
            yield per_start[index[-1]] * usd * program.StartedInstances[index]
