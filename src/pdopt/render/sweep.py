"""A sweep at a glance: how many scenarios have a plan, what they cost, and what moves the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import quantiles
from typing import Any

from pdopt.render.text import Line, number, table, usd, usd_per_month
from pdopt.studies.sweep.answers import Effect, Level, Sweep
from pdopt.studies.sweep.outcome import SOLVED

FEW = 24  # scenarios that are all shown
WORDS = {
    "infeasible": "infeasible",
    "unknown": "without a plan in time",
    "broken": "no sound fleet",
    "failed": "failed",
}
EFFECT_HEADER = ["field ", "from", "to", "$ per hour there", "and there", "moves it by", "explains"]
SCENARIO_HEADER = ["status ", "$ per hour", "gap", "$ per M tokens", "GPUs", "why not "]


def sweep_lines(sweep: Sweep) -> Iterator[Line]:
    """Give counts, the spread of cost, what moves it, the cheapest and the dearest scenario."""
    yield _headline(sweep)
    solved = sweep.solved()
    yield from _spread([row["cost_per_hour"] for row in solved])
    if sweep.effects:
        yield ""
        yield "average cost by field, all others as they fall; the part of the variance of cost it explains"
        yield table(EFFECT_HEADER, (_effect(effect, sweep) for effect in sweep.effects))
    if len(solved) > 1:
        yield ""
        yield from (_scenario(words, row, sweep) for words, row in (("cheapest", solved[0]), ("dearest", solved[-1])))
    yield from _why_not(sweep)
    if len(sweep.scenarios) <= FEW:
        yield ""
        yield table(["scenario", *sweep.varied, *SCENARIO_HEADER], (_row(row, sweep) for row in sweep.scenarios))


def _headline(sweep: Sweep) -> str:
    counts = sweep.by_status()
    solved = sum(counts.get(status, 0) for status in SOLVED)
    proven = counts.get("optimal", 0)
    words = [f"{solved:,} with a plan" + (f" ({proven:,} proven the cheapest)" if proven else "")]
    words += [f"{count:,} {WORDS[status]}" for status, count in counts.items() if status in WORDS]
    return f"{sweep.name}: {len(sweep.scenarios):,} scenarios, {', '.join(words)}"


def _spread(costs: Sequence[float]) -> Iterator[str]:
    if not costs:
        return
    line = f"cost {usd(costs[0])} to {usd(costs[-1])} per hour ({usd_per_month(costs[0])} to "
    line += f"{usd_per_month(costs[-1])} per month)"
    if len(costs) >= 10:
        tenths = quantiles(costs, n=10, method="inclusive")
        line += f"; median {usd(tenths[4])}, eight of ten between {usd(tenths[0])} and {usd(tenths[8])}"
    yield line


def _effect(effect: Effect, sweep: Sweep) -> list[str]:
    first, last = effect.levels[0], effect.levels[-1]
    mark = "*" if effect.field in sweep.factors else ""
    return [
        effect.field,
        f"{mark}{_level(first)}",
        f"{mark}{_level(last)}",
        usd(first.mean_cost_per_hour),
        usd(last.mean_cost_per_hour),
        usd(effect.moves_per_hour),
        f"{effect.explains * 100:.0f} %",
    ]


def _level(level: Level) -> str:
    least, most = _value(level.least), _value(level.most)
    return least if least == most else f"{least} to {most}"


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _scenario(words: str, row: dict[str, Any], sweep: Sweep) -> str:
    marks = {name: "*" if name in sweep.factors else "" for name in sweep.varied}
    values = ", ".join(f"{name} {marks[name]}{_value(row[name])}" for name in sweep.varied)
    nodes = ", ".join(
        f"{row[key]} {key.removeprefix('nodes.')}" for key in row if key.startswith("nodes.") and row[key]
    )
    return f"{words} {usd(row['cost_per_hour'])}: scenario {row['scenario']} ({values}) on {nodes or 'no node'}"


def _why_not(sweep: Sweep) -> Iterator[str]:
    """Give one example of each way in which scenarios have no plan."""
    shown = len(sweep.scenarios) > FEW
    for status in WORDS:
        row = next((row for row in sweep.scenarios if row["status"] == status), None)
        if row is not None and shown:
            yield f"{status}, such as scenario {row['scenario']}: {row['why_not']}"


def _row(row: dict[str, Any], sweep: Sweep) -> list[str]:
    cost, tokens = row["cost_per_hour"], row["usd_per_million_tokens"]
    return [
        str(row["scenario"]),
        *(_value(row[name]) for name in sweep.varied),
        row["status"],
        "-" if cost is None else usd(cost),
        "" if row["gap"] is None else f"{row['gap'] * 100:.2g} %",
        "" if tokens is None else f"${number(tokens)}",
        "" if row["gpus"] is None else str(row["gpus"]),
        row["why_not"] or "",
    ]
