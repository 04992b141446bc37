"""What a plan starts and stops against the plan that runs now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pdopt.capacity.table import LaneTable
from pdopt.plan.current import deployment
from pdopt.plan.holdings import Pools
from pdopt.plan.plan import Change


def changes(table: LaneTable, pools: Pools) -> tuple[Change, ...] | None:
    """Give what is started or stopped; None where nothing is said of what runs now."""
    return None if table.now is None else tuple(_changes(table.now, pools))


def change_usd_per_h(table: LaneTable, pools: Pools) -> float:
    """Give what the changes cost, spread over the hours that the plan will run."""
    over, found = table.changeover, changes(table, pools) or ()
    usd = sum(over.usd_per_start * change.starts + over.usd_per_stop * change.stops for change in found)
    return usd / over.over_h


def _changes(now: dict[str, dict], pools: Pools) -> Iterator[Change]:  # type: ignore[type-arg]
    new = {slot: Counter[object]() for slot in now}
    for slot, running in pools.items():
        for pool in running:
            new[slot][deployment(pool)] += pool.instances
    for key in dict.fromkeys(key for counts in (*now.values(), *new.values()) for key in counts):
        pairs = [(now[slot].get(key, 0), new[slot][key]) for slot in now]
        starts, stops = (max(max(sign * (n - b), 0) for b, n in pairs) for sign in (1, -1))
        if starts or stops:
            llm, role, sku, shape = key
            yield Change(
                model=llm,
                role=role,
                sku=sku,
                gpu=shape.gpu,
                gpus_per_instance=shape.gpus,
                parallelism=shape.parallelism,
                dp=shape.dp,
                engine=shape.engine,
                precision=shape.precision,
                **{"from": max(b for b, _ in pairs)},
                to=max(n for _, n in pairs),
                starts=starts,
                stops=stops,
            )
