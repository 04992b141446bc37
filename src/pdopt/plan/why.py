"""Why a plan uses the SKUs it does: what a million tokens costs on each of them, within the targets."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.capacity.table import LaneTable
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Pool, TokenPrice


def token_prices(fleet: Fleet, table: LaneTable, pools: tuple[Pool, ...]) -> Iterator[TokenPrice]:
    """Give dollars per million tokens per workload, role and SKU, at the best shape when fully used.

    Encode counts the image tokens, prefill the input tokens it computes, decode the output tokens, a mixed instance
    input and output tokens.
    """
    used = {(name, pool.role, pool.sku) for pool in pools for name in pool.serves}
    price = {node.sku: node.usd_per_h / node.gpus for node in table.nodes}  # of the hour, whatever the terms
    least = _least_gpu_seconds(table)
    for workload in fleet.workloads.values():
        for role in ("encode", "prefill", "decode", "mixed"):
            for sku in fleet.skus:
                seconds = least.get((workload.name, role, sku))
                if seconds is not None:
                    yield TokenPrice(
                        workload=workload.name,
                        role=role,
                        sku=sku,
                        usd_per_million_tokens=seconds * price[sku] / 3600 / _tokens(role, workload) * 1e6,
                        used=(workload.name, role, sku) in used,
                    )


def _least_gpu_seconds(table: LaneTable) -> dict[tuple[str, str, str], float]:
    """Give the least GPU-seconds of one request by workload, role and SKU."""
    least: dict[tuple[str, str, str], float] = {}
    for lane in table.lanes:
        for route, load in lane.loads.items():
            key, seconds = (route.workload, lane.role, lane.sku), lane.work_of_each(load) * lane.shape.gpus
            least[key] = min(seconds, least.get(key, seconds))
    return least


def _tokens(role: str, workload: Workload) -> float:
    tokens = {"prefill": workload.new_tokens, "decode": workload.output_tokens}
    tokens["encode"] = workload.images * workload.image_tokens
    return tokens.get(role, workload.input_tokens + workload.output_tokens)
