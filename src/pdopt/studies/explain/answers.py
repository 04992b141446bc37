"""What `explain` answers, as typed values; dollars are per hour."""

from __future__ import annotations

import json
from typing import Any, Literal

from pdopt.plan.plan import Part

NOTHING_USD = 0.005  # half a cent per hour: less is told as nothing


class Span(Part):
    """Between which two numbers something lies; equal where it is proven, None where it is not known."""

    least: float | None
    most: float | None

    @property
    def exact(self) -> bool:
        """Whether both ends agree to the cent."""
        return self.least is not None and self.most is not None and self.most - self.least < 2 * NOTHING_USD

    @property
    def nothing(self) -> bool:
        """Whether it is proven to be no money."""
        return self.exact and max(abs(self.least or 0.0), abs(self.most or 0.0)) <= NOTHING_USD


class Effect(Part):
    """What the least cost does when the fleet is changed in one respect.

    Attributes
    ----------
    about : str
        The question: "stock", "limits", "redundancy", "uncertainty", "min_served", "margins", "slos", "workloads",
        "prices".
    kind : str
        "relax" never costs, "tighten" never saves.
    changes : tuple of dict
        ``{"set": key of the fleet file, "from": value, "to": value}``, all to be made.
    cost_changes_by : Span or None
        Dollars per hour, negative where it saves; None where no plan would be possible.
    how : str
        "re-solved": from the least costs before and after. "arithmetic": from the plan as it is.
    """

    about: str
    kind: Literal["relax", "tighten"]
    what: str
    changes: tuple[dict[str, Any], ...]
    cost_changes_by: Span | None
    how: Literal["re-solved", "arithmetic"] = "re-solved"
    re_solves: int = 1

    @property
    def saves_at_least(self) -> float:
        """Dollars per hour that are proven to be saved."""
        most = self.cost_changes_by.most if self.cost_changes_by else None
        return 0.0 if most is None else -most


class SkuPrice(Part):
    """At which price a SKU enters the plan, or leaves it.

    Attributes
    ----------
    break_even_usd_per_hour : Span or None
        Dollars per node-hour: the largest price at which some plan that uses the SKU costs no more than the present
        plan (SKUs not in use), or than the cheapest plan without it (SKUs in use). None: never; `why` says so.
    saves : Span or None
        In use: what the plan would cost more without it; None: there would be no plan.
    one_node_costs : Span or None
        Not in use: what one node of it in any case adds to the cost at its present price.
    """

    sku: str
    usd_per_hour: float
    nodes: float
    break_even_usd_per_hour: Span | None = None
    why: str | None = None
    saves: Span | None = None
    one_node_costs: Span | None = None
    how: Literal["re-solved", "arithmetic"] = "re-solved"
    re_solves: int = 0


class Share(Part):
    """What a workload costs: its share of the plan's dollars, and what dropping it would save.

    Attributes
    ----------
    usd_per_million_input_tokens, usd_per_million_output_tokens : float or None
        Of its prefill and of its decode pools; None where ordinary instances do both.
    avoidable : Effect or None
        Its demand left unserved; these need not add up to the cost.
    """

    workload: str
    usd_per_hour: float
    fraction: float
    usd_per_million_tokens: float | None = None
    usd_per_million_input_tokens: float | None = None
    usd_per_million_output_tokens: float | None = None
    usd_per_1000_requests: float | None = None
    how: Literal["arithmetic"] = "arithmetic"
    avoidable: Effect | None = None


class Explanation(Part):
    """Why a plan costs what it costs, and what would change that.

    Attributes
    ----------
    most_valuable : Effect or None
        The one change that is proven to save most; None where none is.
    effects : tuple of Effect
        By dollars: savings first, the largest first, then costs.
    slack : tuple of Effect
        Changes that neither save nor cost anything.
    unused_usd_per_hour : float
        What is paid for nodes of `at_least` that no workload uses.
    """

    name: str
    status: str
    cost_per_hour: float
    bound_per_hour: float
    most_valuable: Effect | None = None
    effects: tuple[Effect, ...] = ()
    slack: tuple[Effect, ...] = ()
    skus: tuple[SkuPrice, ...] = ()
    workloads: tuple[Share, ...] = ()
    unused_usd_per_hour: float = 0.0
    asked: tuple[str, ...] = ()
    re_solves: int = 0
    time_limit_s: float = 0.0
    gap: float = 0.0
    fleet_sha256: str = ""
    pdopt_version: str = ""

    def to_json(self) -> str:
        """Give the explanation as JSON text."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
