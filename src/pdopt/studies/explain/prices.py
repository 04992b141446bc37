"""At which price a SKU enters the plan, or leaves it."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.capacity.lanes import every_lane
from pdopt.fleet.changes import Change
from pdopt.fleet.fleet import Sku
from pdopt.plan.plan import Plan
from pdopt.studies.explain.answers import NOTHING_USD, SkuPrice, Span
from pdopt.studies.explain.asking import Asker, Proposal
from pdopt.studies.explain.times import average_nodes, times

STEPS = 40  # a safeguard: each step but the last finds a plan with fewer nodes of the SKU
SAME = 1e-7  # relative: prices no further apart are one


def sku_prices(asker: Asker) -> Iterator[SkuPrice]:
    """Give for every SKU the price at which it enters the plan, or leaves it."""
    table = every_lane(asker.fleet)
    usable = {lane.sku for lane in table.lanes}
    refused = {refusal.sku: refusal for refusal in reversed(table.refusals)}
    for name, sku in asker.fleet.skus.items():
        before, nodes = asker.re_solves, average_nodes(asker.fleet, asker.plan, name)
        stated = SkuPrice(sku=name, usd_per_hour=sku.usd_per_h, nodes=nodes)
        if nodes > 0:
            found = _leaves(asker, sku)
        elif name not in usable or sku.available == 0:
            refusal = refused.get(name)
            nothing = f"no LLM has a profile on {sku.gpu} that fits"
            why = "there are none (available: 0)" if name in usable else nothing
            if name not in usable and refusal is not None:
                why = f"{refusal.workload}: {refusal.role} on {refusal.shape}: {refusal.sentence}"
            found = {"why": f"cannot be used: {why}", "how": "arithmetic"}
        else:
            found = _enters(asker, sku)
        yield stated.model_copy(update={**found, "re_solves": asker.re_solves - before})


def _enters(asker: Asker, sku: Sku) -> dict[str, object]:
    change = Change(("skus", sku.name, "at_least"), 1)
    one = asker.effect(Proposal("prices", "tighten", f"one node of {sku.name} in any case", (change,)))
    price = break_even(asker, sku, asker.plan.cost_per_hour, None)
    why = "would not be used even for free" if price is None else None
    return {"one_node_costs": one.cost_changes_by, "break_even_usd_per_hour": price, "why": why}


def _leaves(asker: Asker, sku: Sku) -> dict[str, object]:
    taken = [Change(("skus", sku.name, "available"), 0), *_not_wanted(sku)]
    without = asker.ask(taken, f"no {sku.name}")
    if without.cost_per_hour is None:
        proven = without.status == "infeasible"
        return {"why": "no plan is possible without it" if proven else "no plan without it was found in time"}
    saves = asker.difference(without, "" if sku.at_least else "tighten")
    return {"saves": saves, "break_even_usd_per_hour": break_even(asker, sku, without.cost_per_hour, asker.plan)}


def _not_wanted(sku: Sku) -> list[Change]:
    return [Change(("skus", sku.name, "at_least"), 0)] if sku.at_least else []


def break_even(asker: Asker, sku: Sku, cost: float, start: Plan | None) -> Span | None:
    """Find the largest price of a node at which some plan that uses the SKU costs no more than `cost`.

    The least cost is concave in the price. A plan that costs `others` beside its `nodes` of the SKU is as dear as
    `cost` at the price (cost - others) / nodes; solving again at that price finds a better one, or proves that there is
    none (Dinkelbach's method for the largest ratio). With a gap the price lies between the last one reached and the one
    at which the proven bound of a single node more would be as dear.

    Returns
    -------
    Span or None
        Dollars per node-hour; None: not even for nothing.
    """
    reached: float | None = None
    price, bound = 0.0, 0.0
    if start is not None and not (sku.at_least or sku.terms):
        nodes = average_nodes(asker.fleet, start, sku.name)
        reached = price = sku.usd_per_h + (cost - start.cost_per_hour) / nodes
    for _ in range(STEPS):
        changes = [Change(("skus", sku.name, "usd_per_hour"), price), *_not_wanted(sku)]
        answer = asker.ask(changes, f"{sku.name} at ${price:,.2f} per node-hour")
        if not isinstance(answer, Plan):
            return Span(least=reached, most=None)
        bound = answer.bound_per_hour
        nodes = average_nodes(asker.fleet, answer, sku.name)
        better = price + (cost - answer.cost_per_hour) / nodes if nodes > 0 else price
        if better <= price * (1 + SAME) + SAME:
            break
        reached = price = better
    smallest = min(times(asker.fleet).values()) * (1.0 if sku.billing == "node" else 1 / sku.gpus)
    beyond = max(cost - bound, 0.0) / smallest
    if beyond <= NOTHING_USD:
        return None if reached is None else Span(least=reached, most=reached)
    return Span(least=reached or 0.0, most=price + beyond)
