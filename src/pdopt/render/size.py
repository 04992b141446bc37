"""The closed-formula answer at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.render.text import Line, number, table, usd
from pdopt.studies.size import Pair, Side, Sizing

SHOWN = 8


def sizing_lines(sizing: Sizing) -> Iterator[Line]:
    """Give sides and pairs of a sizing, cheapest first."""
    asked = f"{number(sizing.demand_rps)} requests per second asked"
    yield f"{sizing.workload}: {asked}, {number(sizing.required_rps)} to carry (margins and min_served counted)"
    yield ""
    header = ["role ", "SKU ", "instance ", "tok/s busy", "tok/s in target", "req/s each", "instances", "whole"]
    rows = [
        [
            side.role,
            side.sku,
            side.shape + _way(side),
            "" if side.tokens_per_s_busy is None else f"{side.tokens_per_s_busy:,.0f}",
            f"{side.tokens_per_s:,.0f}",
            number(side.requests_per_s),
            f"{side.instances:.3f}",
            str(side.whole_instances),
        ]
        for side in sizing.sides
    ]
    if not rows:
        yield "no instance can serve it:"
        yield from (f"  {sentence}" for sentence in sizing.refusals)
        return
    yield table(header, rows)
    if sizing.pairs:
        yield ""
        encode = ["encode "] if sizing.pairs[0].encode else []
        header = [*encode, "prefill ", "decode ", "P:D", "plan", "$ per hour, by GPU"]
        yield table(header, (_pair(pair) for pair in sizing.pairs[:SHOWN]))
        if len(sizing.pairs) > SHOWN:
            yield f"({len(sizing.pairs) - SHOWN} dearer pairs: see --json)"


def _way(side: Side) -> str:
    """Say where an instance hands over to; of encode, within what time."""
    return (f" {side.way}" if side.role == "encode" else f" to {side.way}") if side.way else ""


def _pair(pair: Pair) -> list[str]:
    ends = [f"{side.sku} {side.shape}" for side in (pair.encode, pair.prefill, pair.decode) if side]
    encode = f"{pair.encode.whole_instances}E" if pair.encode else ""
    plan = f"{encode}{pair.prefill.whole_instances}P{pair.decode.whole_instances}D"
    return [*ends, f"{pair.prefill_per_decode:.2f} : 1", plan, usd(pair.usd_per_hour)]
