"""What studies tell of a plan: cost, counts, dollars per million tokens, power; and how their answers are written."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Part, Plan, Pool

LETTERS = {"encode": "E", "prefill": "P", "decode": "D"}


class Figures(Part):
    """A plan in a line.

    Attributes
    ----------
    usd_per_million_tokens : float or None
        Cost over the input and output tokens of what is served; None where nothing is.
    power_kw : float or None
        Of all nodes held, at full load, when most are; None where it is not stated for each of them.
    nodes : dict
        SKU → nodes, when most are held.
    instances : dict
        LLM → counts such as ``4P4D`` or ``3 mixed``, when most GPUs are in use.
    """

    status: str
    cost_per_hour: float
    bound_per_hour: float
    usd_per_million_tokens: float | None = None
    power_kw: float | None = None
    gpus: int = 0
    nodes: dict[str, int]
    instances: dict[str, str]


class StudyAnswer(Part):
    """Base of what a study answers."""

    name: str
    fleet_sha256: str = ""
    pdopt_version: str = ""

    def to_json(self) -> str:
        """Give the answer as JSON text."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def rows(self) -> list[dict[str, Any]]:
        """Give the answer as a table: one mapping of plain values a row, all with the same keys."""
        raise NotImplementedError


def figures(fleet: Fleet, plan: Plan) -> Figures:
    """Give a plan in a line."""
    powers = [rental.power_kw for rental in plan.skus if rental.nodes]
    known = [power for power in powers if power is not None]
    millions = million_tokens_per_h(fleet, plan)
    return Figures(
        status=plan.status,
        cost_per_hour=plan.cost_per_hour,
        bound_per_hour=plan.bound_per_hour,
        usd_per_million_tokens=plan.cost_per_hour / millions if millions else None,
        power_kw=sum(known) if powers and len(known) == len(powers) else None,
        gpus=sum(rental.gpus_rented for rental in plan.skus),
        nodes={rental.sku: rental.nodes for rental in plan.skus if rental.nodes},
        instances=instances(plan),
    )


def million_tokens_per_h(fleet: Fleet, plan: Plan) -> float:
    """Give the input and output tokens of what a plan serves, on average."""
    asked = fleet.workloads
    tokens = (p.served_rps * (asked[p.name].input_tokens + asked[p.name].output_tokens) for p in plan.workloads)
    return sum(tokens) * 3600 / 1e6


def instances(plan: Plan) -> dict[str, str]:
    """Give counts by LLM, such as ``4P4D``, in the period and scenario in which most GPUs are in use."""
    return {llm: _told(count) for llm, count in counts(plan).items()}


def counts(plan: Plan) -> dict[str, Counter[str]]:
    """Give instances by LLM and role in the period and scenario in which most GPUs are in use."""
    by_when: dict[tuple[str | None, str | None], list[Pool]] = defaultdict(list)
    for pool in plan.pools:
        by_when[pool.scenario, pool.period].append(pool)
    busiest = max(by_when.values(), key=lambda pools: sum(p.instances * p.gpus_per_instance for p in pools), default=[])
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for pool in busiest:
        found[pool.model][pool.role] += pool.instances
    return dict(found)


def _told(count: Counter[str]) -> str:
    apart = "".join(f"{count[role]}{letter}" for role, letter in LETTERS.items() if count[role])
    return " + ".join(filter(None, (apart, f"{count['mixed']} mixed" if count["mixed"] else "")))
