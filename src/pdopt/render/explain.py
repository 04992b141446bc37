"""An explanation at a glance: the most valuable change first, then tables by dollars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pdopt.fleet.hours import HOURS_PER_MONTH
from pdopt.render.plan import WORDS
from pdopt.render.text import Line, number, table, usd, usd_per_month
from pdopt.studies.explain.answers import NOTHING_USD, Effect, Explanation, Share, SkuPrice, Span

SKU_HEADER = ["SKU ", "price", "nodes used", "enters below", "leaves above", "without it", "one node of it anyway "]
SHARE_HEADER = ["workload ", "$ per hour", "share", "$ per M tokens", "M input", "M output", "1,000 requests"]
SHARE_HEADER += ["dropping it saves"]


def explanation_lines(explanation: Explanation) -> Iterator[Line]:
    """Give the most valuable change, savings, costs, prices and shares."""
    yield from _heading(explanation)
    yield from _effects(explanation)
    yield from price_lines(explanation.skus)
    if explanation.workloads:
        yield ""
        yield "what each workload costs (shares by its work, from the plan; dropping it, re-solved)"
        yield table(SHARE_HEADER, (_share(share) for share in explanation.workloads))
        if explanation.unused_usd_per_hour > NOTHING_USD:
            yield f"nodes of at_least that nobody uses: {usd(explanation.unused_usd_per_hour)} per hour"
    yield ""
    limit = f"{explanation.time_limit_s:g} s and gap {explanation.gap:g} each"
    yield f"{explanation.re_solves} re-solves ({limit}); ranges are what their bounds prove, single numbers are exact"


def price_lines(skus: Sequence[SkuPrice]) -> Iterator[Line]:
    """Give the prices at which SKUs enter the plan, or leave it."""
    if skus:
        yield ""
        yield "at which price a SKU would enter the plan, or leave it, all else as it is ($ per node-hour)"
        yield table(SKU_HEADER, (_sku(sku) for sku in skus))


def _heading(explanation: Explanation) -> Iterator[str]:
    best, cost = explanation.most_valuable, explanation.cost_per_hour
    if best is not None:
        saved = best.saves_at_least
        sure = "saves" if best.cost_changes_by and best.cost_changes_by.exact else "saves at least"
        month = usd_per_month(saved)
        yield f"most valuable change: {best.what}: {sure} {usd(saved)} per hour, {month} per month"
    elif {"limits", "slos"} & set(explanation.asked):
        yield "most valuable change: none of those asked about is proven to save anything"
    yield f"{explanation.name}: {usd(cost)} per hour, {usd_per_month(cost)} per month ({WORDS[explanation.status]})"


def _effects(explanation: Explanation) -> Iterator[Line]:
    for kind, title, verb in (("relax", "what would save ", "saves"), ("tighten", "what more would cost ", "costs")):
        effects = [effect for effect in explanation.effects if effect.kind == kind]
        if effects:
            yield ""
            yield table([title, f"{verb} $ per hour", "$ per month"], (_effect(effect) for effect in effects))
    for kind, words in (("relax", "slack, relaxing saves nothing"), ("tighten", "free, tightening costs nothing")):
        names = [
            effect.what.partition(" (")[0].partition(" instead of")[0]
            for effect in explanation.slack
            if effect.kind == kind
        ]
        if names:
            yield ""
            yield f"{words}: {'; '.join(names)}"


def _effect(effect: Effect) -> list[str]:
    span = effect.cost_changes_by
    if span is None:
        return [effect.what, "no plan is possible", ""]
    if effect.kind == "relax":
        span = _negative(span)
    return [effect.what, money(span), money(span, HOURS_PER_MONTH, 0)]


def _negative(span: Span) -> Span:
    return Span(
        least=None if span.most is None else 0.0 - span.most, most=None if span.least is None else 0.0 - span.least
    )


def money(span: Span | None, hours: float = 1.0, digits: int = 2) -> str:
    """Dollars as far as they are proven: one number, a range, or what they are less than."""
    if span is None:
        return "-"
    least, most = ((None if usd is None else usd * hours) for usd in (span.least, span.most))
    if most is None:
        return "unknown" if not least else f"at least ${least:,.{digits}f}"
    if span.exact:
        return f"${most:,.{digits}f}"
    if not least or least < NOTHING_USD:
        return f"less than ${most:,.{digits}f}"
    return f"${least:,.{digits}f} to ${most:,.{digits}f}"


def _sku(sku: SkuPrice) -> list[str]:
    enters = money(sku.break_even_usd_per_hour) if not sku.nodes else ""
    leaves = money(sku.break_even_usd_per_hour) if sku.nodes else ""
    without = f"+{money(sku.saves)}" if sku.saves is not None else ""
    if sku.why is not None:
        without, enters, leaves = (sku.why if sku.nodes else ""), "never" if not sku.nodes else "", ""
    anyway = "" if sku.nodes else sku.why or ""
    if sku.one_node_costs is not None:
        anyway = "; ".join(filter(None, (f"+{money(sku.one_node_costs)}", anyway)))
    return [sku.sku, usd(sku.usd_per_hour), number(sku.nodes), enters, leaves, without, anyway]


def _share(share: Share) -> list[str]:
    def told(dollars: float | None) -> str:
        return "-" if dollars is None else f"${number(dollars)}"

    dropped = share.avoidable.cost_changes_by if share.avoidable else None
    return [
        share.workload,
        usd(share.usd_per_hour),
        f"{share.fraction * 100:.1f} %",
        told(share.usd_per_million_tokens),
        told(share.usd_per_million_input_tokens),
        told(share.usd_per_million_output_tokens),
        told(share.usd_per_1000_requests),
        "-" if dropped is None else money(_negative(dropped)),
    ]
