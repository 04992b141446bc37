"""What `compare` answers, as typed values; dollars are per hour."""

from __future__ import annotations

from typing import Any, Literal

from pdopt.plan.plan import Part
from pdopt.studies.explain.answers import SkuPrice
from pdopt.studies.figures import Figures, StudyAnswer


class Option(Part):
    """One way of building the fleet.

    Attributes
    ----------
    kind : str
        "alone": everything on one SKU. "pair": prefill on the first SKU, decode on the second, the cheapest such pair.
        "disaggregated": any SKUs, no ordinary instances. "mixed": ordinary instances only. "free": anything.
    plan : Figures or None
        None where there is no plan, or none was found in time; `why_not` says so.
    more_than_best_per_hour : float or None
        Dollars beyond the cheapest option.
    whole_counts_aside_per_hour : float or None
        "alone" and "pair": what prefill and decode instances would cost if any fraction of one could be rented at the
        SKU's cheapest term, with nothing kept in reserve. No plan that keeps them apart is cheaper.
    """

    kind: Literal["alone", "pair", "disaggregated", "mixed", "free"]
    what: str
    skus: tuple[str, ...]
    plan: Figures | None = None
    why_not: str | None = None
    more_than_best_per_hour: float | None = None
    whole_counts_aside_per_hour: float | None = None


class RolePrice(Part):
    """What a million tokens of all workloads costs in one role on a SKU, its best instances fully used.

    Input tokens computed (prefill), output tokens (decode), both (mixed).
    """

    role: Literal["prefill", "decode", "mixed"]
    sku: str
    usd_per_million_tokens: float


class Comparison(StudyAnswer):
    """Every SKU alone, the best pair, disaggregated against mixed, and the free mix.

    Attributes
    ----------
    wins : str
        `what` of the cheapest option; the plainest of those that cost the same to the cent.
    why : tuple of str
        Sentences that say why, each from numbers of this comparison.
    pairs, pairs_solved : int
        Pairs of two SKUs, and how many of them were solved; the others cannot serve, or their bound was no better.
    role_prices : tuple of RolePrice
    skus : tuple of SkuPrice
        At which price each SKU enters the free mix, or leaves it; empty where nobody asked.
    """

    wins: str
    why: tuple[str, ...]
    options: tuple[Option, ...]
    pairs: int = 0
    pairs_solved: int = 0
    role_prices: tuple[RolePrice, ...] = ()
    skus: tuple[SkuPrice, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per option."""
        return [_row(option) for option in self.options]


def _row(option: Option) -> dict[str, Any]:
    plan = option.plan
    return {
        "kind": option.kind,
        "option": option.what,
        "status": plan.status if plan else "no plan",
        "cost_per_hour": plan.cost_per_hour if plan else None,
        "bound_per_hour": plan.bound_per_hour if plan else None,
        "more_than_best_per_hour": option.more_than_best_per_hour,
        "usd_per_million_tokens": plan.usd_per_million_tokens if plan else None,
        "power_kw": plan.power_kw if plan else None,
        "gpus": plan.gpus if plan else None,
        "nodes": "; ".join(f"{sku} {nodes}" for sku, nodes in plan.nodes.items()) if plan else None,
        "instances": "; ".join(f"{llm} {told}" for llm, told in plan.instances.items()) if plan else None,
        "why_not": option.why_not,
    }
