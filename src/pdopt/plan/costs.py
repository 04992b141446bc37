"""What a plan costs, by named parts that add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet
from pdopt.plan.changes import change_usd_per_h
from pdopt.plan.holdings import Held, Pools
from pdopt.plan.plan import Pool


def costs(fleet: Fleet, table: LaneTable, held: Sequence[Held], pools: Pools) -> dict[str, float]:
    """Give average dollars per hour by kind of term, of starts, of CO2 and of changes."""
    kinds = {(sku.name, term.name): term.kind for sku in fleet.skus.values() for term in sku.ways_to_pay}
    found: dict[str, float] = defaultdict(float)
    for one in held:
        found[kinds[one.node.sku, one.term.name]] += one.usd_per_h(table.slots)
    if fleet.sunk_usd_per_h:
        found["owned"] += fleet.sunk_usd_per_h
    starts = node_starts_usd_per_h(table, held) + instance_starts_usd_per_h(table, pools)
    if starts:
        found["starts"] = starts
    if table.carbon_usd_per_kg:
        found["carbon"] = table.carbon_usd_per_kg * sum(one.kg_per_h(table.slots) for one in held)
    change = change_usd_per_h(table, pools)
    if change:
        found["change"] = change
    return dict(found)


def node_starts_usd_per_h(table: LaneTable, held: Sequence[Held]) -> float:
    """Give what starting nodes (and stopping them again) costs on average."""
    return sum(
        slot.weight
        / slot.hours
        * (one.node.start_usd + one.node.stop_usd)
        * max(one.units.get(slot.name, 0) - one.units.get(slot.previous, 0), 0)
        for one in held
        for slot in (table.slots if len(table.slots) > 1 and not one.term.committed else ())
    )


def instance_starts_usd_per_h(table: LaneTable, pools: Pools) -> float:
    """Give what starting instances costs on average."""
    if not table.instance_start_usd or len(table.slots) == 1:
        return 0.0
    running = {slot: _running(every) for slot, every in pools.items()}
    return sum(
        slot.weight
        / slot.hours
        * table.instance_start_usd.get(key[0], 0.0)
        * max(count - running[slot.previous].get(key, 0), 0)
        for slot in table.slots
        for key, count in running[slot.name].items()
    )


def _running(pools: Sequence[Pool]) -> dict[tuple[str, str, str, object], int]:
    counts: dict[tuple[str, str, str, object], int] = defaultdict(int)
    for pool in pools:
        shape = (pool.gpu, pool.gpus_per_instance, pool.parallelism, pool.dp, pool.engine, pool.precision)
        counts[pool.model, pool.role, pool.sku, shape] += pool.instances
    return counts
