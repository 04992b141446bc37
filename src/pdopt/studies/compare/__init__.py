"""Every SKU alone, the best pair, disaggregated against mixed, the free mix: which wins and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

import pdopt
from pdopt.capacity.lanes import every_lane
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, NoPlan, Plan
from pdopt.solving.solve import solve
from pdopt.studies.compare.answers import Comparison, Option
from pdopt.studies.compare.fleets import APART, alone, pair, without
from pdopt.studies.compare.shares import Fractions
from pdopt.studies.compare.why import reasons, winner
from pdopt.studies.compare.why_not import in_words, not_alone
from pdopt.studies.explain.answers import SkuPrice
from pdopt.studies.explain.asking import Asker
from pdopt.studies.explain.prices import sku_prices
from pdopt.studies.figures import figures

Tell = Callable[[str], None]
FREE, APART_ONLY, MIXED_ONLY = "free mix", "disaggregated only", "mixed only"
SAME = 1e-9


def compare(
    fleet: Fleet,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    prices: bool = True,
    tell: Tell = lambda words: None,
) -> Comparison | NoPlan:
    """Compare the ways of building a fleet, each solved on its own.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    prices : bool
        Whether to find the price at which each SKU enters the free mix, or leaves it.
    tell : function, optional
        Takes what is being solved, in words.

    Raises
    ------
    ValueError
        The fleet has a budget, or weighs risk: its least cost is not what is minimised.

    Returns
    -------
    Comparison, or NoPlan where the fleet has none
    """
    if (refused := not_compared(fleet)) is not None:
        raise ValueError(refused)
    return _Comparing(fleet, time_limit_s, gap, tell).all(prices)


def not_compared(fleet: Fleet) -> str | None:
    """Say why a fleet cannot be compared; None where it can."""
    what = "a budget" if fleet.budget_usd_per_h is not None else "a weight on risk" if fleet.risk.weight else None
    if what is None:
        return None
    return f"has {what}; least costs are compared, so leave it out to see what the demand costs"


class _Comparing:
    """The options of one fleet, one after the other."""

    def __init__(self, fleet: Fleet, time_limit_s: float | None, gap: float, tell: Tell):
        self.fleet, self._limit_s, self._gap, self._tell = fleet, time_limit_s, gap, tell
        self._table = every_lane(fleet)
        self.fractions = Fractions(fleet, self._table)
        self._pairs_solved = 0

    def all(self, prices: bool) -> Comparison | NoPlan:
        self._tell(FREE)
        plan = solve(self.fleet, self._limit_s, self._gap)
        if not isinstance(plan, Plan):
            return plan
        options = [*map(self._alone, self.fleet.skus), *self._best_pair(), *self._by_kind()]
        options.append(Option(kind="free", what=FREE, skus=_used(plan), plan=figures(self.fleet, plan)))
        best = winner(options)
        least = best.plan.cost_per_hour if best.plan else 0.0
        options = [_beyond(option, least) for option in options]
        role_prices = tuple(self.fractions.role_prices())
        count = len(self.fleet.skus)
        return Comparison(
            name=self.fleet.name,
            wins=best.what,
            why=tuple(reasons(options, role_prices)),
            options=tuple(options),
            pairs=count * (count - 1),
            pairs_solved=self._pairs_solved,
            role_prices=role_prices,
            skus=tuple(self._prices(plan)) if prices else (),
            fleet_sha256=self.fleet.source_hash,
            pdopt_version=pdopt.__version__,
        )

    def _alone(self, sku: str) -> Option:
        changed = alone(self.fleet, sku)
        usd = self.fractions.pair_usd_per_h(sku, sku)
        option = Option(
            kind="alone", what=f"{sku} alone", skus=(sku,), whole_counts_aside_per_hour=usd if usd < inf else None
        )
        if (why := not_alone(self.fleet, every_lane(changed), sku)) is not None:
            return option.model_copy(update={"why_not": why})
        return self._solved(option, changed)

    def _best_pair(self) -> Iterator[Option]:
        """Solve pairs by their bound, the lowest first, until no other can be cheaper: the best of all, proven."""
        names = list(self.fleet.skus)
        bounds = {(p, d): self.fractions.pair_usd_per_h(p, d) for p in names for d in names if p != d}
        best: Option | None = None
        for (prefill, decode), bound in sorted(bounds.items(), key=lambda item: item[1]):
            cost = best.plan.cost_per_hour if best and best.plan else inf
            if bound >= cost * (1 - SAME):
                break
            what = f"prefill on {prefill}, decode on {decode}"
            option = Option(
                kind="pair",
                what=what,
                skus=(prefill, decode),
                whole_counts_aside_per_hour=bound if bound < inf else None,
            )
            option = self._solved(option, pair(self.fleet, prefill, decode), reasons=False)
            self._pairs_solved += 1
            if option.plan is not None and option.plan.cost_per_hour < cost:
                best = option
        if len(names) > 1:
            nothing = Option(kind="pair", what="best pair", skus=(), why_not="no two SKUs do it, one for each")
            yield nothing if best is None else best

    def _by_kind(self) -> Iterator[Option]:
        """Compare keeping prefill and decode apart with not doing so, where there are measurements of both."""
        roles = {lane.role for lane in self._table.lanes}
        if not {"prefill", "decode", "mixed"} <= roles:
            return
        for kind, what, roles_left_out in (("disaggregated", APART_ONLY, ("mixed",)), ("mixed", MIXED_ONLY, APART)):
            option = Option(kind=kind, what=what, skus=())  # type: ignore[arg-type]
            yield self._solved(option, without(self.fleet, roles_left_out))

    def _solved(self, option: Option, changed: Fleet, reasons: bool = True) -> Option:
        self._tell(option.what)
        answer: Answer = solve(changed, self._limit_s, self._gap, reasons=reasons)
        if isinstance(answer, Plan):
            skus = option.skus or _used(answer)
            return option.model_copy(update={"plan": figures(self.fleet, answer), "skus": skus})
        proven = answer.status == "infeasible"
        return option.model_copy(update={"why_not": in_words(answer) if proven else "no plan found in time"})

    def _prices(self, plan: Plan) -> Iterator[SkuPrice]:
        def solved(changed: Fleet) -> Answer:
            return solve(changed, self._limit_s, self._gap, reasons=False)

        return sku_prices(Asker(self.fleet, plan, solved, self._tell))


def _used(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pool.sku for pool in plan.pools))


def _beyond(option: Option, least: float) -> Option:
    if option.plan is None:
        return option
    return option.model_copy(update={"more_than_best_per_hour": max(option.plan.cost_per_hour - least, 0.0)})
