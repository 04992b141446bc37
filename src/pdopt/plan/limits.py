"""What a plan states of the limits it was made under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pdopt.capacity.slots import Slot
from pdopt.fleet.fleet import Fleet, Quota
from pdopt.plan.holdings import Held, Pools
from pdopt.plan.plan import Preference, QuotaUse, SiteUse


def limits_of(fleet: Fleet) -> dict[str, float]:
    """Give the limits that are numbers."""
    return {name: value for name, value in asdict(fleet.limits).items() if value is not None and name != "prefer"}


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


def preference_kept(fleet: Fleet, slots: Sequence[Slot], held: Sequence[Held]) -> Preference | None:
    """Give the preferred SKUs and the GPUs held on others, averaged over the time."""
    preferred = fleet.limits.prefer
    others = [one for one in held if one.node.sku not in preferred]
    gpus = sum(slot.weight * one.units.get(slot.name, 0) * one.node.gpus for one in others for slot in slots)
    return Preference(skus=preferred, gpus_elsewhere=gpus) if preferred else None


def sites_used(fleet: Fleet, slots: Sequence[Slot], held: Sequence[Held]) -> Iterator[SiteUse]:
    """Give what is drawn and emitted at every site."""
    for site in fleet.sites.values():
        mine = [one for one in held if one.node.site == site.name]
        known = all(one.node.power_kw is not None for one in mine)
        drawn = [sum((one.node.power_kw or 0.0) * one.units.get(slot.name, 0) for one in mine) for slot in slots]
        yield SiteUse(
            site=site.name,
            power_kw=max(drawn) if known else None,
            power_kw_available=site.power_kw,
            carbon_kg_per_hour=sum(one.kg_per_h(slots) for one in mine) if known else None,
        )
