"""The closed loop of the accuracy benchmark against balance equations that share no arithmetic with it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from benchmarks.accuracy.closed_loop import DecodePool, closed_loop
from hypothesis import given
from hypothesis import strategies as st

from pdopt.capacity.decode import BatchCurve
from pdopt.capacity.prefill import PrefillTask


def exponential(service_s: float, dp: int = 1, overhead_s: float = 0.0) -> PrefillTask:
    return PrefillTask(service_s, 1.0, overhead_s, dp, ())


def constant(tpot_s: float, tokens: float, instances: int = 1) -> DecodePool:
    """Decode that does not feel the batch."""
    return DecodePool(BatchCurve(np.array([1.0, 1e6]), np.array([tpot_s, tpot_s])), instances, tokens)


def balanced_rps(queues: int, requests: int, service_s: float, think_s: float) -> float:
    """Throughput of the Markov chain: thinkers join a random queue, each queue serves one at a time."""
    states = [s for s in product(range(requests + 1), repeat=queues) if sum(s) <= requests]
    at = {state: i for i, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    for state in states:
        for queue in range(queues):
            moves = {1: (requests - sum(state)) / think_s / queues, -1: 1 / service_s if state[queue] else 0.0}
            for step, rate in moves.items():
                if rate:
                    to = at[tuple(n + step * (k == queue) for k, n in enumerate(state))]
                    generator[at[state], to] += rate
                    generator[at[state], at[state]] -= rate
    ones = np.vstack([generator.T, np.ones(len(states))])
    chance = np.linalg.lstsq(ones, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    return float(sum(chance[at[s]] * sum(n > 0 for n in s) for s in states) / service_s)


@pytest.mark.parametrize(("queues", "requests"), [(1, 1), (1, 5), (2, 4), (3, 4)])
def test_exact_for_exponential_service_and_constant_tpot(queues: int, requests: int) -> None:
    found = closed_loop(exponential(0.5), queues, constant(0.02, 100), requests)
    assert found.throughput_rps == pytest.approx(balanced_rps(queues, requests, 0.5, 0.02 * 100), rel=1e-9)
    assert found.throughput_rps * (found.ttft_s + 100 * found.tpot_s) == pytest.approx(requests)  # Little's law
    assert found.prefill_busy == pytest.approx(found.throughput_rps * 0.5 / queues)


def test_attention_groups_are_queues() -> None:
    grouped = closed_loop(exponential(0.5, dp=3), 1, constant(0.02, 100), 4)
    assert grouped == closed_loop(exponential(0.5), 3, constant(0.02, 100), 4)


def test_one_request_meets_nobody() -> None:
    found = closed_loop(PrefillTask(0.3, 0.0, 0.1, 1, ()), 2, constant(0.01, 50, instances=3), 1)
    assert found.ttft_s == pytest.approx(0.4)
    assert found.throughput_rps == pytest.approx(1 / (0.3 + 0.1 + 50 * 0.01))


def test_decode_settles_where_the_batch_gives_back_its_own_rate() -> None:
    """TPOT 10 + batch ms, 12 requests on 2 instances, nothing else takes time: batches of 6, 16 ms."""
    pool = DecodePool(BatchCurve(np.array([1.0, 101.0]), np.array([0.011, 0.111])), 2, 100)
    found = closed_loop(exponential(1e-12), 1, pool, 12)
    assert found.batch == pytest.approx(6)
    assert found.tpot_s == pytest.approx(0.016)
    assert found.throughput_rps == pytest.approx(12 / 1.6)


def test_past_the_largest_batch_its_throughput_is_shared() -> None:
    pool = DecodePool(BatchCurve(np.array([1.0, 4.0]), np.array([0.010, 0.020])), 1, 100)
    assert closed_loop(exponential(1e-12), 1, pool, 8).tpot_s == pytest.approx(0.040)


def test_saturated_prefill_gives_its_own_rate() -> None:
    found = closed_loop(PrefillTask(0.5, 0.0, 0.0, 1, ()), 1, constant(0.001, 10), 200)
    assert found.throughput_rps == pytest.approx(2.0, rel=0.01)


@given(st.integers(1, 30), st.floats(0.01, 1), st.floats(0.0, 1.0), st.integers(1, 3))
def test_one_more_request_never_lowers_the_rate(requests: int, service_s: float, cv2: float, queues: int) -> None:
    task = PrefillTask(service_s, cv2, 0.05, 1, ())
    pool = DecodePool(BatchCurve(np.array([1.0, 11.0]), np.array([0.01, 0.03])), 2, 50)
    fewer, more = (closed_loop(task, queues, pool, n) for n in (requests, requests + 1))
    assert more.throughput_rps >= fewer.throughput_rps * (1 - 1e-9)
    assert more.throughput_rps <= queues / service_s * (1 + 1e-9)


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0)])
def test_nothing_to_run_is_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one request"):
        closed_loop(exponential(1.0), numbers[1], constant(0.01, 10), numbers[0])
