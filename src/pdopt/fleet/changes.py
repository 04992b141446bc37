"""Changes of a fleet, each one key of its file set to another value: pure functions Fleet → Fleet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pdopt.fleet.fleet import Fleet, Sku, Target, Workload

OURS = {"usd_per_hour": "usd_per_h"}
Value = float | int | None


@dataclass(frozen=True)
class Change:
    """One key of a fleet file set to another value, in the units of the file.

    Attributes
    ----------
    path : tuple of str
        ``("skus", name, "available" | "at_least" | "usd_per_hour")`` (a price takes the place of all terms),
        ``("skus", name, "terms", term, "available" | "usd_per_hour")``, ``("workloads", name, "min_served")``,
        ``("workloads", name, "slo", "ttft_mean_ms")``, ``("quotas", name, "gpus" | "nodes")``,
        ``("sites", name, "power_kw")``, ``("limits" | "margins" | "redundancy" | "uncertainty" | "budget" | "change",
        key)``.
    to : number or None
        None takes the key away: no limit.
    """

    path: tuple[str, ...]
    to: Value

    def applied(self, fleet: Fleet) -> Fleet:
        """Give the fleet with the key set."""
        match self.path:
            case ("skus", name, *keys):
                return replace(fleet, skus={**fleet.skus, name: self._sku(fleet.skus[name], keys)})
            case ("workloads", name, *keys):
                return replace(fleet, workloads={**fleet.workloads, name: self._workload(fleet.workloads[name], keys)})
            case ("budget", "usd_per_hour"):
                return replace(fleet, budget_usd_per_h=self.to)
            case ("quotas", name, key):
                changed = (replace(q, **{key: self.to}) if q.name == name else q for q in fleet.quotas)  # type: ignore[arg-type]
                return replace(fleet, quotas=tuple(changed))
            case ("sites", name, key):
                return replace(fleet, sites={**fleet.sites, name: replace(fleet.sites[name], **{key: self.to})})  # type: ignore[arg-type]
            case ("change", key) if fleet.changeover:
                return replace(fleet, changeover=replace(fleet.changeover, **{key: self.to}))  # type: ignore[arg-type]
            case (section, key):
                return replace(fleet, **{section: replace(getattr(fleet, section), **{key: self.to})})
        raise ValueError(f"no key of a fleet: {'.'.join(self.path)}")

    def _sku(self, sku: Sku, keys: list[str]) -> Sku:
        values: dict[str, Any] = {OURS.get(keys[-1], keys[-1]): self.to}
        if keys[0] == "terms":
            terms = tuple(replace(term, **values) if term.name == keys[1] else term for term in sku.terms)
            return replace(sku, terms=terms)
        if keys[0] == "usd_per_hour":
            values["terms"] = ()
        return replace(sku, **values)

    def _workload(self, workload: Workload, keys: list[str]) -> Workload:
        assert self.to is not None
        if keys[0] == "min_served":
            return replace(workload, min_served=self.to, owed=self.to)
        if keys[0] != "slo":
            return replace(workload, **{keys[0]: self.to})  # type: ignore[arg-type]
        targets = tuple(
            replace(target, bound_s=self.to / 1e3) if slo_key(target) == keys[1] else target
            for target in workload.targets
        )
        return replace(workload, targets=targets)

    def value_in(self, fleet: Fleet) -> Value:
        """Give what the key is set to in a fleet."""
        match self.path:
            case ("skus", name, "terms", term, key):
                found = next(t for t in fleet.skus[name].terms if t.name == term)
                return getattr(found, OURS.get(key, key))  # type: ignore[no-any-return]
            case ("skus", name, key):
                return getattr(fleet.skus[name], OURS.get(key, key))  # type: ignore[no-any-return]
            case ("workloads", name, "slo", key):
                targets = fleet.workloads[name].targets
                return next(round(t.bound_s * 1e3, 9) for t in targets if slo_key(t) == key)
            case ("workloads", name, key):
                return getattr(fleet.workloads[name], key)  # type: ignore[no-any-return]
            case ("budget", "usd_per_hour"):
                return fleet.budget_usd_per_h
            case ("quotas", name, key):
                return next(getattr(quota, key) for quota in fleet.quotas if quota.name == name)  # type: ignore[no-any-return]
            case ("sites", name, key):
                return getattr(fleet.sites[name], key)  # type: ignore[no-any-return]
            case ("change", key):
                return getattr(fleet.changeover, key)  # type: ignore[no-any-return]
            case (section, key):
                return getattr(getattr(fleet, section), key)  # type: ignore[no-any-return]
        raise ValueError(f"no key of a fleet: {'.'.join(self.path)}")

    def stated(self, fleet: Fleet) -> dict[str, Any]:
        """Give the change of a fleet for a machine to read: ``{"set": path, "from": value, "to": value}``."""
        return {"set": ".".join(self.path), "from": self.value_in(fleet), "to": self.to}


def slo_key(target: Target) -> str:
    """Give the key of a target in a fleet file."""
    return f"{target.metric}_{target.statistic}_ms"


def with_changes(fleet: Fleet, changes: Iterable[Change]) -> Fleet:
    """Give the fleet with all changes made."""
    for change in changes:
        fleet = change.applied(fleet)
    return fleet
