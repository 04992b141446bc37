"""Which of stock and limits bind, and what more of them saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from pdopt.fleet.changes import Change
from pdopt.fleet.fleet import Term
from pdopt.plan.plan import Plan
from pdopt.studies.explain.answers import Effect
from pdopt.studies.explain.asking import Asker, Proposal


@dataclass(frozen=True)
class Limit:
    """One limit of a fleet: its key, what it is, one unit more, and how much of it a plan uses."""

    about: str
    path: tuple[str, ...]
    name: str
    had: float
    step: float
    used: Callable[[Plan], float]

    def lifted(self) -> Proposal:
        """Propose that there is no such limit."""
        what = f"{self.name} without limit (instead of {self.had:g})"
        return Proposal(self.about, "relax", what, (self.change(None),))

    def raised(self, to: float) -> Proposal:
        """Propose a larger limit."""
        what = f"{self.name}: {to:g} instead of {self.had:g}"
        return Proposal(self.about, "relax", what, (self.change(to),))

    def change(self, to: float | None) -> Change:
        """Give the change of the fleet file."""
        return Change(self.path, to)


def limit_effects(asker: Asker) -> Iterator[Effect]:
    """Lift each limit altogether; where that saves something, say how much of it is used then, and ask for one more."""
    limits = [*_stock(asker), *_limits(asker)]
    effects = asker.all_effects([limit.lifted() for limit in limits], "no limits at all")
    for limit, effect in zip(limits, effects, strict=True):
        if effect.cost_changes_by is not None and effect.cost_changes_by.nothing:
            yield effect
            continue
        answer = asker.ask(limit.lifted().changes, limit.lifted().what)
        enough = limit.used(answer) if isinstance(answer, Plan) else 0.0
        if enough > limit.had:  # as much as the plan without the limit uses is as good as no limit
            yield asker.stated(limit.raised(enough), effect.cost_changes_by, effect.re_solves)
        else:
            yield effect
        if enough != limit.had + limit.step:
            yield asker.effect(limit.raised(limit.had + limit.step))


def _stock(asker: Asker) -> Iterator[Limit]:
    for name, sku in asker.fleet.skus.items():
        if sku.available is not None:

            def used(plan: Plan, name: str = name) -> float:
                return next((rental.nodes for rental in plan.skus if rental.sku == name), 0)

            yield Limit("stock", ("skus", name, "available"), f"{name} available", sku.available, 1, used)
        for term in sku.terms:
            if term.available is not None and term.kind != "owned":
                yield _of_term(name, term)


def _of_term(name: str, term: Term) -> Limit:
    def used(plan: Plan) -> float:
        terms = (one for rental in plan.skus if rental.sku == name for one in rental.terms or ())
        return next((one.nodes for one in terms if one.term == term.name), 0)

    path = ("skus", name, "terms", term.name, "available")
    return Limit("stock", path, f"{name}, {term.name} available", term.available or 0, 1, used)


def _limits(asker: Asker) -> Iterator[Limit]:
    limits = asker.fleet.limits
    if limits.max_skus is not None:
        yield Limit("limits", ("limits", "max_skus"), "max_skus", limits.max_skus, 1, lambda plan: len(plan.skus))
    if limits.power_kw is not None:
        one_node = max(sku.power_kw or 0.0 for sku in asker.fleet.skus.values())
        power = Limit("limits", ("limits", "power_kw"), "power_kw", limits.power_kw, one_node, _power_kw)
        yield replace(power, step=round(limits.power_kw + one_node, 6) - limits.power_kw)


def _power_kw(plan: Plan) -> float:
    return ceil(sum(rental.power_kw or 0.0 for rental in plan.skus) * 1e3 - 1e-6) / 1e3
