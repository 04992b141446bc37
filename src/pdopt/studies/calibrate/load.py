"""The load of a measured row: rate, lengths, instances, and its name."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Workload
from pdopt.fleet.load_points import LoadPointRow


def rate_rps_of(row: LoadPointRow) -> float:
    """Give requests per second of the deployment; of a fixed number in flight, by Little's law if not measured."""
    output = row.output_tokens or 0.0
    if row.requests_per_second is not None:
        return row.requests_per_second
    if row.tokens_per_minute is not None:
        return row.tokens_per_minute / 60 / (row.input_tokens + output)
    assert row.concurrency is not None
    assert row.ttft_mean_ms is not None
    assert row.tpot_mean_ms is not None
    return row.concurrency * 1e3 / (row.ttft_mean_ms + (output - 1) * row.tpot_mean_ms)


def workload_of(row: LoadPointRow) -> Workload:
    """Give the lengths of the requests, as the formulas take them."""
    return Workload(
        "measured", row.model, row.input_tokens, row.output_tokens or 1.0, row.cached_tokens, demand_rps=0.0, targets=()
    )


def counts_of(row: LoadPointRow) -> str:
    """Name the deployment by its instances (``3P4D``)."""
    return "".join(_count_words(row))


def _count_words(row: LoadPointRow) -> Iterator[str]:
    if row.prefill_instances is not None or row.decode_instances is None:
        yield f"{row.prefill_instances or 1}P"
    if row.decode_instances is not None:
        yield f"{row.decode_instances}D"


def label_of(row: LoadPointRow) -> str:
    """Name deployment and load."""
    load = f"{row.concurrency:g} in flight" if row.concurrency is not None else f"{rate_rps_of(row):.4g} requests/s"
    return f"{counts_of(row)} at {load}"
