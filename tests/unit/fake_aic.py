"""A stand-in for aiconfigurator_core: the calls pdopt makes, with round numbers, raising as the real package does."""

from __future__ import annotations

import sys
from enum import Enum
from types import ModuleType, SimpleNamespace

SLOTS = {
    "h200_sxm": {"sglang": ["0.5.14", "0.5.16"], "trtllm": ["1.3.0rc20"], "vllm": ["0.24.0"]},
    "l40s": {"vllm": ["0.24.0"]},
}
MODELS = {"Qwen/Qwen3-32B", "Qwen/Qwen3-32B-FP8", "deepseek-ai/DeepSeek-V3"}
Mode = Enum("Mode", ["bfloat16", "fp8", "fp8_block"])


class PerfDataNotAvailableError(RuntimeError):
    pass


class EngineHandle:
    """Prefill 0.05 ms per token over tp; decode 10 ms + 0.1 ms per request, and as much again for each draft token."""

    def __init__(self, model, system, engine, options):
        self.model, self.system, self.engine, self.options = model, system, engine, options

    @classmethod
    def compile(cls, model, system, engine, **options):
        options = {"nextn": 0, "kvcache_quant_mode": None, "gemm_quant_mode": None} | options
        width = options["tp_size"] * options["attention_dp_size"]
        if options["moe_tp_size"] * options["moe_ep_size"] != width:
            raise ValueError(f"Parallelism width mismatch: {width}")
        return cls(model, system, engine, options)

    def slow(self):
        broken = self.engine == "vllm" and self.model.endswith("FP8") and self.options["gemm_quant_mode"] is None
        return 4.0 if broken else 1.0

    def predict_prefill_latency(self, batch, length, prefix):
        if "DeepSeek" in self.model and self.options["kvcache_quant_mode"] != "bfloat16":
            raise PerfDataNotAvailableError("context MLA data missing for ContextKey { kv_quant: fp8 }\nmore")
        return self.slow() * 0.05 * length / self.options["tp_size"]

    def decode_step_latency(self, batch, context, output):
        if batch > 256:
            raise PerfDataNotAvailableError("generation attention data missing")
        return self.slow() * (10 + 0.1 * batch) * (1 + self.options["nextn"])

    def run_static_per_op(self, *, batch_size, isl, osl, mode):
        assert mode == "static_ctx"
        return [("gemm", 3.0, 0.0, "silicon"), ("embedding", 1.0, 0.0, "empirical")], []

    def decode_step_per_op(self, batch, context, output):
        return [("gemm", 8.0, 0.0, "silicon"), ("moe", 1.0, 0.0, "mixed"), ("norm", 1.0, 0.0, "empirical")]


def estimate_kv_cache(model, system, engine, version, **options):
    if not version:
        raise ValueError("version is required")
    kind = {"trtllm": "of_free"}.get(engine, "of_total")
    if options["memory_fraction_kind"] != kind:
        raise ValueError("incompatible memory fraction")
    return {"total_kv_size_tokens": 100_000 * options["tp_size"]}


def get_model(model, config, engine):
    narrow = Mode.fp8_block if model.endswith("FP8") or "DeepSeek" in model else Mode.bfloat16
    kv = Mode[config.kv] if config.kv else (Mode.bfloat16 if narrow is Mode.bfloat16 else Mode.fp8)
    modes = {"gemm_quant_mode": narrow, "moe_quant_mode": narrow, "kvcache_quant_mode": kv, "fmha_quant_mode": kv}
    return SimpleNamespace(config=SimpleNamespace(**modes))


def install(monkeypatch):
    """Put the stand-in where pdopt looks, and make sure the real ones are not there."""
    parts = {
        "engine": {"EngineHandle": EngineHandle},
        "memory": {"estimate_kv_cache": estimate_kv_cache},
        "perf_database": {
            "get_supported_databases": lambda: SLOTS,
            "get_latest_database_version": lambda system, engine: SLOTS[system][engine][0],
        },
        "common": {"DefaultHFModels": MODELS},
        "config_builders": {"build_model_config": lambda **o: SimpleNamespace(kv=o.get("kvcache_quant_mode"))},
        "models": {"get_model": get_model},
    }
    monkeypatch.setitem(sys.modules, "aisimulate_core", None)
    for name, names in {"": {}, ".sdk": {}, **{f".sdk.{part}": names for part, names in parts.items()}}.items():
        module = ModuleType(f"aiconfigurator_core{name}")
        module.__dict__.update(names)
        monkeypatch.setitem(sys.modules, module.__name__, module)
