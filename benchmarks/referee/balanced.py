"""Decode behind a router that keeps the batches of a group alike: what pdopt's open arrivals leave out.

``decode_load: open`` lets every instance have Poisson arrivals of its own, as a router that draws lots gives them. One
that takes turns, or looks at the batches, keeps them within a request of one another: then the group breathes as one,
``P(N) ∝ Π_{k=1..N} a b(k/n) / k`` with N requests in all, n instances and `a` the output tokens per second of the
group (docs/model.md has n = 1). The spread of a batch is that of N over n: narrower by the root of n.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from benchmarks.referee.cases import RECOMMENDED, Case
from benchmarks.referee.deployment import Deployment, Group
from benchmarks.referee.results import Decoded

from pdopt.capacity.decode import BatchCurve, batch_curve
from pdopt.fleet.fleet import Fleet

Floats = npt.NDArray[np.float64]


def by_formula(case: Case, deployment: Deployment) -> Iterator[Decoded]:
    """Yield TPOT by both formulas with every profile of a case, where one group decodes."""
    if len(deployment.decode) > 1:
        return
    (group,) = deployment.decode
    for profile in case.profiles:
        fleet = case.asked(RECOMMENDED, "p99", profile)
        (workload,) = fleet.workloads.values()
        curve, tokens_per_s = _curve(fleet, group), group.rate_rps * workload.output_tokens
        alone = balanced(curve, 1, tokens_per_s / group.instances)
        together = balanced(curve, group.instances, tokens_per_s)
        yield Decoded(case.name, deployment.name, profile, *(1e3 * time_s for time_s in (*alone, *together)))


def balanced(curve: BatchCurve, instances: int, tokens_per_s: float, level: float = 0.99) -> tuple[float, float]:
    """Give mean TPOT and a quantile of what an arriving request meets: N requests on n instances, N / n on each.

    Infinite where the group is overloaded. Past the largest measured batch requests wait and share. With one instance
    this is pdopt's own chain of open arrivals.
    """
    most = int(4 * instances * curve.batches[-1])
    total = np.arange(1, most + 1)
    each = np.clip(total / instances, 1.0, None)
    capped = np.minimum(each, curve.batches[-1])
    times = np.interp(capped, curve.batches, curve.tpot_s) * each / capped
    busy = np.minimum(total, instances)  # with fewer requests than instances each has one of its own
    speeds = np.where(total < instances, busy / times, total / times)
    if tokens_per_s >= float(speeds[-1]):
        return np.inf, np.inf
    logs = np.concatenate([[0.0], np.cumsum(np.log(tokens_per_s / speeds))])
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    order = np.argsort(times, kind="stable")
    reached = np.cumsum(chances[:-1][order])
    at = min(int(np.searchsorted(reached, level)), len(order) - 1)
    return float(chances[1:] @ total) / tokens_per_s, float(times[order][at])


def _curve(fleet: Fleet, group: Group) -> BatchCurve:
    """Find the curve of a group among the profiles of the fleet's one LLM."""
    (llm,), (workload,) = fleet.llms.values(), fleet.workloads.values()
    (profile,) = [p for p in llm.decode if (p.shape.gpu, p.shape.parallelism) == (group.gpu, group.layout)]
    return batch_curve(profile, workload)
