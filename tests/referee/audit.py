"""Recompute from a fleet dict everything that a plan JSON promises."""

from itertools import chain, combinations, product

from tests.referee.forecast import Outlook, Share, UnusableError, forecast
from tests.referee.reading import PROBABILITY, read_problem

CLOSE = 1e-5
STATED = 0.01
TRACE_RPS = 1e-9


def broken_promises(fleet, plan):
    """Sentences, one for each promise of the plan that does not hold; empty for an honest plan.

    Where a pool could be run from several profiles, the reading that breaks least counts.
    """
    if plan["status"] not in ("optimal", "feasible"):
        return []
    problem, stressed = read_problem(fleet, stressed=False), read_problem(fleet)
    broken = _unknown_names(problem, plan) or _money(problem, plan) + _nodes(problem, plan) + _served(problem, plan)
    choices = [_candidates(problem, stressed, pool) for pool in plan["pools"]] if not broken else []
    if not all(choices):
        return ["a pool has no measured profile of its role, GPU and size"]
    readings = (_behaviour(problem, stressed, plan, pairs) for pairs in product(*choices))
    return broken or min(readings, key=len)


def _unknown_names(problem, plan):
    """Pools, workloads and SKUs that the fleet does not have."""
    broken = [f"unknown SKU {e['sku']}" for e in plan["skus"] + plan["pools"] if e["sku"] not in problem.skus]
    stated = [entry["name"] for entry in plan["workloads"]]
    if sorted(stated) != sorted(problem.workloads):
        broken.append("the plan's workloads are not the fleet's")
    for pool in plan["pools"]:
        own = [name for name, workload in problem.workloads.items() if workload.llm == pool["model"]]
        broken += [f"a pool of {pool['model']} serves {n}, not its workload" for n in pool["serves"] if n not in own]
        if pool["instances"] < 1 or pool["instances"] != int(pool["instances"]):
            broken.append(f"a pool has {pool['instances']} instances")
    return broken


def _used_gpus(plan, sku):
    """GPUs that the pools use on one SKU."""
    return sum(pool["gpus_per_instance"] * pool["instances"] for pool in plan["pools"] if pool["sku"] == sku)


def _nodes(problem, plan):
    """Instances fit in the nodes, and the nodes in the stock."""
    nodes = {entry["sku"]: entry["nodes"] for entry in plan["skus"]}
    broken = []
    for sku in problem.skus.values():
        used, held = _used_gpus(plan, sku.name), nodes.get(sku.name, 0)
        if used > sku.gpus * held * (1 + CLOSE):
            broken.append(f"{sku.name}: {used} GPUs used, {held} nodes of {sku.gpus} held")
        if used > sku.stock_gpus or (sku.available_nodes is not None and held > sku.available_nodes):
            broken.append(f"{sku.name}: {held} nodes held, {used} GPUs used, {sku.available_nodes} nodes available")
    return broken


def _money(problem, plan):
    """Costs are what nodes, or GPUs where they are billed singly, cost; the bound is below the cost."""
    broken = []
    for entry in plan["skus"]:
        sku = problem.skus[entry["sku"]]
        due = sku.usd_per_hour * entry["nodes"]
        if sku.billed_per_gpu:
            due = sku.cost_usd_per_h(_used_gpus(plan, sku.name))
        if abs(entry["usd_per_hour"] - due) > CLOSE * max(1, due):
            broken.append(f"{sku.name}: states {entry['usd_per_hour']} per hour, costs {due}")
    total = sum(entry["usd_per_hour"] for entry in plan["skus"])
    if abs(plan["cost_per_hour"] - total) > CLOSE * max(1, total):
        broken.append(f"states {plan['cost_per_hour']} per hour, its SKUs cost {total}")
    if (plan.get("bound_per_hour") or 0) > plan["cost_per_hour"] + CLOSE * max(1, total):
        broken.append("the bound is above the cost")
    return broken


def _served(problem, plan):
    """Demand is stated right and served, and the same requests are prefilled and decoded."""
    broken = []
    for entry in plan["workloads"]:
        workload = problem.workloads[entry["name"]]
        flow = {role: _flow_rps(plan, role, workload.name) for role in ("prefill", "decode", "mixed")}
        scale = CLOSE * workload.demand_rps
        if abs(flow["prefill"] - flow["decode"]) > scale:
            broken.append(f"{workload.name}: prefills {flow['prefill']} rps, decodes {flow['decode']}")
        served = flow["prefill"] + flow["mixed"]
        if abs(entry["served_rps"] - served) > scale:
            broken.append(f"{workload.name}: states {entry['served_rps']} rps served, its pools serve {served}")
        if abs(entry["demand_rps"] - workload.demand_rps) > scale:
            broken.append(f"{workload.name}: states a demand of {entry['demand_rps']}, it is {workload.demand_rps}")
        if not workload.needed_rps - scale <= served <= workload.demand_rps + scale:
            broken.append(f"{workload.name}: {served} rps served of {workload.demand_rps}, need {workload.needed_rps}")
    return broken


def _flow_rps(plan, role, name):
    """Requests per second of one workload through the pools of one role."""
    return sum(pool["serves"].get(name, 0) for pool in plan["pools"] if pool["role"] == role)


def _candidates(problem, stressed, pool):
    """Pairs (as measured, with margins) of profiles that a pool of the plan may be run from."""
    both = zip(problem.profiles[pool["model"]], stressed.profiles[pool["model"]], strict=True)
    wanted = {"role": pool["role"], "gpu": problem.skus[pool["sku"]].gpu, "gpus": pool["gpus_per_instance"]}
    for label in ("engine", "precision", "parallelism", "dp"):
        if pool.get(label) is not None:
            wanted[label] = pool[label]
    return [pair for pair in both if all(getattr(pair[0], key) == value for key, value in wanted.items())]


def _behaviour(problem, stressed, plan, pairs):
    """Broken targets, figures and P/D pairings when the pools are run from the given profiles."""
    broken = []
    outlooks = []
    for pool, (measured, held_back) in zip(plan["pools"], pairs, strict=True):
        where = f"{pool['role']} pool of {pool['model']} on {pool['sku']}"
        try:
            outlooks.append(_outlooks(problem, pool, measured))
            firm = _outlooks(stressed, pool, held_back)
        except UnusableError:
            return [*broken, f"{where}: not measured for what it serves"]
        for (name, latency, statistic), outlook in firm.items():
            target_s = getattr(problem.workloads[name], f"{latency}_targets_s")[statistic]
            if outlook.firm_s > target_s * (1 + CLOSE):
                broken.append(f"{where}: {name} {latency}_{statistic} is {outlook.firm_s} s, target {target_s}")
    return broken + _stated(problem, plan, outlooks) + _pairings(problem, plan, [measured for measured, _ in pairs])


def _outlooks(problem, pool, profile):
    """What a pool's workloads see, the way to its site and back included."""
    site = problem.skus[pool["sku"]].site
    seen = {}
    for (name, latency, statistic), outlook in forecast(problem, _share(problem, pool, profile)).items():
        way_s = problem.workloads[name].latency_s.get(site, 0.0) if latency == "ttft" else 0.0
        seen[name, latency, statistic] = Outlook(*(seconds + way_s for seconds in outlook))
    return seen


def _share(problem, pool, profile):
    """What one instance of a pool gets at the problem's level of demand."""
    per_instance = problem.demand_factor / pool["instances"]
    rates_rps = {name: rate * per_instance for name, rate in pool["serves"].items() if rate > TRACE_RPS}
    seen = [problem.workloads[name].seen_from(problem.skus[pool["sku"]].site) for name in rates_rps]
    if None in seen:
        raise UnusableError
    return Share(profile, tuple(seen), rates_rps)


def _stated(problem, plan, outlooks):
    """Stated TTFT and TPOT are within their targets, and what the pools give."""
    broken = []
    for entry, latency, statistic in product(plan["workloads"], ("ttft", "tpot"), ("mean", *PROBABILITY)):
        column, key = f"{latency}_{statistic}_ms", (entry["name"], latency, statistic)
        target_s = getattr(problem.workloads[entry["name"]], f"{latency}_targets_s").get(statistic)
        known = [outlook[key] for outlook in outlooks if key in outlook]
        if entry.get(column) is None or target_s is None or not known:
            continue
        stated_s = entry[column] / 1000
        if stated_s > target_s * (1 + CLOSE):
            broken.append(f"{entry['name']}: states {column} {entry[column]}, above its target")
        low_s, high_s = min(o.low_s for o in known), max(o.high_s for o in known)
        if not low_s * (1 - STATED) <= stated_s <= high_s * (1 + STATED):
            due = f"should be {1000 * low_s} to {1000 * high_s}"
            broken.append(f"{entry['name']}: states {column} {entry[column]}, {due}")
    return broken


def _pairings(problem, plan, profiles):
    """Every request prefilled can go on to a decode pool it can talk to (Hall's condition)."""
    broken = []
    for name in {name for pool in plan["pools"] for name in pool["serves"]}:
        flows = [
            ((profile, problem.skus[pool["sku"]].site), pool["serves"].get(name, 0))
            for profile, pool in zip(profiles, plan["pools"], strict=True)
        ]
        sources = [(end, rate) for end, rate in flows if end[0].role == "prefill" and rate > TRACE_RPS]
        sinks = [(end, rate) for end, rate in flows if end[0].role == "decode"]
        for some in chain.from_iterable(combinations(sources, size) for size in range(1, len(sources) + 1)):
            room = sum(rate for sink, rate in sinks if any(_hand_over(source, sink) for source, _ in some))
            if sum(rate for _, rate in some) > room + CLOSE * sum(rate for _, rate in sinks) + TRACE_RPS:
                broken.append(f"{name}: requests are prefilled where no decode pool of theirs can take them")
                break
    return broken


def _hand_over(source, sink):
    """Whether two (profile, site) can work on one request."""
    return source[1] == sink[1] and source[0].talks_to(sink[0])
