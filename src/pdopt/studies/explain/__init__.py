"""Why a plan costs what it costs: limits, prices, workloads and targets, one question per file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pdopt
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, NoPlan, Plan
from pdopt.solving.solve import solve
from pdopt.studies.explain.answers import Effect, Explanation
from pdopt.studies.explain.asking import Asker
from pdopt.studies.explain.limits import limit_effects
from pdopt.studies.explain.prices import sku_prices
from pdopt.studies.explain.promises import promise_effects
from pdopt.studies.explain.shares import shares, unused
from pdopt.studies.explain.slos import slo_effects

QUESTIONS = ("limits", "slos", "prices", "workloads")


def explain(
    fleet: Fleet,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    only: Iterable[str] = QUESTIONS,
    tell: Callable[[str], None] = lambda words: None,
) -> Explanation | NoPlan:
    """Explain the cheapest plan of a fleet by solving changed fleets.

    Parameters
    ----------
    fleet : Fleet
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop; savings within it are told as bounds.
    only : iterable of str
        Questions to ask: "limits" (margins and promises too), "slos", "prices", "workloads".
    tell : function, optional
        Takes what is being asked, in words.

    Raises
    ------
    ValueError
        The fleet has a budget, or weighs risk: its least cost is not what is minimised.

    Returns
    -------
    Explanation, or NoPlan where the fleet has none
    """
    if (refused := not_explained(fleet)) is not None:
        raise ValueError(refused)
    asked = tuple(question for question in QUESTIONS if question in set(only))

    def solved(changed: Fleet) -> Answer:
        return solve(changed, time_limit_s, gap)

    plan = solved(fleet)
    if not isinstance(plan, Plan):
        return plan
    asker = Asker(fleet, plan, solved, tell)
    effects: list[Effect] = []
    if "limits" in asked:
        effects += [*limit_effects(asker), *promise_effects(asker)]
    if "slos" in asked:
        effects += slo_effects(asker)
    answered = Explanation(
        name=fleet.name,
        status=plan.status,
        cost_per_hour=plan.cost_per_hour,
        bound_per_hour=plan.bound_per_hour,
        skus=tuple(sku_prices(asker)) if "prices" in asked else (),
        workloads=tuple(shares(asker)) if "workloads" in asked else (),
        unused_usd_per_hour=unused(fleet, plan),
        asked=asked,
        re_solves=asker.re_solves,
        time_limit_s=time_limit_s or 0.0,
        gap=gap,
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
    )
    return _ranked(answered, effects)


def not_explained(fleet: Fleet) -> str | None:
    """Say why a fleet cannot be explained; None where it can."""
    what = "a budget" if fleet.budget_usd_per_h is not None else "a weight on risk" if fleet.risk.weight else None
    if what is None:
        return None
    return f"has {what}; explain tells what changes do to the least cost, so leave it out to see what the demand costs"


def _ranked(answered: Explanation, effects: list[Effect]) -> Explanation:
    """Order the effects by dollars, and name the one that is proven to save most."""
    ranked = sorted((effect for effect in effects if not _slack(effect)), key=_rank)
    best = max(ranked, key=lambda effect: effect.saves_at_least, default=None)
    told = {
        "most_valuable": best if best is not None and best.saves_at_least > 0 else None,
        "effects": tuple(ranked),
        "slack": tuple(effect for effect in effects if _slack(effect)),
    }
    return answered.model_copy(update=told)


def _slack(effect: Effect) -> bool:
    return effect.cost_changes_by is not None and effect.cost_changes_by.nothing


def _rank(effect: Effect) -> tuple[bool, float, float]:
    """Put savings before costs; within them the largest proven amount first, then what may be."""
    span = effect.cost_changes_by
    if effect.kind == "relax":
        least = span.least if span and span.least is not None else 0.0
        return False, -effect.saves_at_least, least
    least = 0.0 if span is None or span.least is None else span.least
    return True, float("-inf") if span is None else -least, 0.0
