"""Which option wins, and why, in sentences made from numbers of the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pdopt.fleet.hours import HOURS_PER_MONTH
from pdopt.studies.compare.answers import Option, RolePrice
from pdopt.studies.explain.answers import NOTHING_USD

PLAINEST = ("alone", "mixed", "pair", "disaggregated", "free")
TOKENS = {"prefill": "input tokens", "decode": "output tokens"}


def winner(options: Sequence[Option]) -> Option:
    """Give the cheapest option; of those that cost the same to the cent the plainest."""
    solved = [(option, option.plan.cost_per_hour) for option in options if option.plan is not None]
    least = min(cost for _, cost in solved)
    same = [option for option, cost in solved if cost - least <= NOTHING_USD]
    return min(same, key=lambda option: PLAINEST.index(option.kind))


def reasons(options: Sequence[Option], role_prices: Sequence[RolePrice]) -> Iterator[str]:
    """Give sentences: what wins and by how much, where tokens are cheapest, whole counts, apart or together."""
    best = winner(options)
    yield _wins(best, options)
    yield from _tokens(role_prices, sum(option.kind == "alone" for option in options))
    yield from _whole_counts(best, options)
    yield from _apart(options)


def _wins(best: Option, options: Sequence[Option]) -> str:
    cost = best.plan.cost_per_hour if best.plan else 0.0
    words = f"{best.what} wins at ${cost:,.2f} per hour, ${cost * HOURS_PER_MONTH:,.0f} per month"
    if best.kind == "free" and best.skus:
        words = words.replace(best.what, f"{best.what} ({', '.join(best.skus)})", 1)
    others = [o for o in options if o.plan and o.kind in ("alone", "pair") and o.what != best.what]
    rivals = others if best.kind == "alone" else [o for o in others if o.kind == "alone"]
    if sum(option.kind == "alone" for option in options) == 1:
        return f"{words}; there is no other SKU"
    if not rivals:
        return f"{words}; no {'other' if best.kind == 'alone' else 'SKU alone'} can serve the fleet"
    rival = min(rivals, key=lambda option: option.plan.cost_per_hour if option.plan else 0.0)
    more = (rival.plan.cost_per_hour if rival.plan else 0.0) - cost
    which = "the best single SKU" if rival.kind == "alone" and best.kind != "alone" else "the next best"
    if more <= NOTHING_USD:
        return f"{words}; {rival.what} costs the same"
    share = f" ({more / cost * 100:.0f} %)" if cost > 0 else ""
    return f"{words}; {which}, {rival.what}, costs ${more:,.2f} per hour{share} more"


def _tokens(role_prices: Sequence[RolePrice], skus: int) -> Iterator[str]:
    parts = []
    for role, tokens in TOKENS.items() if skus > 1 else ():
        prices = sorted((p.usd_per_million_tokens, p.sku) for p in role_prices if p.role == role)
        if len(prices) > 1:
            (least, sku), (second, other) = prices[:2]
            parts.append(f"a million {tokens} cost least on {sku} (${least:.4g}; ${second:.4g} on {other})")
        elif prices:
            parts.append(f"only {prices[0][1]} can {role} for all workloads (${prices[0][0]:.4g} per million {tokens})")
    if parts:
        yield f"on instances that are fully used, {', '.join(parts)}"


def _whole_counts(best: Option, options: Sequence[Option]) -> Iterator[str]:
    """Name what would be cheaper if fractions of instances could be rented, and is not."""
    known = {o.what: o.whole_counts_aside_per_hour for o in options if o.whole_counts_aside_per_hour is not None}
    if best.what not in known or best.plan is None:
        return
    cheapest = min(known, key=lambda what: known[what])
    (rival,) = [option for option in options if option.what == cheapest]
    if known[cheapest] >= known[best.what] - NOTHING_USD:
        return
    words = f"by tokens alone {cheapest} would be cheaper (${known[cheapest]:,.2f} per hour against"
    words = f"{words} ${known[best.what]:,.2f})"
    if rival.plan is None:
        yield f"{words}, but it cannot: {rival.why_not}"
    elif rival.plan.cost_per_hour > best.plan.cost_per_hour + NOTHING_USD:
        yield f"{words}, but in whole instances and nodes it costs ${rival.plan.cost_per_hour:,.2f}"


def _apart(options: Sequence[Option]) -> Iterator[str]:
    by_kind = {option.kind: option for option in options}
    apart, mixed = by_kind.get("disaggregated"), by_kind.get("mixed")
    if apart is None or mixed is None:
        return
    if apart.plan is None or mixed.plan is None:
        for option, other in ((apart, "with ordinary instances"), (mixed, "with prefill and decode apart")):
            if option.plan is None:
                yield f"{option.what}: {option.why_not}; the fleet can be served {other}"
        return
    saved = mixed.plan.cost_per_hour - apart.plan.cost_per_hour
    if abs(saved) <= NOTHING_USD:
        yield f"prefill and decode apart cost as much as ordinary instances, ${apart.plan.cost_per_hour:,.2f} per hour"
    elif saved > 0:
        yield f"keeping prefill and decode apart saves ${saved:,.2f} per hour against ordinary instances"
    else:
        yield f"ordinary instances save ${-saved:,.2f} per hour against keeping prefill and decode apart"
