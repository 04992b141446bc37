"""A table of numbers small enough to read the rows of, for the constraint families that the paper's instance lacks."""

from __future__ import annotations

from pdopt.capacity.slots import Slot
from pdopt.capacity.table import Lane, LaneTable, NodeTerm, NodeType, Route, Worth
from pdopt.fleet.fleet import Changeover, Risk, Uncertainty
from pdopt.fleet.profiles import Shape

DEMAND_RPS = {"look": 4.0, "chat": 10.0, "mail": 2.0}
SHAPE = Shape("gpu", 4)
SPLIT, WAY = "early", "near, encoded early"
WITH_ONE_LINE = ((1.0, 2.2),)  # instances' worth of work that one and two of them carry


def small_table() -> LaneTable:
    """Encode (pooled), prefill and decode in one site, mixed elsewhere; two periods, two scenarios, four terms."""
    terms = (
        NodeTerm("hourly", 40.0),
        NodeTerm("year", 25.0, committed=True, available=3),
        NodeTerm("spot", 12.0, spot=True, max_share=0.7, interruption=0.05),
        NodeTerm("spot-2", 13.0, spot=True, max_share=0.6),
    )
    nodes = (NodeType("A", 8, 40.0, None, terms=terms, start_usd=5.0, min_up_h=12.0), NodeType("B", 8, 50.0, None))
    slots = tuple(_slot(scenario, period) for scenario in ("calm", "busy") for period in ("day", "night"))
    return LaneTable(
        lanes=tuple(_lanes()),
        nodes=nodes,
        slots=slots,
        refusals=(),
        lost_sites=(("paris",), ("oslo",)),
        uncertainty=Uncertainty(1, {"chat": 0.2, "mail": 0.5}),
        budget_usd_per_h=500.0,
        worth={name: Worth(1.0) for name in DEMAND_RPS},
        instance_start_usd={"llm": 3.0},
        risk=Risk(0.5, 0.9),
        encoded={WAY: (SPLIT, "near")},
        now={slot.name: {("llm", "prefill", "A", SHAPE): 2} for slot in slots},
        changeover=Changeover(usd_per_stop=2.0),
    )


def _lanes() -> list[Lane]:
    def lane(name: str, role: str, where: tuple[str, str], loads: dict[Route, float]) -> Lane:
        sku, site = where
        of = {route: (load,) for route, load in loads.items()}
        sizes = WITH_ONE_LINE if role == "encode" else ()
        return Lane(name, "llm", role, sku, SHAPE, ("load",), of, spares=1, site=site, sizes=sizes)

    near = (Route("chat", "near"), Route("mail", "near"))
    here, there = ("A", "paris"), ("B", "oslo")
    return [
        lane("E", "encode", here, {Route("look", SPLIT): 0.3}),
        lane("P", "prefill", here, {Route("look", WAY): 0.5, near[0]: 0.2, near[1]: 0.4}),
        lane("D", "decode", here, {Route("look", "near"): 0.1, near[0]: 0.3, near[1]: 0.2}),
        lane("M", "mixed", there, {Route("look", ""): 0.9, Route("chat", ""): 0.6, Route("mail", ""): 0.7}),
    ]


def _slot(scenario: str, period: str) -> Slot:
    rates = {name: rate * (2.0 if scenario == "busy" else 1.0) for name, rate in DEMAND_RPS.items()}
    other = {"day": "night", "night": "day"}[period]
    return Slot(
        name=f"{scenario} {period}",
        weight=0.25,
        required_rps={name: 0.9 * rate for name, rate in rates.items()},
        wanted_rps=rates,
        whens=((scenario, period),),
        previous=f"{scenario} {other}",
        hours=12.0,
    )
