"""Seconds that simulating the paper's plan takes, three ways: ``python benchmarks/simulation_speed.py [requests]``.

The event loop compiled by numba, the same source as plain Python, and the same plan written for a general engine
(simpy, which is to be installed). Plain ways simulate a part of the requests, and are told for all of them; each way
says the mean TTFT and TPOT too, so that it is seen to do the same work. One core.
"""

from __future__ import annotations

import heapq
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

import pdopt
from pdopt.simulate import Settings, simulate
from pdopt.simulate.compiled import COMPILED

PAPER = Path(__file__).parents[1] / "instances/paper/deepseek-v3.1-h200.yaml"
PART = 20
CURVE = ((10, 12.8), (20, 16.4), (30, 18.8), (40, 21.6), (50, 23.9), (60, 26.2))


def main(requests: int) -> None:
    """Time each way and print a row for it."""
    print(f"| way | requests simulated | seconds | seconds for {requests:,} | against compiled | TTFT ms | TPOT ms |")
    print("|---|---|---|---|---|---|---|")
    rows = {"compiled (numba)": by_pdopt(requests)}
    rows["the same source, plain Python"] = in_plain_python(requests // PART)
    try:
        rows["simpy"] = by_simpy(requests // PART)
    except ModuleNotFoundError:
        print("simpy is not installed", file=sys.stderr)
    fastest = None
    for way, (count, seconds, ttft, tpot) in rows.items():
        whole = seconds * requests / count
        fastest = fastest or whole
        print(f"| {way} | {count:,} | {seconds:.1f} | {whole:.0f} | {whole / fastest:.0f} | {ttft:.0f} | {tpot:.2f} |")


def by_pdopt(requests: int) -> tuple[int, float, float, float]:
    """Simulate with pdopt: once for the compiler's sake, where there is one, then for the clock."""
    fleet = pdopt.read_fleet(PAPER)
    plan = pdopt.solve(fleet)
    if COMPILED:
        started = perf_counter()
        simulate(fleet, plan, Settings(requests=1000))
        print(f"first call, compiling or loading what was compiled: {perf_counter() - started:.1f} s", file=sys.stderr)
    started = perf_counter()
    found = simulate(fleet, plan, Settings(requests=requests))
    seconds, seen = perf_counter() - started, found.workloads[0]
    return found.requests, seconds, seen.ttft_ms["mean"].mean, seen.tpot_ms["mean"].mean


def in_plain_python(requests: int) -> tuple[int, float, float, float]:
    """Simulate in a process of its own that compiles nothing."""
    code = f"from benchmarks.simulation_speed import by_pdopt; print(*by_pdopt({requests}))"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    root = Path(__file__).parents[1]
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    count, *numbers = told.stdout.split()
    return int(count), *map(float, numbers)  # type: ignore[return-value]


def by_simpy(requests: int) -> tuple[int, float, float, float]:
    """Simulate with processes of a general engine; a batch is a process that is interrupted when it grows."""
    import simpy

    random = np.random.default_rng(1)
    env, ttft, tpot = simpy.Environment(), [], []
    prefill = [simpy.Resource(env) for _ in range(4)]
    rate, service_s, output = 5e6 / 60 / 6656, 6144 / 28309, 512
    batches: list[list[float]] = [[] for _ in range(4)]
    virtual, since = [0.0] * 4, [0.0] * 4
    batch_sizes, times = zip(*CURVE, strict=True)
    table = [float(t) / 1e3 for t in np.interp(np.arange(61), batch_sizes, times)]

    def settle(i: int) -> None:
        if batches[i]:
            virtual[i] += (env.now - since[i]) / table[min(len(batches[i]), 60)]
        since[i] = env.now

    def decoding(i: int, wake: list):
        while True:
            wake[i] = env.event()
            if not batches[i]:
                yield wake[i]
                continue
            left = (batches[i][0] - virtual[i]) * table[min(len(batches[i]), 60)]
            yield env.timeout(max(left, 0.0)) | wake[i]
            settle(i)
            while batches[i] and batches[i][0][0] <= virtual[i] + 1e-9:
                heapq.heappop(batches[i])[1].succeed()

    wake: list = [None] * 4

    def request():
        arrived = env.now
        with prefill[int(random.integers(4))].request() as turn:
            yield turn
            yield env.timeout(random.exponential(service_s))
        yield env.timeout(0.1)
        ttft.append(env.now - arrived)
        i, done, began = int(random.integers(4)), env.event(), env.now
        settle(i)
        heapq.heappush(batches[i], Goal((virtual[i] + output, done)))
        if not wake[i].triggered:
            wake[i].succeed()
        yield done
        tpot.append((env.now - began) / output)

    def arriving():
        for _ in range(requests):
            yield env.timeout(random.exponential(1 / rate))
            env.process(request())

    for i in range(4):
        env.process(decoding(i, wake))
    env.process(arriving())
    started = perf_counter()
    env.run()
    seconds, skipped = perf_counter() - started, requests // 6
    return requests, seconds, 1e3 * float(np.mean(ttft[skipped:])), 1e3 * float(np.mean(tpot[skipped:]))


class Goal(tuple):
    """When a request of a batch is done (in tokens), and the event that says so; ordered by the first alone."""

    def __lt__(self, other):
        return self[0] < other[0]

    def __sub__(self, tokens: float) -> float:
        return self[0] - tokens


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
