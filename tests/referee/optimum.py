"""The exact least cost of a small fleet, by enumeration of instance counts."""

import math

from tests.referee.pools import pool_types
from tests.referee.reading import read_problem
from tests.referee.routing import Group, Search, least_usages


def optimum(fleet):
    """Least cost in dollars per hour of a fleet dict; None where no plan exists."""
    problem = read_problem(fleet)
    stock_gpus = {sku.name: sku.stock_gpus for sku in problem.skus.values()}
    price_usd = {sku.name: max(sku.usd_per_hour, 1e-9) / sku.gpus for sku in problem.skus.values()}
    groups = [group for llm in problem.profiles for group in demand_groups(problem, llm)]
    rough = [Search(group, stock_gpus, price_usd, math.inf) for group in groups]
    ceiling_usd = _some_cost_usd_per_h(problem, rough)
    floors_usd = [search.floor_usd() for search in rough]
    usages = [(0,) * len(stock_gpus)]
    for group, floor_usd in zip(groups, floors_usd, strict=True):
        room_usd = ceiling_usd * (1 + 1e-9) - sum(floors_usd) + floor_usd
        usages = _sums(usages, least_usages(group, stock_gpus, price_usd, room_usd), list(stock_gpus.values()))
    return min((_cost_usd_per_h(problem, usage) for usage in usages), default=None)


def _some_cost_usd_per_h(problem, searches):
    """The cost of the best of a few plans that are easy to find; infinite where they find none."""
    places = range(len(problem.skus))
    usages = [(0,) * len(places)]
    stock_gpus = [sku.stock_gpus for sku in problem.skus.values()]
    for search in searches:
        found = {search.thinned(keep) for keep in [{place} for place in places] + [set(places)]}
        usages = _sums(usages, found - {None}, stock_gpus)
    return min((_cost_usd_per_h(problem, usage) for usage in usages), default=math.inf)


def demand_groups(problem, llm):
    """Groups of pool types that can be counted apart: prefill and decode, unless something couples them."""
    needs_rps = {w.name: w.needed_rps for w in problem.workloads.values() if w.llm == llm and w.needed_rps > 0}
    if not needs_rps:
        return []
    types = pool_types(problem, llm)
    by_role = {role: [t for t in types if t.profile.role == role] for role in ("prefill", "decode", "mixed")}
    prefill, decode = by_role["prefill"], by_role["decode"]
    if not by_role["mixed"] and all(_hand_over(problem, p, d) for p in prefill for d in decode):
        return [_group(needs_rps, kinds, [(i,) for i in range(len(kinds))]) for kinds in (prefill, decode)]
    routes = [
        (i, j)
        for i, one in enumerate(types)
        for j, other in enumerate(types)
        if (one.profile.role, other.profile.role) == ("prefill", "decode") and _hand_over(problem, one, other)
    ]
    routes += [(i,) for i, kind in enumerate(types) if kind.profile.role == "mixed"]
    return [_group(needs_rps, types, routes)]


def _hand_over(problem, one, other):
    """Whether a request prefilled on one pool type may decode on the other: engine, precision and site."""
    sites = {problem.skus[kind.sku].site for kind in (one, other)}
    return len(sites) == 1 and one.profile.talks_to(other.profile)


def _group(needs_rps, types, routes):
    """A group with every route that its types can serve a workload on; types on no route are left out."""
    paths = [(name, via) for name in needs_rps for via in routes if all(name in types[i].served for i in via)]
    used = sorted({i for _, via in paths for i in via})
    renumbered = [(name, tuple(used.index(i) for i in via)) for name, via in paths]
    return Group(needs_rps, [types[i] for i in used], renumbered)


def _sums(ones, others, stock_gpus):
    """Pareto-minimal sums of two lists of usages within the stock."""
    sums = {tuple(map(int.__add__, one, other)) for one in ones for other in others}
    kept = []
    for usage in sorted(sums, key=sum):
        fits = all(used <= stock for used, stock in zip(usage, stock_gpus, strict=True))
        if fits and not any(all(map(int.__le__, known, usage)) for known in kept):
            kept.append(usage)
    return kept


def _cost_usd_per_h(problem, usage):
    """Cost of a usage: whole nodes, or single GPUs where a SKU is billed so."""
    return sum(sku.cost_usd_per_h(used) for sku, used in zip(problem.skus.values(), usage, strict=True))
