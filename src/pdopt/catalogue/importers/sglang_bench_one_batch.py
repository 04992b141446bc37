"""``sglang.bench_one_batch`` and ``bench_one_batch_server``: a static batch, prefilled and decoded; seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pdopt.catalogue.measured.measurement import Facts, Latency, Measurement, Unreadable
from pdopt.catalogue.measured.parsing import finite, has, number, read_lines

NAME = "sglang bench_one_batch"


def detects(path: Path, head: str) -> bool:
    """Whether the results are of static batches."""
    return has(head, "run_name", "batch_size", "input_len", "output_len")


def read(path: Path) -> list[Measurement]:
    """Give both phases of every batch."""
    records, notes = read_lines(path)
    found = [item for record in records for item in _phases(record, path.name, notes)]
    if not found:
        raise Unreadable(
            "states neither prefill latency nor TTFT (an old version), so prefill and decode cannot be told apart; "
            "run a newer bench_one_batch_server"
        )
    return found


def _phases(record: dict[str, Any], source: str, notes: tuple[str, ...]) -> Iterator[Measurement]:
    """Split a batch into its phases.

    Of the server's, TTFT ends the prefill of the whole batch and the rest of the latency yields the other
    ``output_len - 1`` tokens; ``bench_one_batch`` gives prefill latency and the median step itself.
    """
    batch, isl, osl = (number(record, key) for key in ("batch_size", "input_len", "output_len"))
    ttft_s = number(record, "last_ttft", "ttft", "prefill_latency")
    step_s, total_s = number(record, "median_decode_latency"), number(record, "latency")
    if ttft_s is None or batch is None or isl is None or osl is None:
        return
    if step_s is None and total_s is not None and osl > 1:
        step_s = (total_s - ttft_s) / (osl - 1)
    common: dict[str, Any] = {
        "source": source,
        "tool": NAME,
        "model": str(record.get("model_path") or ""),
        "facts": Facts(engine="sglang"),
        "isl": isl,
        "concurrency": batch,
        "notes": notes,
        "cached_tokens": isl * (finite(number(record, "cache_hit_rate")) or 0.0),
    }
    yield Measurement(phase="prefill", osl=1.0, ttft=Latency(mean=ttft_s), **common)
    if step_s is not None:
        yield Measurement(phase="decode", osl=osl, tpot=Latency(mean=step_s), output_tps=batch / step_s, **common)
