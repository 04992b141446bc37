"""A simulation at a glance: whether every target holds, then workloads, pools, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pdopt.render.text import Line, number, percent, table
from pdopt.simulate.answers import Estimate, PoolSeen, Simulation, TargetSeen, WorkloadSeen

TARGETS = ["workload ", "target ", "of at most", "planned", "simulated", "interval ", "verdict "]
WORKLOADS = [
    "workload ",
    "req/s",
    "asked",
    "all targets",
    "goodput",
    "TTFT p50",
    "p99",
    "TPOT p50",
    "p99",
    "E2E p50",
    "p99",
]
POOLS = ["pool ", "role ", "SKU ", "instances", "busy", "at once", "waiting", "at most"]


def simulation_lines(found: Simulation) -> Iterator[Line]:
    """Give the verdict, the targets, the latencies, the pools, and what to do."""
    several = any(seen.period or seen.scenario for seen in found.workloads)
    yield f"{found.name}: {_verdict(found)}"
    yield ""
    yield table(_dated(TARGETS, several), (_target(*pair, several) for pair in found.verdicts()))
    yield ""
    yield table(_dated(WORKLOADS, several), (_workload(seen, several) for seen in found.workloads))
    yield ""
    yield table(_dated(POOLS, several), (_pool(pool, several) for pool in found.pools))
    yield ""
    sure = f"{100 * found.settings['confidence']:g} % intervals over {found.settings['replications']} replications"
    yield f"times in ms, {sure}; {found.requests:,} requests, {found.events:,} events in {found.seconds:.1f} s"
    yield from _advice(found)


def _verdict(found: Simulation) -> str:
    every = [(seen, target) for seen, target in found.verdicts()]
    fails = [pair for pair in every if pair[1].verdict == "fails"]
    unsure = [pair for pair in every if pair[1].verdict == "undecided"]
    if fails:
        worst = max(fails, key=lambda pair: pair[1].seen_ms.mean / pair[1].bound_ms)
        most = (
            f"most of all {worst[0].name} {worst[1].target}, {number(worst[1].seen_ms.mean)} of {worst[1].bound_ms:g}"
        )
        return f"{_count(len(fails), len(every))} FAIL, {most}"
    if unsure:
        return f"{_count(len(every) - len(unsure), len(every))} hold, {len(unsure)} undecided"
    return f"all {len(every)} targets hold"


def _count(some: int, every: int) -> str:
    return f"{some} of {every} targets"


def _dated(header: Sequence[str], several: bool) -> list[str]:
    return ["when ", *header] if several else list(header)


def _when(one: WorkloadSeen | PoolSeen, several: bool) -> list[str]:
    return [", ".join(word for word in (one.scenario, one.period) if word)] if several else []


def _target(seen: WorkloadSeen, target: TargetSeen, several: bool) -> list[str]:
    planned = "-" if target.planned_ms is None else number(target.planned_ms)
    interval = f"{number(target.seen_ms.low)} to {number(target.seen_ms.high)}"
    cells = [seen.name, target.target.removesuffix("_ms").replace("_", " "), f"{target.bound_ms:,g}", planned]
    verdict = "FAILS" if target.verdict == "fails" else target.verdict
    return [*_when(seen, several), *cells, number(target.seen_ms.mean), interval, verdict]


def _workload(seen: WorkloadSeen, several: bool) -> list[str]:
    asked = f"{seen.in_flight} in flight" if seen.in_flight is not None else number(seen.demand_rps)
    pairs = [number(times[key].mean) for times in (seen.ttft_ms, seen.tpot_ms, seen.e2e_ms) for key in ("p50", "p99")]
    cells = [seen.name, number(seen.completed_rps.mean), asked, percent(seen.within_targets.mean)]
    return [*_when(seen, several), *cells, number(seen.goodput_rps.mean), *pairs]


def _pool(pool: PoolSeen, several: bool) -> list[str]:
    cells = [pool.model, pool.role, pool.sku, str(pool.instances), percent(pool.busy.mean)]
    return [*_when(pool, several), *cells, *map(_mean, (pool.batch, pool.waiting)), str(pool.longest)]


def _mean(value: Estimate) -> str:
    return number(value.mean)


def _advice(found: Simulation) -> Iterator[str]:
    """Say what to do about targets that fail, or that are undecided."""
    metrics = sorted({target.split("_")[0].upper() for _, target in found.failing()})
    if metrics:
        yield (
            f"{' and '.join(metrics)} too long: pdopt solve --validate, loaded as here, plans until every target "
            "holds; or hold something back with margins"
        )
    reasons = dict.fromkeys(target.why for _, target in found.verdicts() if target.verdict == "undecided")
    for why in reasons:
        yield (
            f"undecided: {why}"
            if why
            else "undecided: the bound lies within the interval; --requests 1000000 narrows it"
        )
