"""What each latency target costs: relaxed by a tenth, tightened by a tenth."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.changes import Change, slo_key
from pdopt.studies.explain.answers import Effect
from pdopt.studies.explain.asking import Asker, Proposal

TENTH = 0.1


def slo_effects(asker: Asker) -> Iterator[Effect]:
    """Ask what each target of each workload saves and costs."""
    yield from asker.all_effects(list(_moved(asker, "relax", 1 + TENTH)), "all targets a tenth longer")
    yield from asker.all_effects(list(_moved(asker, "tighten", 1 - TENTH)), "all targets a tenth shorter")


def _moved(asker: Asker, kind: str, factor: float) -> Iterator[Proposal]:
    for name, workload in asker.fleet.workloads.items():
        for target in workload.targets if workload.demand_rps > 0 and workload.min_served > 0 else ():
            key, had = slo_key(target), target.bound_s * 1e3
            to = round(had * factor, 6)
            statistic = f"{target.metric.upper()} {target.statistic}"
            what = f"{name} {statistic} of {to:g} ms instead of {had:g} ms"
            yield Proposal("slos", kind, what, (Change(("workloads", name, "slo", key), to),))
