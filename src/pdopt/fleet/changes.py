"""Changes of a fleet, each one key of its file set to another value: pure functions Fleet → Fleet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pdopt.fleet.fleet import Fleet, Target, Workload

Value = float | int | None


@dataclass(frozen=True)
class Change:
    """One key of a fleet file set to another value, in the units of the file.

    Attributes
    ----------
    path : tuple of str
        ``("skus", name, "available" | "at_least" | "usd_per_hour")``, ``("workloads", name, "min_served")``,
        ``("workloads", name, "slo", "ttft_mean_ms")``, ``("limits" | "margins" | "redundancy" | "uncertainty" |
        "budget", key)``.
    to : number or None
        None takes the key away: no limit.
    """

    path: tuple[str, ...]
    to: Value

    def applied(self, fleet: Fleet) -> Fleet:
        """Give the fleet with the key set."""
        match self.path:
            case ("skus", name, key):
                sku = fleet.skus[name]
                values = {"usd_per_h": self.to, "terms": ()} if key == "usd_per_hour" else {key: self.to}
                return replace(fleet, skus={**fleet.skus, name: replace(sku, **values)})
            case ("workloads", name, *keys):
                return replace(fleet, workloads={**fleet.workloads, name: self._workload(fleet.workloads[name], keys)})
            case ("budget", "usd_per_hour"):
                return replace(fleet, budget_usd_per_h=self.to)
            case (section, key):
                return replace(fleet, **{section: replace(getattr(fleet, section), **{key: self.to})})
        raise ValueError(f"no key of a fleet: {'.'.join(self.path)}")

    def _workload(self, workload: Workload, keys: list[str]) -> Workload:
        assert self.to is not None
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
            case ("skus", name, key):
                return getattr(fleet.skus[name], "usd_per_h" if key == "usd_per_hour" else key)  # type: ignore[no-any-return]
            case ("workloads", name, "slo", key):
                targets = fleet.workloads[name].targets
                return next(round(t.bound_s * 1e3, 9) for t in targets if slo_key(t) == key)
            case ("workloads", name, key):
                return getattr(fleet.workloads[name], key)  # type: ignore[no-any-return]
            case ("budget", "usd_per_hour"):
                return fleet.budget_usd_per_h
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
