"""Which of stock and limits bind, and what one more unit saves."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.changes import Change
from pdopt.studies.explain.answers import Effect
from pdopt.studies.explain.asking import Asker, Proposal


def limit_effects(asker: Asker) -> Iterator[Effect]:
    """Lift each limit altogether; where that saves something, ask what one more unit of it saves."""
    steps = [*_stock(asker), *_limits(asker)]
    lifted = asker.all_effects([without for without, _ in steps], "no limits at all")
    for effect, (_, one_more) in zip(lifted, steps, strict=True):
        yield effect
        if effect.cost_changes_by is None or not effect.cost_changes_by.nothing:
            yield asker.effect(one_more)


def _stock(asker: Asker) -> Iterator[tuple[Proposal, Proposal]]:
    for name, sku in asker.fleet.skus.items():
        if sku.available is not None:
            key, had = ("skus", name, "available"), sku.available
            more = f"one more node of {name} (available: {had + 1} instead of {had})"
            yield (
                Proposal("stock", "relax", f"any number of {name} (instead of {had})", (Change(key, None),)),
                Proposal("stock", "relax", more, (Change(key, had + 1),)),
            )


def _limits(asker: Asker) -> Iterator[tuple[Proposal, Proposal]]:
    limits = asker.fleet.limits
    if limits.max_skus is not None:
        key, most = ("limits", "max_skus"), limits.max_skus
        more = f"one more SKU (max_skus: {most + 1} instead of {most})"
        yield (
            Proposal("limits", "relax", f"any number of SKUs (instead of {most})", (Change(key, None),)),
            Proposal("limits", "relax", more, (Change(key, most + 1),)),
        )
    if limits.power_kw is not None:
        key, had = ("limits", "power_kw"), limits.power_kw
        one_node = max(sku.power_kw or 0.0 for sku in asker.fleet.skus.values())
        more = f"power for one more node (power_kw: {had + one_node:g} instead of {had:g})"
        yield (
            Proposal("limits", "relax", f"any power (instead of {had:g} kW)", (Change(key, None),)),
            Proposal("limits", "relax", more, (Change(key, had + one_node),)),
        )
