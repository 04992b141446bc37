"""Plans with a closed form, for the simulation: what theory says of them, and what the events say.

The formulas stand here once more, written from the textbooks, and share nothing with pdopt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial, log

import numpy as np

from pdopt.plan.plan import Plan, Pool, Promise
from pdopt.simulate import Lengths, Settings, simulate
from pdopt.simulate.answers import Estimate, Simulation
from tests.samples import PAPER_CURVE, decode_rows, fleet_of
from tests.theory.pooling import wait

TOKENS_PER_S = 10_000.0
SHAPE = {"gpu": "g", "gpus": 1}
FLAT = ((1, 1.0), (4000, 1.0))  # a decode that nobody waits for: 1 ms per token at any batch
SHORT = 500  # input tokens of a class: 50 ms of prefill
LONG = 2000


@dataclass(frozen=True)
class Asked:
    """One class of requests: input tokens, requests per second, variability of prefill, output tokens."""

    tokens: int
    rate_rps: float
    cv2: float = 1.0
    output: int = 20

    @property
    def service_s(self) -> float:
        return self.tokens / TOKENS_PER_S


@dataclass(frozen=True)
class Site:
    """How many instances a plan has."""

    prefill: int = 1
    decode: int = 1
    dp: int = 1
    encode: int = 0
    curve: tuple[tuple[float, float], ...] = FLAT
    assumptions: tuple[tuple[str, str], ...] = ()


def simulated(asked: dict[str, Asked], site: Site, settings: Settings, **more) -> Simulation:
    """Simulate a plan written by hand, its fleet read from a file as any other."""
    return simulate(fleet_of(document_of(asked, site)), plan_of(asked, site), settings, **more)


def document_of(asked: dict[str, Asked], site: Site) -> dict:
    """Write the fleet of such a plan."""
    shape = SHAPE if site.dp == 1 else {**SHAPE, "dp": site.dp}
    llm = {
        "prefill": [{**shape, "input_tokens": t, "tokens_per_s": TOKENS_PER_S * site.dp} for t in (1, 100_000)],
        "decode": decode_rows(site.curve, 1000, 100, **SHAPE),
    }
    if site.encode:
        llm["encode"] = [{**SHAPE, "image_tokens": 100, "images_per_s": 20.0}]
    workload = {"model": "llm", "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 50}}
    images = {"images": 1, "image_tokens": 100, "encode_service_cv2": 1.0} if site.encode else {}
    return {
        "skus": {"node": {"gpu": "g", "gpus": 1, "usd_per_hour": 1}},
        "models": {"llm": llm},
        "assumptions": dict(site.assumptions),
        "workloads": {
            name: {
                **workload,
                **images,
                "input_tokens": one.tokens,
                "output_tokens": one.output,
                "requests_per_second": one.rate_rps,
                "prefill_service_cv2": one.cv2,
            }
            for name, one in asked.items()
        },
    }


def plan_of(asked: dict[str, Asked], site: Site) -> Plan:
    """Write a plan of one pool for each stage."""
    serves = {name: one.rate_rps for name, one in asked.items()}
    common = {"model": "llm", "sku": "node", "gpu": "g", "gpus_per_instance": 1, "serves": serves, "utilisation": 1.0}
    ways = {"way": serves}
    pools = [
        Pool(
            role="prefill",
            instances=site.prefill,
            dp=site.dp,
            hands_over=ways,
            encoded={"split": ways} if site.encode else None,
            **common,
        ),
        Pool(role="decode", instances=site.decode, handover="way", **common),
    ]
    if site.encode:
        pools.append(Pool(role="encode", instances=site.encode, hands_over={"split": serves}, **common))
    promises = (
        Promise(name=name, model="llm", demand_rps=rate, served_rps=rate, slo={}) for name, rate in serves.items()
    )
    return Plan(
        status="optimal",
        cost_per_hour=1.0,
        bound_per_hour=1.0,
        gap=0.0,
        name="by hand",
        pools=tuple(pools),
        workloads=tuple(promises),
        skus=(),
        costs={},
        assumptions={},
        margins={},
    )


@dataclass(frozen=True)
class Compared:
    """A number of theory beside its estimate; milliseconds or requests per second."""

    kind: str
    case: str
    what: str
    theory: float
    seen: Estimate

    @property
    def inside(self) -> bool:
        return self.seen.low <= self.theory <= self.seen.high


def mean_wait_s(classes: list[tuple[float, float, float]]) -> float:
    """Pollaczek and Khinchine; classes are (rate, mean service, squared coefficient of variation)."""
    busy = sum(rate * s for rate, s, _ in classes)
    return sum(rate * s * s * (1 + v) for rate, s, v in classes) / 2 / (1 - busy)


def one_class(busy: float, cv2: float, settings: Settings) -> Iterator[Compared]:
    """M/M/1, M/D/1 and between, three queues that requests are split over at random."""
    one = Asked(LONG, 3 * busy / 0.2, cv2)
    seen = simulated({"a": one}, Site(prefill=3), settings).workloads[0]
    theory = mean_wait_s([(one.rate_rps / 3, one.service_s, cv2)]) + one.service_s
    kind = {0.0: "M/D/1", 1.0: "M/M/1"}.get(cv2, "M/G/1")
    case = f"{busy:.0%} busy" + ("" if cv2 in (0.0, 1.0) else f", cv2 {cv2:g}")
    yield Compared(kind, case, "TTFT mean", theory * 1e3, seen.ttft_ms["mean"])
    if cv2 == 1.0:
        for name, tail in (("p50", 0.5), ("p90", 0.1), ("p99", 0.01)):
            yield Compared(kind, case, f"TTFT {name}", -log(tail) * theory * 1e3, seen.ttft_ms[name])


def two_classes(busy: float, settings: Settings) -> Iterator[Compared]:
    """Short requests of constant time and long ones of varying time in one pool."""
    asked = {"short": Asked(SHORT, 2 * busy * 0.4 / 0.05, 0.0), "long": Asked(LONG, 2 * busy * 0.6 / 0.2, 1.5)}
    found = simulated(asked, Site(prefill=2), settings).workloads
    waited = mean_wait_s([(one.rate_rps / 2, one.service_s, one.cv2) for one in asked.values()])
    for seen in found:
        theory = waited + asked[seen.name].service_s
        yield Compared(
            "M/G/1, two classes", f"{busy:.0%} busy", f"{seen.name} TTFT mean", theory * 1e3, seen.ttft_ms["mean"]
        )


def dp_queues(busy: float, settings: Settings) -> Iterator[Compared]:
    """Two instances of four dp groups each: eight queues at a quarter of the speed."""
    one = Asked(LONG, 2 * busy / 0.2 * 4)
    slow_s = one.service_s
    seen = simulated({"a": one}, Site(prefill=2, dp=4), settings).workloads[0]
    theory = mean_wait_s([(one.rate_rps / 8, slow_s, 1.0)]) + slow_s
    yield Compared("M/M/1, dp 4", f"{busy:.0%} busy", "TTFT mean", theory * 1e3, seen.ttft_ms["mean"])


def one_line(busy: float, settings: Settings) -> Iterator[Compared]:
    """Pooled dispatch: a router that knows the work left makes four queues one line, M/M/4."""
    one = Asked(LONG, 4 * busy / 0.2)
    site = Site(prefill=4, assumptions=(("dispatch", "pooled"),))
    seen = simulated({"a": one}, site, settings).workloads[0]
    theory = wait(4, [(one.rate_rps, one.service_s, 1.0)]) + one.service_s
    yield Compared("M/M/4, least work", f"{busy:.0%} busy", "TTFT mean", theory * 1e3, seen.ttft_ms["mean"])


def encoded_first(busy: float, settings: Settings) -> Iterator[Compared]:
    """Encode and prefill one after the other: what leaves an M/M/1 queue is Poisson again (Burke)."""
    one = Asked(SHORT, 2 * busy / 0.05)
    seen = simulated({"a": one}, Site(prefill=2, encode=2), settings).workloads[0]
    stage = mean_wait_s([(one.rate_rps / 2, 0.05, 1.0)]) + 0.05
    yield Compared("M/M/1 after M/M/1", f"{busy:.0%} busy", "TTFT mean", 2 * stage * 1e3, seen.ttft_ms["mean"])


def pace_s(curve: tuple[tuple[float, float], ...], batch: int) -> float:
    """TPOT of a batch: linear between measured ones, flat below the smallest; seconds."""
    batches, times = zip(*curve, strict=True)
    return float(np.interp(batch, batches, times)) / 1e3


def batch_weights(curve: tuple[tuple[float, float], ...], offered_tps: float) -> np.ndarray:
    """Chances of 0, 1, … requests in a batch: products of what is offered times TPOT over the batch."""
    weights = [1.0]
    for n in range(1, int(curve[-1][0]) + 1):
        weights.append(weights[-1] * offered_tps * pace_s(curve, n) / n)
    return np.array(weights) / sum(weights)


def batches(tps: float, outputs: Lengths, settings: Settings) -> Iterator[Compared]:
    """Decode under random arrivals: two instances, the paper's curve, any distribution of output lengths."""
    one = Asked(SHORT, 2 * tps / 512, output=512)
    seen = simulated(
        {"a": one}, Site(prefill=2, decode=2, curve=PAPER_CURVE), settings_with(settings, outputs)
    ).workloads[0]
    chances = batch_weights(PAPER_CURVE, tps)
    theory = float(chances @ np.arange(len(chances))) / tps
    case = f"{tps:g} tokens/s, {outputs.spread} outputs"
    yield Compared("decode batch", case, "TPOT mean", theory * 1e3, seen.tpot_ms["mean"])


def shared_batches(tps: float, settings: Settings) -> Iterator[Compared]:
    """Two workloads of different output lengths in one batch: both see its TPOT."""
    asked = {
        "brief": Asked(SHORT, 2 * tps * 0.3 / 64, output=64),
        "wordy": Asked(SHORT, 2 * tps * 0.7 / 512, output=512),
    }
    found = simulated(asked, Site(prefill=2, decode=2, curve=PAPER_CURVE), settings).workloads
    chances = batch_weights(PAPER_CURVE, tps)
    theory = float(chances @ np.arange(len(chances))) / tps
    for seen in found:
        yield Compared(
            "decode batch, two classes",
            f"{tps:g} tokens/s",
            f"{seen.name} TPOT mean",
            theory * 1e3,
            seen.tpot_ms["mean"],
        )


def closed_loop(flight: int, think_s: float, settings: Settings) -> Iterator[Compared]:
    """So many requests in flight through one prefill queue and one batch: Gordon and Newell's product form.

    Throughput is G(N - 1) / G(N), and by Little's law the time at the queue what it holds over that.
    """
    one = Asked(LONG, 1.0, output=100)
    run = Settings(**{**vars(settings), "concurrency": {"a": flight}, "think_s": think_s})
    seen = simulated({"a": one}, Site(curve=PAPER_CURVE), run).workloads[0]
    counts = np.arange(flight + 1)
    queue = one.service_s**counts
    batch = np.cumprod([1.0, *(100 * pace_s(PAPER_CURVE, n) / n for n in range(1, flight + 1))])
    thinking = np.array([think_s**n / factorial(n) for n in range(flight + 1)])
    rest = np.convolve(batch, thinking)[: flight + 1]
    g = np.convolve(queue, rest)[: flight + 1]
    rate = g[flight - 1] / g[flight]
    held = sum(n * queue[n] * rest[flight - n] for n in range(flight + 1)) / g[flight]
    case = f"{flight} in flight" + (f", {think_s:g} s to think" if think_s else "")
    yield Compared("closed loop", case, "requests/s", rate, seen.completed_rps)
    yield Compared("closed loop", case, "TTFT mean", held / rate * 1e3, seen.ttft_ms["mean"])


def settings_with(settings: Settings, outputs: Lengths) -> Settings:
    return Settings(**{**vars(settings), "outputs": outputs})


def grid(settings: Settings, busies: tuple[float, ...], tokens_per_s: tuple[float, ...]) -> Iterator[Compared]:
    """All kinds over a grid of utilisations, each with a seed of its own."""
    seeds = iter(range(settings.seed, 10_000))

    def run() -> Settings:
        return Settings(**{**vars(settings), "seed": next(seeds)})

    for busy in busies:
        for cv2 in (0.0, 0.5, 1.0, 2.0):
            yield from one_class(busy, cv2, run())
        yield from two_classes(busy, run())
        yield from dp_queues(busy, run())
        yield from one_line(busy, run())
        yield from encoded_first(busy, run())
    for tps in tokens_per_s:
        for outputs in (Lengths("fixed"), Lengths("exponential"), Lengths("lognormal", 1.5)):
            yield from batches(tps, outputs, run())
        yield from shared_batches(tps, run())
    for flight, think_s in ((2, 0.0), (8, 0.0), (8, 2.0), (24, 4.0)):
        yield from closed_loop(flight, think_s, run())
