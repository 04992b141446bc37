"""A comparison at a glance: what wins and why, then every option in a line."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.explain import price_lines
from pdopt.render.text import Line, number, table, usd, usd_per_month
from pdopt.studies.compare.answers import Comparison, Option
from pdopt.studies.explain.answers import NOTHING_USD

HEADER = ["option ", "$ per hour", "$ per month", "more than best", "$ per M tokens", "kW", "GPUs", "nodes "]
HEADER += ["instances "]


def comparison_lines(comparison: Comparison) -> Iterator[Line]:
    """Give what wins and why, the options, and the prices at which SKUs enter or leave."""
    yield f"{comparison.name}: {comparison.why[0]}"
    yield from (f"  {sentence}" for sentence in comparison.why[1:])
    yield ""
    yield table(HEADER, (_option(option, comparison.wins) for option in comparison.options))
    if comparison.pairs:
        left = comparison.pairs - comparison.pairs_solved
        yield f"the pair is the best of {comparison.pairs} ({left} of them ruled out by their bounds, without solving)"
    yield from price_lines(comparison.skus)


def _option(option: Option, wins: str) -> list[str]:
    mark = " *" if option.what == wins else ""
    if option.plan is None:
        return [option.what, "-", "", "", "", "", "", f"cannot: {option.why_not}", ""]
    plan, more = option.plan, option.more_than_best_per_hour or 0.0
    sure = "" if plan.status == "optimal" else f" (at least {usd(plan.bound_per_hour)})"
    return [
        f"{option.what}{mark}",
        f"{usd(plan.cost_per_hour)}{sure}",
        usd_per_month(plan.cost_per_hour),
        f"+{usd(more)}" if more > NOTHING_USD else "",
        "-" if plan.usd_per_million_tokens is None else f"${number(plan.usd_per_million_tokens)}",
        "-" if plan.power_kw is None else number(plan.power_kw),
        f"{plan.gpus}",
        ", ".join(f"{nodes} {sku}" for sku, nodes in plan.nodes.items()),
        ", ".join(f"{llm} {told}" if len(plan.instances) > 1 else told for llm, told in plan.instances.items()),
    ]
