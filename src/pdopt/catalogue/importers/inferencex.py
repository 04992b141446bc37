"""InferenceX (formerly InferenceMAX): a run's result JSON and the aggregated one, latencies in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import count, day, engine_named, finite, has, latency, number, ratio, read_json

NAME = "inferencex"
DRAWN = 0.9
DRAWN_CV = 0.2 / 1.8 / 3**0.5


def detects(path: Path, head: str) -> bool:
    """Whether this is a run's result (no backend, latencies without a unit) or an aggregated one."""
    run = has(head, "model_id", "num_prompts", "median_ttft") and not has(head, "backend")
    return head.lstrip().startswith("{") and (run or has(head, "hw", "conc", "tput_per_gpu"))


def read(path: Path) -> list[Measurement]:
    """Give the run."""
    record = read_json(path)
    if "tput_per_gpu" in record:
        return [_aggregated(record, path.name)]
    completed = count(record, "completed")
    return [
        Measurement(
            source=path.name,
            tool=NAME,
            model=str(record.get("model_id") or ""),
            facts=Facts(date=day(record.get("date"))),
            isl=ratio(number(record, "total_input_tokens"), completed),
            osl=ratio(number(record, "total_output_tokens"), completed),
            completed=completed,
            failed=max((count(record, "num_prompts") or 0) - (completed or 0), 0),
            duration_s=number(record, "duration"),
            concurrency=finite(number(record, "max_concurrency")),
            rate_rps=finite(number(record, "request_rate")),
            ttft=latency(record, "s", "{}_ttft"),
            tpot=latency(record, "s", "{}_tpot"),
            request_rps=number(record, "request_throughput"),
            output_tps=number(record, "output_throughput"),
            input_tps=number(record, "input_throughput"),
        )
    ]


def _aggregated(record: dict[str, Any], source: str) -> Measurement:
    """Read an aggregated result: lengths are nominal and drawn uniformly from 80 to 100 %, hence 90 % on average."""
    if str(record.get("disagg")).lower() == "true":
        raise Unreadable("is of separate prefill and decode instances, not of one instance")
    gpus, isl, osl = count(record, "tp"), number(record, "isl"), number(record, "osl")
    out, put = number(record, "output_tput_per_gpu"), number(record, "input_tput_per_gpu")
    if not gpus or not isl or not osl or not out:
        raise Unreadable("states no tp, isl, osl or output_tput_per_gpu")
    return Measurement(
        source=source,
        tool=NAME,
        model=str(record.get("model") or ""),
        facts=_facts(record, gpus),
        isl=DRAWN * isl,
        osl=DRAWN * osl,
        concurrency=number(record, "conc"),
        ttft=latency(record, "s", "{}_ttft"),
        tpot=latency(record, "s", "{}_tpot"),
        request_rps=out * gpus / (DRAWN * osl),
        output_tps=out * gpus,
        input_tps=put * gpus if put else None,
        input_cv=DRAWN_CV,
        output_cv=DRAWN_CV,
        notes=("lengths are 90 % of nominal, as InferenceX draws them",),
    )


def _facts(record: dict[str, Any], gpus: int) -> Facts:
    ep, attention = count(record, "ep") or 1, str(record.get("dp_attention")).lower() == "true"
    layout = f"{'dp' if attention else 'tp'}{gpus}" + (f"-ep{ep}" if ep > 1 else "")
    return Facts(
        gpu=str(record.get("hw") or "").lower(),
        gpus=gpus,
        parallelism=layout,
        dp=gpus if attention else None,
        engine=engine_named(record.get("framework")) or ("trtllm" if record.get("framework") == "trt" else ""),
        precision=str(record.get("precision") or ""),
        date=day(record.get("date")),
    )
