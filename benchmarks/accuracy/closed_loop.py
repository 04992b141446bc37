"""A deployment under a fixed number of requests in flight, as most benchmarks load it.

Whoever sends a request sends the next one when it is answered. Mean-value analysis (Reiser and Lavenberg 1980) adds the
requests one by one: the n-th meets at each prefill queue what n - 1 requests leave there on average. Service times
that are not exponential meet the residual service instead of a whole one (Reiser 1979; an approximation, held below
what the queues can serve). Decode is a batch at its mean: ``B = X O tpot(B) / D`` requests on each of D instances, X
the throughput, O the output tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from pdopt.capacity.decode import BatchCurve
from pdopt.capacity.prefill import PrefillTask


@dataclass(frozen=True)
class ClosedLoop:
    """What a closed loop settles at; means.

    Attributes
    ----------
    throughput_rps : float
        Requests answered per second.
    ttft_s, tpot_s : float
        Mean TTFT (wait, prefill, overhead) and mean TPOT.
    prefill_busy : float
        Share of the time that a prefill queue is at work.
    batch : float
        Requests in flight on each decode instance.
    """

    throughput_rps: float
    ttft_s: float
    tpot_s: float
    prefill_busy: float
    batch: float


@dataclass(frozen=True)
class DecodePool:
    """Equal decode instances and the output tokens that each request has left after the first."""

    curve: BatchCurve
    instances: int
    tokens: float

    def tpot_s(self, batch: float) -> float:
        """TPOT at a batch; below the measured ones that of the smallest, above they share what the largest gives."""
        last = float(self.curve.batches[-1])
        tpot_s = float(np.interp(batch, self.curve.batches, self.curve.tpot_s))
        return tpot_s * max(1.0, batch / last)

    def batch(self, requests: int, elsewhere_s: float) -> float:
        """Smallest batch at which the requests divide their time between decode and elsewhere."""
        if elsewhere_s <= 0 or self.tokens <= 0:
            return requests / self.instances if self.tokens > 0 else 0.0

        def too_many(batch: float) -> float:
            here_s = self.tokens * self.tpot_s(batch)
            return self.instances * batch * (elsewhere_s + here_s) - requests * here_s

        most = requests / self.instances
        return float(brentq(too_many, 0.0, most, xtol=1e-9 * most, rtol=1e-12))

    def batch_at(self, rate_rps: float, most: float) -> float:
        """Smallest batch, at most `most`, at which the instances carry a rate below what they carry at `most`."""

        def idle(batch: float) -> float:
            return self.instances * batch - rate_rps * self.tokens * self.tpot_s(batch)

        return float(brentq(idle, 0.0, most, xtol=1e-9 * most, rtol=1e-12)) if self.tokens > 0 else 0.0


def closed_loop(task: PrefillTask, instances: int, decode: DecodePool, requests: int) -> ClosedLoop:
    """Predict the means of a closed loop of `requests` over prefill instances and a decode pool.

    Exact for exponential service times and a TPOT that does not depend on the batch. Requests are spread evenly at
    random over the prefill queues (each of the ``dp`` groups of an instance is one), as everywhere in pdopt.

    Raises
    ------
    ValueError
        There are no requests, or no instances.
    """
    if min(requests, instances, decode.instances) < 1:
        raise ValueError("a closed loop takes at least one request and one instance of each role")
    queues = instances * task.dp
    waiting, busy, rate, spent_s, batch = 0.0, 0.0, 0.0, 0.0, 0.0
    for present in range(1, requests + 1):
        # requests met: those not yet in service take a whole service each, the one in service its residual
        spent_s = task.service_s * (1 + waiting - busy) + task.residual_s * busy
        batch = decode.batch(present, spent_s + task.overhead_s)
        rate = present / (spent_s + task.overhead_s + decode.tokens * decode.tpot_s(batch))
        if rate * task.service_s > queues:  # met by the approximation only: the queues are at work all the time
            rate = queues / task.service_s
            batch = decode.batch_at(rate, batch)
            spent_s = (present - decode.instances * batch) / rate - task.overhead_s
        waiting, busy = rate * spent_s / queues, rate * task.service_s / queues
    return ClosedLoop(rate, spent_s + task.overhead_s, decode.tpot_s(batch), busy, batch)
