"""What each workload costs: the plan's dollars split by the work it brings, and what dropping it saves."""

from __future__ import annotations

from collections import defaultdict

from pdopt.fleet.changes import Change
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Plan
from pdopt.studies.explain.answers import Share
from pdopt.studies.explain.asking import Asker, Proposal
from pdopt.studies.explain.times import part_of

Dollars = dict[str, dict[str, float]]  # workload → role → dollars per hour


def shares(asker: Asker) -> list[Share]:
    """Split the plan's cost, and ask for each workload what the plan without it costs; the dearest first."""
    plan, split = asker.plan, allocated(asker.fleet, asker.plan)
    found = []
    for promise in plan.workloads:
        workload, by_role = asker.fleet.workloads[promise.name], split.get(promise.name, {})
        stated = _share(plan, workload, by_role, promise.served_rps)
        if workload.min_served > 0 and workload.demand_rps > 0:
            what = f"{promise.name} dropped"
            change = Change(("workloads", promise.name, "min_served"), 0.0)
            dropped = asker.effect(Proposal("workloads", "relax", what, (change,)))
            stated = stated.model_copy(update={"avoidable": dropped})
        found.append(stated)
    return sorted(found, key=lambda share: -share.usd_per_hour)


def allocated(fleet: Fleet, plan: Plan) -> Dollars:
    """Split dollars by workload and role: those of a SKU by the GPU-hours of its pools, those of a pool by work.

    Idle GPUs of a SKU, hours in which a commitment stands idle, and starts fall to its pools in proportion; what is
    rented and used by nobody falls to nobody.
    """
    pools = [pool for pool in plan.pools if any(pool.work.values())]
    gpus = [p.instances * p.gpus_per_instance * part_of(fleet, p.scenario, p.period) for p in pools]
    of_sku: dict[str, float] = defaultdict(float)
    for pool, used in zip(pools, gpus, strict=True):
        of_sku[pool.sku] += used
    rented = {rental.sku: rental.usd_per_hour for rental in plan.skus}
    beyond = plan.cost_per_hour - sum(rented.values())  # starts
    paid = sum(rented[sku] for sku in of_sku)
    split: Dollars = defaultdict(lambda: defaultdict(float))
    for pool, used in zip(pools, gpus, strict=True):
        dollars = rented[pool.sku] * used / of_sku[pool.sku]
        dollars += beyond * (dollars / paid if paid > 0 else used / sum(gpus))
        for name, part in pool.work.items():
            split[name][pool.role] += dollars * part / sum(pool.work.values())
    return split


def unused(fleet: Fleet, plan: Plan) -> float:
    """Give the dollars per hour of what is rented in any case and used by nobody."""
    used = sum(sum(dollars.values()) for dollars in allocated(fleet, plan).values())
    return max(plan.cost_per_hour - used, 0.0)


def _share(plan: Plan, workload: Workload, by_role: dict[str, float], served_rps: float) -> Share:
    dollars = sum(by_role.values())
    requests_per_h = served_rps * 3600
    fraction = dollars / plan.cost_per_hour if plan.cost_per_hour > 0 else 0.0
    share = Share(workload=workload.name, usd_per_hour=dollars, fraction=fraction)
    if requests_per_h <= 0:
        return share
    before_output = by_role.get("encode", 0.0) + by_role.get("prefill", 0.0)
    millions = {
        "usd_per_million_tokens": (dollars, workload.input_tokens + workload.output_tokens),
        "usd_per_million_input_tokens": (before_output, workload.input_tokens),
        "usd_per_million_output_tokens": (by_role.get("decode", 0.0), workload.output_tokens),
    }
    if by_role.get("mixed"):
        millions = {"usd_per_million_tokens": millions["usd_per_million_tokens"]}
    told = {key: usd / (requests_per_h * tokens) * 1e6 for key, (usd, tokens) in millions.items()}
    return share.model_copy(update={**told, "usd_per_1000_requests": dollars / requests_per_h * 1000})
