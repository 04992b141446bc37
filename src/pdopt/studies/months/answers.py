"""What a plan over months answers, as typed values."""

from __future__ import annotations

from typing import Any, Literal

from pdopt.plan.plan import Part
from pdopt.studies.figures import StudyAnswer


class HeldNodes(Part):
    """Nodes of a SKU under one term that are there in one month, most at once, and what they cost in it."""

    sku: str
    term: str
    kind: Literal["on_demand", "spot", "reserved", "owned"]
    nodes: int
    usd: float


class Month(Part):
    """One month of the plan.

    Attributes
    ----------
    usd : float
        Dollars of the month: nodes, what is sunk, and CO2; not starts, which `costs` of the plan has.
    utilisation : float or None
        Part of the node-hours paid for that the instances need; None where no node is held.
    instances : dict
        LLM → counts such as ``4P4D``, when most GPUs are in use.
    """

    month: int
    demand_rps: float
    served_rps: float
    usd: float
    utilisation: float | None
    held: tuple[HeldNodes, ...]
    instances: dict[str, str]

    @property
    def nodes(self) -> int:
        """Nodes that are there, the most of each kind at once."""
        return sum(one.nodes for one in self.held)


class Order(Part):
    """Nodes to commit to: what is ordered at the start of one month is there from the start of another to its end.

    Attributes
    ----------
    usd_per_month, usd : float
        Dollars of all these nodes a month, and within the months planned.
    usd_after : float
        What is owed for them after the last month planned.
    """

    order_month: int
    from_month: int
    to_month: int
    sku: str
    term: str
    nodes: int
    lead_time_months: int
    usd_per_month: float
    usd: float
    months_after: int
    usd_after: float


class Alternative(Part):
    """Another way of going about it: dollars over all months, or why it cannot be done."""

    what: str
    usd: float | None = None
    bound_usd: float | None = None
    saved_usd: float | None = None
    why_not: str | None = None


class Runway(Part):
    """How far the stock carries the growth: the first month in which it does not, and why; None within `looked`."""

    looked: int
    month: int | None = None
    why: str | None = None


class MonthlyPlan(StudyAnswer):
    """What to order when, month by month, decided together.

    Attributes
    ----------
    usd : float
        Dollars over all months.
    usd_after : float
        What is owed after the last month, on commitments that run on.
    owed_counted : bool
        Whether that is part of what was minimised.
    bound_usd : float
        What no plan is below, of what was minimised.
    costs : dict
        The parts that `usd` adds up from: kinds of terms, starts, CO2.
    budget_usd : float or None
        Most to spend over all months; then the most value is served within it.
    growth_per_month : dict
        Workload → growth of its demand.
    """

    status: Literal["optimal", "feasible"]
    months_planned: int
    usd: float
    bound_usd: float
    gap: float
    usd_after: float = 0.0
    owed_counted: bool = False
    growth_per_month: dict[str, float]
    usd_per_million_tokens: float | None = None
    budget_usd: float | None = None
    costs: dict[str, float]
    orders: tuple[Order, ...] = ()
    months: tuple[Month, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    runway: Runway | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per month."""
        ordered = {month.month: [o for o in self.orders if o.order_month == month.month] for month in self.months}
        return [
            {
                "month": month.month,
                "demand_rps": month.demand_rps,
                "served_rps": month.served_rps,
                "usd": month.usd,
                "utilisation": month.utilisation,
                "nodes": month.nodes,
                "held": "; ".join(f"{one.nodes} {one.sku} {one.term}" for one in month.held),
                "order": "; ".join(f"{o.nodes} {o.sku} {o.term} from {o.from_month}" for o in ordered[month.month]),
                "instances": "; ".join(f"{llm} {told}" for llm, told in month.instances.items()),
            }
            for month in self.months
        ]
