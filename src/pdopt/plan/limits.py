"""What a plan states of the limits it was made under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pdopt.capacity.slots import Slot
from pdopt.fleet.fleet import Fleet, Quota
from pdopt.plan.holdings import Held, Pools
from pdopt.plan.plan import QuotaUse


def quotas_used(fleet: Fleet, slots: Sequence[Slot], held: Sequence[Held], pools: Pools) -> Iterator[QuotaUse]:
    """Give every quota with the most of it that is used in a slot."""
    for quota in fleet.quotas:
        counts = [
            sum(
                pool.gpus_per_instance * pool.instances * quota.weight(fleet.skus[pool.sku])
                for pool in pools[slot.name]
                if pool.model in quota.llms and pool.sku in quota.skus
            )
            if quota.llms
            else _held(fleet, quota, slot.name, held)
            for slot in slots
        ]
        yield QuotaUse(
            name=quota.name,
            models=quota.llms or None,
            skus=quota.skus,
            unit=quota.unit,  # type: ignore[arg-type]
            most=quota.most,
            used=max(counts),
        )


def _held(fleet: Fleet, quota: Quota, slot: str, held: Sequence[Held]) -> float:
    mine = [one for one in held if one.node.sku in quota.skus]
    return sum(one.units.get(slot, 0) * one.node.gpus * quota.weight(fleet.skus[one.node.sku]) for one in mine)
