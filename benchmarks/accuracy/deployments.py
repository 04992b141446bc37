"""The measured deployments: one row of measured.csv each, in the words of the catalogue."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LLMS = {
    ("deepseek-ai/DeepSeek-V3", "fp8"): "deepseek-v3",
    ("deepseek-ai/DeepSeek-V3", "fp4"): "deepseek-v3.1-nvfp4",
    ("moonshotai/Kimi-K2.5", "fp4"): "kimi-k2.5-nvfp4",
    ("nvidia/Qwen3-32B-NVFP4", "fp4"): "qwen3-32b-nvfp4",
    ("Qwen/Qwen3-32B", "fp8"): "qwen3-32b-fp8",
    ("Qwen/Qwen3-235B-A22B-FP8", "fp8"): "qwen3-235b-a22b-fp8",
}
HF = {  # their names at Hugging Face
    "deepseek-v3": "deepseek-ai/DeepSeek-V3",
    "deepseek-v3.1-nvfp4": "nvidia/DeepSeek-V3.1-NVFP4",
    "kimi-k2.5-nvfp4": "nvidia/Kimi-K2.5-NVFP4",
    "qwen3-32b-nvfp4": "Qwen/Qwen3-32B",
    "qwen3-32b-fp8": "Qwen/Qwen3-32B-FP8",
    "qwen3-235b-a22b-fp8": "Qwen/Qwen3-235B-A22B-FP8",
}
# InferenceX draws lengths uniformly from 0.8 to 1.0 of the nominal ones; the sweeps of NVIDIA are of one length.
MEAN_LENGTH = {"inferencex-db-dump": 0.9, "nvidia-aic-sweep": 1.0}
CV2 = {"inferencex-db-dump": 0.2**2 / 12 / 0.9**2, "nvidia-aic-sweep": 0.0}


@dataclass(frozen=True, order=True)
class Side:
    """The instances of one role; degrees of tensor, attention-data and expert parallelism."""

    gpu: str
    engine: str
    tp: int
    dp: int
    ep: int

    @property
    def gpus(self) -> int:
        """GPUs of one instance."""
        return self.tp * self.dp


@dataclass(frozen=True)
class Measured:
    """One deployment under one number of requests in flight, and what was measured."""

    name: str
    llm: str
    gpu: str
    engine: str
    input_tokens: float
    output_tokens: float
    cv2: float
    prefill: Side
    decode: Side
    prefill_instances: int
    decode_instances: int
    concurrency: int
    ttft_s: float
    tpot_s: float

    @property
    def deployment(self) -> tuple[object, ...]:
        """What was set up, whatever the load: LLM, shapes, counts and lengths."""
        sides = (self.prefill, self.prefill_instances, self.decode, self.decode_instances)
        return (self.llm, *sides, self.input_tokens, self.output_tokens)

    @property
    def throughput_rps(self) -> float:
        """Requests per second by Little's law: those in flight over the time each takes."""
        return self.concurrency / (self.ttft_s + (self.output_tokens - 1) * self.tpot_s)

    @property
    def gpus(self) -> int:
        """GPUs of the deployment."""
        return self.prefill_instances * self.prefill.gpus + self.decode_instances * self.decode.gpus


def deployments(file: Path = HERE / "measured.csv") -> list[Measured]:
    """Read the measured rows."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [_measured(row) for row in csv.DictReader(stream)]


def _measured(row: dict[str, str]) -> Measured:
    scale = MEAN_LENGTH[row["origin"]]
    return Measured(
        name=row["id"],
        llm=LLMS[row["model"], row["precision"]],
        gpu=row["gpu"].replace("_", "-"),
        engine=row["engine"],
        input_tokens=scale * float(row["isl"]),
        output_tokens=scale * float(row["osl"]),
        cv2=CV2[row["origin"]],
        prefill=_side(row, "prefill"),
        decode=_side(row, "decode"),
        prefill_instances=int(float(row["prefill_num_workers"])),
        decode_instances=int(float(row["decode_num_workers"])),
        concurrency=int(float(row["concurrency"])),
        ttft_s=float(row["ttft_ms"]) / 1e3,
        tpot_s=float(row["tpot_ms"]) / 1e3,
    )


def _side(row: dict[str, str], role: str) -> Side:
    tp, dp, ep = (int(float(row[f"{role}_{key}"])) for key in ("tp_size", "attention_dp_size", "moe_ep_size"))
    # Where the source leaves the experts' degree out (0), or gives 1 to ranks of data-parallel attention, for which
    # neither the engines' recipes nor the SDK know anything but expert parallelism, it is that of the ranks.
    if dp > 1 and ep <= 1 and row["model"] != "Qwen/Qwen3-32B":
        ep = dp
    return Side(row["gpu"].replace("_", "-"), row["engine"], tp, dp, max(ep, 1))
