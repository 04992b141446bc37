"""What the workloads of one pool experience, forwards from their rates, in seconds.

The documents leave room where a curve steps, or where two bounds on a percentile hold, hence ranges.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tests.referee.decode import curve_of
from tests.referee.mixed import highest_rate_rps, measured_points, statistic_s
from tests.referee.open_arrivals import OpenInstance
from tests.referee.pools import decode_tps, tightest
from tests.referee.prefill import BOUNDS, busy_share, mean_wait_s, percentile_s, service_s

HAIR = 1e-6


class Outlook(NamedTuple):
    """A plan may state anything from `low_s` to `high_s`; `firm_s` must be within the target."""

    low_s: float
    high_s: float
    firm_s: float


@dataclass(frozen=True)
class Share:
    """What one instance of a pool gets: its profile, workloads, and requests per second by name."""

    profile: object
    workloads: tuple
    rates_rps: dict


class UnusableError(Exception):
    """The profile was not measured for a workload that the pool serves."""


def forecast(problem, share):
    """Outlooks by (workload, latency, statistic) for every target the pool answers for."""
    tell = {"prefill": _prefill_outlooks, "decode": _decode_outlooks, "mixed": _mixed_outlooks}
    return tell[share.profile.role](problem, share)


def _prefill_outlooks(problem, share):
    """Mean TTFT by Pollaczek–Khinchine; percentiles by the bound that keeps the most targets."""
    services_s = {w.name: service_s(share.profile, w) for w in share.workloads}
    if None in services_s.values():
        raise UnusableError
    rates_rps = {name: rate * (1 - HAIR) / share.profile.dp for name, rate in share.rates_rps.items()}
    wait_s = mean_wait_s(rates_rps, services_s, problem.service_cv2)
    busy = busy_share(rates_rps, services_s)
    tails_s = {bound: {} for bound in BOUNDS}
    outlooks = {}
    for w in share.workloads:
        for statistic in w.ttft_targets_s:
            key = (w.name, "ttft", statistic)
            if statistic == "mean":
                mean_s = problem.overhead_s + wait_s + services_s[w.name]
                outlooks[key] = Outlook(mean_s, mean_s, mean_s)
                continue
            for bound in BOUNDS:
                tail_s = percentile_s(bound, statistic, services_s[w.name], busy, (services_s, problem.service_cv2))
                tails_s[bound][key] = problem.overhead_s + tail_s
    targets_s = {(w.name, "ttft", s): target_s for w in share.workloads for s, target_s in w.ttft_targets_s.items()}
    chosen = min(BOUNDS, key=lambda bound: max((t / targets_s[k] for k, t in tails_s[bound].items()), default=0))
    for key, firm_s in tails_s[chosen].items():
        both_s = [tails_s[bound][key] for bound in BOUNDS]
        outlooks[key] = Outlook(min(both_s), max(both_s), firm_s)
    return outlooks


def _decode_outlooks(problem, share):
    """TPOT of the pool, the same for all its workloads: they share one batch."""
    curves = {w.name: curve_of(share.profile, w) for w in share.workloads}
    if None in curves.values():
        raise UnusableError
    loads_tps = {w.name: share.rates_rps[w.name] * w.output_tokens for w in share.workloads}
    only = next(iter(curves.values())) if len(set(curves.values())) == 1 else None
    outlooks = {}
    for statistic in tightest(share.workloads, "tpot"):
        if only and problem.open_arrivals:
            outlook = _open_outlook(OpenInstance(only), statistic, sum(loads_tps.values()))
        else:
            known = statistic if problem.open_arrivals else "steady"
            low_s, high_s = (_least_target_s(problem, curves, loads_tps, (known, f)) for f in (1 - HAIR, 1 + HAIR))
            first_s = _first_batch_tpot_s(only, sum(loads_tps.values())) if only else 0.0
            outlook = Outlook(low_s, max(high_s, first_s), low_s)
        outlooks |= {(w.name, "tpot", statistic): outlook for w in share.workloads if statistic in w.tpot_targets_s}
    return outlooks


def _least_target_s(problem, curves, loads_tps, case):
    """The least TPOT target under which the loads, times a factor, share one instance; else infinity."""
    statistic, factor = case

    def fits(target_s):
        carried_tps = {name: decode_tps(problem, curve, statistic, target_s) for name, curve in curves.items()}
        return all(carried_tps.values()) and sum(factor * loads_tps[n] / carried_tps[n] for n in curves) <= 1

    low_s, high_s = 0.0, 10 * max(max(curve.tpots_s) for curve in curves.values())
    if not fits(high_s):
        return math.inf
    while high_s - low_s > 1e-7 * high_s:
        middle_s = (low_s + high_s) / 2
        low_s, high_s = (low_s, middle_s) if fits(middle_s) else (middle_s, high_s)
    return high_s


def _first_batch_tpot_s(curve, load_tps):
    """TPOT of the smallest batch whose throughput is the load; 0 where no batch has it."""
    batches = np.linspace(curve.batches[0], max(curve.batches[0], curve.largest_batch), 2000)
    tpots_s = np.interp(batches, curve.batches, curve.tpots_s)
    enough = np.flatnonzero(batches / tpots_s >= load_tps)
    return float(tpots_s[enough[0]]) if len(enough) else 0.0


def _open_outlook(instance, statistic, load_tps):
    """The statistic at the load, and the worst at any smaller load, which is the firm one."""
    if load_tps >= instance.limit_tps * (1 - HAIR):
        return Outlook(math.inf, math.inf, math.inf)
    here_s, above_s = (instance.tpot_s(statistic, load_tps * factor) for factor in (1 - HAIR, 1 + HAIR))
    worst_s = max(instance.tpot_s(statistic, load_tps * share) for share in np.linspace(0.02, 1 - HAIR, 60))
    return Outlook(here_s, max(above_s, worst_s), worst_s)


def _mixed_outlooks(problem, share):
    """Measured statistics; workloads that share are held to the summed parts of their capacities."""
    tight_s = {f"{kind}_{s}": t for kind in ("ttft", "tpot") for s, t in tightest(share.workloads, kind).items()}
    points, capacity_rps = {}, {}
    for w in share.workloads:
        own = [f"ttft_{s}" for s in w.ttft_targets_s] + [f"tpot_{s}" for s in w.tpot_targets_s]
        points[w.name] = measured_points(share.profile, w)
        capacity_rps[w.name] = highest_rate_rps(points[w.name], {column: tight_s[column] for column in own})
        if not capacity_rps[w.name]:
            raise UnusableError
    used = sum(rate / capacity_rps[name] for name, rate in share.rates_rps.items())
    outlooks = {}
    for w in share.workloads:
        for kind, targets_s in (("ttft", w.ttft_targets_s), ("tpot", w.tpot_targets_s)):
            for statistic in targets_s:
                rates_rps = (share.rates_rps[w.name], used * capacity_rps[w.name], sum(share.rates_rps.values()))
                values_s = [statistic_s(points[w.name], f"{kind}_{statistic}", rate) for rate in rates_rps]
                firm_s = values_s[1] if used <= 1 + HAIR else math.inf
                outlooks[w.name, kind, statistic] = Outlook(min(values_s), max(values_s), firm_s)
    return outlooks
