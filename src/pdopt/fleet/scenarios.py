"""The sections ``scenarios``, ``risk``, ``budget`` and ``change``: what may come, what is minimised and spent."""

from __future__ import annotations

from typing import Any

from pdopt.fleet.entries import BudgetEntry, ChangeEntry, RiskEntry, ScenarioEntry
from pdopt.fleet.faults import Complaints, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import SURELY, Changeover, Risk, Scenario
from pdopt.fleet.hours import HOURS_PER_MONTH

TOLERANCE = 1e-6
WORST_CASE = "worst_case"


def read_scenarios(raw: dict[str, Any], complaints: Complaints) -> tuple[Scenario, ...]:
    """Read the scenarios of a fleet file; without any, the demand is as stated."""
    value, workloads = raw.get("scenarios"), raw.get("workloads")
    if value is None:
        return (SURELY,)
    if not isinstance(value, dict) or not value:
        state = "must name at least one scenario" if value == {} else f"must be a mapping of names, got {value!r}"
        complaints.add(("scenarios",), f"{state}; write {{base: {{probability: 0.7}}, more: {{probability: 0.3, …}}}}")
        return (SURELY,)
    names = list(workloads) if isinstance(workloads, dict) else []
    before = len(complaints.faults)
    scenarios = [_scenario(name, written, names, complaints) for name, written in value.items()]
    total = sum(scenario.probability for scenario in scenarios)
    if len(complaints.faults) == before and abs(total - 1) > TOLERANCE * (1 + TOLERANCE):
        complaints.add(("scenarios",), f"probabilities add up to {total:.9g}; make them add up to 1")
    return tuple(scenarios)


def _scenario(name: str, written: object, workloads: list[str], complaints: Complaints) -> Scenario:
    entry = validate(ScenarioEntry, written, ("scenarios", name), complaints)
    demand = written.get("demand") if isinstance(written, dict) else None
    for workload in demand if isinstance(demand, dict) else ():
        if workload not in workloads:
            remedy = did_you_mean(workload, workloads)
            complaints.add(("scenarios", name, "demand", workload), f"is not one of workloads; {remedy}")
    if entry is None:
        return Scenario(name)
    factors = entry.demand if isinstance(entry.demand, dict) else dict.fromkeys(workloads, entry.demand)
    return Scenario(name, entry.probability, {workload: f for workload, f in factors.items() if f != 1})


def read_risk(raw: dict[str, Any], complaints: Complaints) -> Risk:
    """Read what of the cost's distribution is minimised; the expected cost where nothing is said."""
    value = raw.get("risk")
    if value is None:
        return Risk()
    if raw.get("scenarios") is None:
        complaints.add(("risk",), "needs scenarios to tell dear ones from cheap ones; add them, or leave it out")
    if isinstance(value, str):
        if value != WORST_CASE:
            complaints.add(("risk",), f"must be {WORST_CASE} or {{weight: 0.5, cvar: 0.9}}, got {value!r}; give one")
        return Risk(1.0, 1.0)
    entry = validate(RiskEntry, value, ("risk",), complaints)
    return Risk() if entry is None else Risk(entry.weight, entry.cvar)


def read_changeover(raw: dict[str, Any], complaints: Complaints) -> Changeover | None:
    """Read what changing from the running plan costs; None where nothing is said."""
    value = raw.get("change")
    entry = None if value is None else validate(ChangeEntry, value, ("change",), complaints)
    if entry is None:
        return None
    return Changeover(entry.usd_per_start, entry.usd_per_stop, entry.over_hours, entry.max_starts)


def read_budget(raw: dict[str, Any], complaints: Complaints) -> float | None:
    """Give the dollars per hour that may be spent, or None where nothing is said."""
    value = raw.get("budget")
    entry = None if value is None else validate(BudgetEntry, value, ("budget",), complaints)
    if entry is None:
        return None
    return entry.usd_per_hour if entry.usd_per_month is None else entry.usd_per_month / HOURS_PER_MONTH
