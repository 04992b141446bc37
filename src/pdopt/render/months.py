"""A plan over months at a glance: what it costs and saves, what to order when, and every month in a line."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.text import Line, number, percent, table
from pdopt.studies.months.answers import Alternative, Month, MonthlyPlan, Order

ORDERS = ["order in", "SKU ", "term ", "nodes", "there from", "until", "$ per month", "$ in the plan", "$ after it"]
MONTHS = ["month", "req/s", "served", "$ ", "used", "nodes", "of which ", "instances "]
SHOWN_LLMS = 3


def months_lines(plan: MonthlyPlan) -> Iterator[Line]:
    """Give the headline, what to order, the months, and what other ways would cost."""
    yield _headline(plan)
    yield ""
    if plan.orders:
        yield table(ORDERS, map(_order, plan.orders))
    else:
        yield "nothing to commit to: all nodes are paid by use, or owned"
    yield ""
    yield table(MONTHS, map(_month, plan.months))
    yield ""
    if plan.alternatives and plan.owed_counted:
        yield f"what is owed after the last month counted, this plan costs {whole_usd(plan.usd + plan.usd_after)}"
    yield from (_alternative(other) for other in plan.alternatives)
    if plan.runway is not None:
        yield _runway(plan)
    yield _proof(plan)


def whole_usd(amount: float) -> str:
    """Whole dollars."""
    return f"${amount:,.0f}"


def _headline(plan: MonthlyPlan) -> str:
    growth = sorted(set(plan.growth_per_month.values()))
    grows = " to ".join(f"{rate * 100:+.3g} %" for rate in dict.fromkeys((growth[0], growth[-1])))
    price = f", ${number(plan.usd_per_million_tokens)} per million tokens" if plan.usd_per_million_tokens else ""
    budget = "" if plan.budget_usd is None else f" of a budget of {whole_usd(plan.budget_usd)}"
    return f"{plan.name}: {whole_usd(plan.usd)}{budget} over {plan.months_planned} months at {grows} a month{price}"


def _order(order: Order) -> list[str]:
    when = "now" if order.order_month <= 1 else f"month {order.order_month}"
    months = f"month {order.to_month}"
    return [
        when,
        order.sku,
        order.term,
        f"{order.nodes}",
        f"month {order.from_month}",
        months,
        whole_usd(order.usd_per_month),
        whole_usd(order.usd),
        whole_usd(order.usd_after) if order.usd_after else "",
    ]


def _month(month: Month) -> list[str]:
    shown = [f"{llm} {told}" if len(month.instances) > 1 else told for llm, told in month.instances.items()]
    more = f" and {len(shown) - SHOWN_LLMS} more LLMs" if len(shown) > SHOWN_LLMS + 1 else ""
    served = month.served_rps / month.demand_rps if month.demand_rps else 1.0
    return [
        f"{month.month}",
        number(month.demand_rps),
        percent(served),
        whole_usd(month.usd),
        "-" if month.utilisation is None else percent(month.utilisation),
        f"{month.nodes}",
        ", ".join(f"{one.nodes} {one.sku} {one.term}" for one in month.held),
        ", ".join(shown[:SHOWN_LLMS] if more else shown) + more,
    ]


def _alternative(other: Alternative) -> str:
    if other.usd is None:
        return f"{other.what}: {other.why_not}"
    saved = other.saved_usd or 0.0
    part = f" ({abs(saved) / other.usd * 100:.1f} %)" if other.usd else ""
    more = f"this plan saves {whole_usd(saved)}{part}" if saved > -0.5 else f"{whole_usd(-saved)}{part} cheaper"
    return f"{other.what}: {whole_usd(other.usd)}; {more}"


def _runway(plan: MonthlyPlan) -> str:
    assert plan.runway is not None
    if plan.runway.month is None:
        return f"stock and limits carry the growth for {plan.runway.looked} months and more"
    why = f": {plan.runway.why}" if plan.runway.why else ""
    return f"stock and limits carry the growth until month {plan.runway.month - 1}; in month {plan.runway.month}{why}"


def _proof(plan: MonthlyPlan) -> str:
    counted = " (what is owed after them counted)" if plan.owed_counted else ""
    if plan.budget_usd is not None:
        state = "no plan serves more value" if plan.status == "optimal" else "the best plan found so far"
        return f"proof: within the money {state} (gap {plan.gap:.2g})"
    if plan.status == "optimal":
        return f"proof: no plan of these months is cheaper{counted} (gap 0)"
    least = f"none costs less than {whole_usd(plan.bound_usd)}{counted}"
    return f"proof: the best plan found so far; {least} (gap {plan.gap:.2g})"
