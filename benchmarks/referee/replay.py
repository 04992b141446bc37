"""From a deployment to what AISimulate is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.referee.cases import Case
from benchmarks.referee.deployment import Deployment, Group, of_words

from pdopt.catalogue.aic.layout import system_of

Floats = npt.NDArray[np.float64]
DECODES_AT_ONCE = 1024  # requests that an instance may decode: more than any plan means it to


@dataclass(frozen=True)
class Replay:
    """One run: one prefill and one decode group under Poisson arrivals, and which of its latencies count.

    `rate_rps` of the two groups is the same; `counts` names metrics, with the share of the workload's requests.
    """

    case: Case
    prefill: Group
    decode: Group
    seed: int
    counts: tuple[str, ...]

    @property
    def requests(self) -> int:
        """As many as keep the duration of the case's replays."""
        whole = rate_rps(self.case)
        return max(500, round(self.case.requests * self.prefill.rate_rps / whole))

    def config(self, folder: Path) -> dict[str, object]:
        """What `aisimulate predict` reads."""
        return {"traffic": self._traffic(folder), "engine": self._engine()}

    def _traffic(self, folder: Path) -> dict[str, object]:
        workload = self.case.workload
        if self.case.lengths_cv:
            return {
                "source": {"type": "trace", "paths": [str(self._trace(folder))], "format": "mooncake"},
                "load": {"type": "trace_timestamps"},
            }
        lengths = {key: workload[key] for key in ("input_tokens", "output_tokens")}
        return {
            "source": {"type": "synthetic", **lengths},
            "load": {"type": "poisson", "requests_per_second": self.prefill.rate_rps, "seed": self.seed},
            "stop": {"requests": self.requests},
        }

    def _trace(self, folder: Path) -> Path:
        """Write a request log of Poisson arrivals and varying lengths; no two prompts share a block."""
        arrivals, lengths = arrivals_and_lengths(self)
        file, blocks = folder / f"{self.prefill.rate_rps:g}-{self.requests}-{self.seed}.jsonl", 0
        with file.open("w", encoding="utf-8") as stream:
            for at_s, (tokens, out) in zip(arrivals, lengths, strict=True):
                used = -(-int(tokens) // 512)
                row = {"timestamp": at_s * 1e3, "input_length": int(tokens), "output_length": int(out)}
                stream.write(json.dumps({**row, "hash_ids": list(range(blocks, blocks + used))}) + "\n")
                blocks += used
        return file

    def _engine(self) -> dict[str, object]:
        (model,) = self.case.stated["models"].values()
        decode = self._worker(self.decode)
        return {
            "mode": "disaggregated",
            "model": self.case.hf_id,
            "hardware": system_of(self.prefill.gpu),
            "backend": model["engine"],
            "workers": {
                "prefill": self._worker(self.prefill),
                "decode": {**decode, "scheduler": {"max_sequences": DECODES_AT_ONCE}},
            },
        }

    @staticmethod
    def _worker(group: Group) -> dict[str, object]:
        degrees = group.degrees
        parallelism = {
            "replicas": group.instances,
            "tensor": degrees["tp"],
            "pipeline": 1,
            "attention_data": degrees["dp"],
            "moe_tensor": degrees["tp"] * degrees["dp"] // degrees["ep"],
            "moe_expert": degrees["ep"],
        }
        if degrees["ep"] == 1 and degrees["dp"] == 1:
            parallelism["moe_tensor"] = 1
        return {
            "hardware": system_of(group.gpu),
            "parallelism": parallelism,
            "kv_cache": {"prefix_caching": False},
        }


def arrivals_and_lengths(replay: Replay) -> tuple[Floats, Floats]:
    """Draw arrival times in seconds and (input, output) tokens, log-normal around the means of the workload."""
    case, rng = replay.case, np.random.default_rng(replay.seed)
    arrivals = np.cumsum(rng.exponential(1 / replay.prefill.rate_rps, replay.requests))
    return arrivals, drawn_lengths(case, rng, replay.requests)


def drawn_lengths(case: Case, rng: np.random.Generator, number: int) -> Floats:
    """Draw (input, output) tokens, two to a request, at least one token each."""
    spread = np.log1p(case.lengths_cv**2) ** 0.5
    means = [float(case.workload[key]) for key in ("input_tokens", "output_tokens")]
    drawn = rng.lognormal(np.log(means) - spread**2 / 2, spread, (number, 2))
    return np.maximum(np.rint(drawn), 2)


def rate_rps(case: Case) -> float:
    """Requests per second of the case's workload."""
    workload = case.workload
    if "requests_per_second" in workload:
        return float(workload["requests_per_second"])
    tokens = workload["input_tokens"] + workload["output_tokens"]
    return float(workload["tokens_per_minute"]) / 60 / tokens


def replays(case: Case, deployment: Deployment) -> Iterator[Replay]:
    """Give the runs of a deployment: one per seed where each role has one group, else one per group.

    AISimulate runs one group per role. Where a plan has several, each gets its own requests (a split at random, as the
    plan means it), with the case's companion in the other role, and only its own latencies count.
    """
    single = len(deployment.prefill) == len(deployment.decode) == 1
    other = of_words(case.companion, deployment.prefill[0].gpu, rate_rps(case))
    for seed in case.seeds:
        if single:
            yield Replay(case, deployment.prefill[0], deployment.decode[0], seed, ("ttft", "tpot"))
            continue
        for group in deployment.prefill:
            yield Replay(case, group, other.decode[0].resized(group.rate_rps), seed, ("ttft",))
        for group in deployment.decode:
            yield Replay(case, other.prefill[0].resized(group.rate_rps), group, seed, ("tpot",))
