"""Demand served against money at a glance: where it bends, what everything costs, and what each step buys."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.text import Line, number, percent, table, usd, usd_per_month
from pdopt.studies.budget.answers import BudgetCurve, Entrance, Step

SHOWN_WORKLOADS = 6


def curve_lines(curve: BudgetCurve) -> Iterator[Line]:
    """Give what everything costs, where the curve bends, the steps with what they buy, and what is not known."""
    yield f"{curve.name}: {_everything(curve)}"
    if curve.owed_per_hour:
        yield f"{usd(curve.owed_per_hour)} per hour are spent in any case, for what is owed"
    if curve.knee is not None:
        yield _knee(curve)
    elif curve.what == "steps" and len(curve.steps) > 2:
        yield "it does not bend: no step serves clearly more for its money than everything does for all of it"
    yield ""
    yield table(_header(curve), (_step(curve, step) for step in curve.steps))
    yield from (f"{usd(amount)} per hour do not pay for what is owed" for amount in curve.too_little)
    yield ""
    if curve.entrances:
        yield table(["workload ", "served from $ per hour", "wholly from $ per hour"], map(_entrance, curve.entrances))
        yield "(the least money that serves it at all times, and nothing else but what is owed)"
        yield ""
    if set(curve.values.values()) == {1.0}:
        yield "value: every request counts 1, whatever its length; give workloads a value of their own to say otherwise"
    yield _proof(curve)


def _everything(curve: BudgetCurve) -> str:
    if curve.everything_per_hour is not None:
        every = curve.everything_per_hour
        return f"everything is served for {usd(every)} per hour, {usd_per_month(every)} per month"
    if curve.most_served is None and curve.what == "steps":
        return "what serves everything was not found in time"
    most = "" if curve.most_served is None else f" ({percent(curve.most_served)} of the requests at best)"
    return f"no money serves everything{most}; pdopt solve says why"


def _knee(curve: BudgetCurve) -> str:
    bend = curve.knee
    assert bend is not None
    times = bend.before_per_usd / bend.after_per_usd if bend.after_per_usd > 0 else 0.0
    less = f"; a dollar beyond it serves {times:.2g} times less" if times else ""
    share = f"{bend.value * 100:.0f} % of the value for {bend.money * 100:.0f} % of the money"
    return f"it bends at {usd(bend.cost_per_hour)} per hour: {share}{less}"


def _header(curve: BudgetCurve) -> list[str]:
    money = ["budget", "spent"] if curve.what == "amounts" else ["$ per hour"]
    named = [*_named(curve)]
    prices = ["value per $ more", "$ per M tokens", "of those more"]
    return [*money, "$ per month", "served", *named, *prices, "buy ", "more "]


def _named(curve: BudgetCurve) -> list[str]:
    names = list(curve.steps[0].workloads) if curve.steps else []
    return names if 1 < len(names) <= SHOWN_WORKLOADS else []


def _step(curve: BudgetCurve, step: Step) -> list[str]:
    price, more = step.plan.usd_per_million_tokens, step.usd_per_million_tokens_more
    mark = " *" if curve.knee and abs(step.cost_per_hour - curve.knee.cost_per_hour) < 1e-9 else ""
    sure = "" if step.plan.status == "optimal" else " (at least)"
    return [
        *([usd(step.budget_per_hour)] if curve.what == "amounts" else []),
        f"{usd(step.cost_per_hour)}{mark}",
        usd_per_month(step.cost_per_hour),
        f"{percent(step.served)}{sure}",
        *(percent(step.workloads[name]) for name in _named(curve)),
        "" if step.more_value_per_usd is None else number(step.more_value_per_usd),
        "-" if price is None else f"${number(price)}",
        "" if more is None else f"${number(more)}",
        ", ".join(one.told() for one in step.buys) or "nothing",
        ", ".join(one.told() for one in step.adds),
    ]


def _entrance(entrance: Entrance) -> list[str]:
    amounts = (entrance.any_usd_per_hour, entrance.all_usd_per_hour)
    return [entrance.workload, *("cannot" if amount is None else usd(amount) for amount in amounts)]


def _proof(curve: BudgetCurve) -> str:
    unproven = sum(step.plan.status != "optimal" for step in curve.steps)
    if curve.exact:
        return "proof: these are all steps there are, to the cent; between two, money serves what the lower does"
    if unproven:
        count = f"{unproven} of {len(curve.steps)} plans"
        return f"proof: {count} are not proven; a longer --time-limit may find better ones"
    if curve.what == "amounts":
        return "proof: no plan serves more value for that money, and none serves as much for less (gap 0)"
    return (
        "proof: every step is proven; between them there may be more, never above the next "
        "(--steps finds more, --at asks about amounts)"
    )
