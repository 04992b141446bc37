"""Pool types: every role, SKU, shape and set of workloads of one LLM that could share instances.

A pool type is a list of limits. Each maps workloads to the instances' worth of work that one request per
second makes; n instances carry rates x when sum(x * load) <= n for every limit of the type.
"""

from dataclasses import dataclass
from itertools import combinations

from tests.referee.decode import curve_of, steady_tps
from tests.referee.mixed import highest_rate_rps, measured_points
from tests.referee.open_arrivals import OpenInstance
from tests.referee.prefill import BOUNDS, mean_wait_s, percentile_s, service_s

HALVINGS = 60


@dataclass(frozen=True)
class PoolType:
    """One kind of instance on one SKU with the set of workloads it is run for."""

    sku: str
    profile: object
    limits: tuple

    @property
    def served(self):
        """Names of the workloads such a pool can carry."""
        return frozenset(self.limits[0])


def pool_types(problem, llm):
    """All pool types worth having for one LLM: usable, and none dominated by another."""
    found = []
    workloads = [w for w in problem.workloads.values() if w.llm == llm and w.needed_rps > 0]
    for sku in problem.skus.values():
        here = [seen for w in workloads if (seen := w.seen_from(sku.site))]
        for profile in problem.profiles[llm]:
            if profile.gpu != sku.gpu or profile.gpus > sku.gpus:
                continue
            for size in range(1, len(here) + 1):
                for sharing in combinations(here, size):
                    limits = pool_limits(problem, profile, sharing)
                    if limits:
                        found.append(PoolType(sku.name, profile, tuple(limits)))
    return _undominated(found)


def pool_limits(problem, profile, sharing):
    """Limits of a pool of `profile` serving the workloads `sharing`; empty where it cannot."""
    derive = {"prefill": _prefill_limits, "decode": _decode_limits, "mixed": _mixed_limits}
    return derive[profile.role](problem, profile, sharing)


def tightest(sharing, latency):
    """The tightest target of each statistic among workloads that share a pool."""
    targets_s = {}
    for workload in sharing:
        for statistic, target_s in getattr(workload, f"{latency}_targets_s").items():
            targets_s[statistic] = min(target_s, targets_s.get(statistic, target_s))
    return targets_s


def largest(holds, upper):
    """The largest number in (0, upper] for which `holds`, which is true up to somewhere; 0 for none."""
    low, high = 0.0, upper
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low if low > 1e-9 * upper else 0.0


def _prefill_limits(problem, profile, sharing):
    """A limit on the mean wait, and one on the utilisation where percentiles are asked for."""
    services_s = {w.name: service_s(profile, w) for w in sharing}
    if None in services_s.values():
        return []
    limits = []
    slacks_s = [
        w.ttft_targets_s["mean"] - problem.overhead_s - services_s[w.name]
        for w in sharing
        if "mean" in w.ttft_targets_s
    ]
    if slacks_s:
        limits.append({w.name: _load_at_wait(w.name, services_s, problem.service_cv2, min(slacks_s)) for w in sharing})
    if any(statistic != "mean" for w in sharing for statistic in w.ttft_targets_s):
        busiest = max(
            largest(lambda busy, bound=bound: _percentiles_hold(problem, sharing, services_s, busy, bound), 1.0)
            for bound in BOUNDS
        )
        limits.append({name: service / busiest if busiest else None for name, service in services_s.items()})
    # A dp instance is dp queues: each sees 1/dp of the rate.
    scaled = [{n: load and load / profile.dp for n, load in limit.items()} for limit in limits]
    return [] if any(load is None for limit in scaled for load in limit.values()) else scaled


def _load_at_wait(name, services_s, cv2, wait_s):
    """Inverse of the rate of one workload alone at which the mean wait of a queue reaches `wait_s`."""
    if wait_s <= 0:
        return None
    rate_rps = largest(lambda rate: mean_wait_s({name: rate}, services_s, cv2) <= wait_s, 1 / services_s[name])
    return 1 / rate_rps if rate_rps else None


def _percentiles_hold(problem, sharing, services_s, busy, bound):
    """Whether one bound shows every percentile target of TTFT at one utilisation."""
    pool = (services_s, problem.service_cv2)
    return all(
        problem.overhead_s + percentile_s(bound, statistic, services_s[w.name], busy, pool) <= target_s
        for w in sharing
        for statistic, target_s in w.ttft_targets_s.items()
        if statistic != "mean"
    )


def _decode_limits(problem, profile, sharing):
    """One limit for each statistic of TPOT asked for; steady batches know a single TPOT."""
    curves = {w.name: curve_of(profile, w) for w in sharing}
    if None in curves.values():
        return []
    targets_s = tightest(sharing, "tpot")
    if not problem.open_arrivals:
        targets_s = {"steady": min(targets_s.values())}
    limits = []
    for statistic, target_s in targets_s.items():
        carried_tps = {name: decode_tps(problem, curve, statistic, target_s) for name, curve in curves.items()}
        if not all(carried_tps.values()):
            return []
        limits.append({w.name: w.output_tokens / carried_tps[w.name] for w in sharing})
    return limits


def decode_tps(problem, curve, statistic, target_s):
    """Tokens per second one instance carries with this statistic of TPOT within its target."""
    if statistic == "steady":
        return steady_tps(curve, target_s, problem.quadratic_fit)
    return OpenInstance(curve).highest_load_tps(statistic, target_s)


def _mixed_limits(problem, profile, sharing):
    """A single limit: the inverse of each workload's measured capacity at the pool's tightest targets."""
    tight_s = {latency: tightest(sharing, latency) for latency in ("ttft", "tpot")}
    limit = {}
    for w in sharing:
        own = {"ttft": w.ttft_targets_s, "tpot": w.tpot_targets_s}
        targets_s = {f"{latency}_{s}": tight_s[latency][s] for latency, wanted in own.items() for s in wanted}
        capacity_rps = highest_rate_rps(measured_points(profile, w), targets_s)
        if not capacity_rps:
            return []
        limit[w.name] = 1 / capacity_rps
    return [limit]


def _undominated(types):
    """Drop types that whole instances of another type on the same GPUs replace at every mix."""
    kept = []
    for candidate in sorted(types, key=lambda t: -len(t.served)):
        if not any(_dominates(other, candidate) for other in kept):
            kept = [other for other in kept if not _dominates(candidate, other)] + [candidate]
    return kept


def _dominates(one, other):
    """Whether the GPUs of one `other` instance, run as `one`, carry all that it can."""
    mine, theirs = one.profile, other.profile
    labels = [(p.role, p.engine, p.precision) for p in (mine, theirs)]
    copies = theirs.gpus // mine.gpus
    if one.sku != other.sku or labels[0] != labels[1] or not copies or not one.served >= other.served:
        return False
    return all(
        any(all(limit[name] <= copies * load for name, load in their_limit.items()) for their_limit in other.limits)
        for limit in one.limits
    )
