"""What `budget` answers, as typed values; money and value are per hour."""

from __future__ import annotations

from typing import Any, Literal

from pdopt.plan.plan import Part
from pdopt.studies.figures import Figures, StudyAnswer


class Bought(Part):
    """Nodes of a SKU under one term.

    Attributes
    ----------
    nodes : int
        Most held at once.
    mean_nodes : float
        On average over the time.
    """

    sku: str
    term: str
    nodes: int
    mean_nodes: float

    def told(self) -> str:
        """Give it in words, such as ``2 h200-node on_demand (58 % of the time)``."""
        part = self.mean_nodes / self.nodes if self.nodes else 1.0
        when = f" ({part * 100:.0f} % of the time)" if part < 0.995 else ""
        return f"{self.nodes} {self.sku} {self.term}{when}"


class More(Part):
    """Nodes of a SKU under one term beyond those of the step before, on average; fewer if negative."""

    sku: str
    term: str
    mean_nodes: float

    def told(self) -> str:
        """Give it in words, such as ``+2 h200-node reserved_1y``."""
        return f"{self.mean_nodes:+.3g} {self.sku} {self.term}"


class Step(Part):
    """One point of the curve: what some money serves at best, and what is bought with it.

    Attributes
    ----------
    plan : Figures
        Its `cost_per_hour` is the least money that serves this much: here the curve steps up.
    budget_per_hour : float
        The money that was asked about; up to it nothing more can be served, if the step is proven.
    value_per_hour, value_bound_per_hour : float
        Value of what is served, and what no plan within that money exceeds.
    value_by_priority : tuple of float
        The same value by the priority of workloads, the first priority first.
    served : float
        Part of the demand that is served, all requests counted alike.
    workloads : dict
        Workload → part of its demand that is served.
    buys : tuple of Bought
        What is held.
    adds : tuple of More
        How that differs from the step before.
    more_value_per_usd : float or None
        Value of a dollar beyond the step before, on average up to this one; None for the first.
    usd_per_million_tokens_more : float or None
        Dollars beyond the step before over the tokens served beyond it; None where there are none.
    """

    plan: Figures
    budget_per_hour: float
    value_per_hour: float
    value_bound_per_hour: float
    value_by_priority: tuple[float, ...]
    served: float
    workloads: dict[str, float]
    million_tokens_per_hour: float
    buys: tuple[Bought, ...]
    adds: tuple[More, ...] = ()
    more_value_per_usd: float | None = None
    usd_per_million_tokens_more: float | None = None

    @property
    def cost_per_hour(self) -> float:
        """Dollars per hour of what is bought."""
        return self.plan.cost_per_hour


class Entrance(Part):
    """The least money that serves a workload a little at all times, and wholly, and nothing else but what is owed.

    None where that cannot be done, or nothing was found in time.
    """

    workload: str
    any_usd_per_hour: float | None = None
    all_usd_per_hour: float | None = None
    proven: bool = True


class Knee(Part):
    """Where the curve bends most: beyond it a dollar serves less.

    Attributes
    ----------
    money, value : float
        Parts of the money and the value of the whole curve that are reached there.
    before_per_usd, after_per_usd : float
        Value of a dollar up to it, and from it to the end.
    """

    cost_per_hour: float
    money: float
    value: float
    before_per_usd: float
    after_per_usd: float


class Gap(Part):
    """Money between two steps in which the curve may have more: from the value of the one to a bound of the other."""

    from_usd_per_hour: float
    to_usd_per_hour: float
    value_per_hour: float
    value_at_most_per_hour: float


class BudgetCurve(StudyAnswer):
    """Value and demand served against money.

    Attributes
    ----------
    steps : tuple of Step
        By cost. Each is exact where `plan.status` is "optimal": less money serves less.
    exact : bool
        Whether these are all steps there are, to the cent.
    between : tuple of Gap
        Where it may have more.
    owed_per_hour : float
        Dollars that what is owed to workloads (`min_served`, `at_least`, what is sunk) costs in any case.
    everything_per_hour : float or None
        Dollars that serve everything; None where no money does.
    most_served : float or None
        Where no money serves everything: the part of the demand that stock and limits serve at best.
    too_little : tuple of float
        Amounts asked about that do not pay for what is owed.
    stated_per_hour : float or None
        The budget of the fleet file.
    values : dict
        Workload → what a request of it counts.
    months : int or None
        Over how many months money and demand are averages, where several are planned.
    """

    what: Literal["steps", "amounts"]
    steps: tuple[Step, ...]
    exact: bool
    between: tuple[Gap, ...] = ()
    owed_per_hour: float
    everything_per_hour: float | None = None
    most_served: float | None = None
    too_little: tuple[float, ...] = ()
    stated_per_hour: float | None = None
    values: dict[str, float]
    entrances: tuple[Entrance, ...] = ()
    knee: Knee | None = None
    months: int | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Give one row per step."""
        return [
            {
                "budget_per_hour": step.budget_per_hour,
                "cost_per_hour": step.cost_per_hour,
                "status": step.plan.status,
                "value_per_hour": step.value_per_hour,
                "value_bound_per_hour": step.value_bound_per_hour,
                "more_value_per_usd": step.more_value_per_usd,
                "served": step.served,
                **{f"served {name}": part for name, part in step.workloads.items()},
                "million_tokens_per_hour": step.million_tokens_per_hour,
                "usd_per_million_tokens": step.plan.usd_per_million_tokens,
                "usd_per_million_tokens_more": step.usd_per_million_tokens_more,
                "buys": "; ".join(one.told() for one in step.buys),
                "adds": "; ".join(one.told() for one in step.adds),
                "instances": "; ".join(f"{llm} {told}" for llm, told in step.plan.instances.items()),
            }
            for step in self.steps
        ]
