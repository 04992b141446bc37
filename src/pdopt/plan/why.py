"""Why a plan uses the SKUs it does: what a million tokens costs on each of them, within the targets."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.capacity.table import Lane, LaneTable
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.plan.plan import Pool, TokenPrice


def token_prices(fleet: Fleet, table: LaneTable, pools: tuple[Pool, ...]) -> Iterator[TokenPrice]:
    """Give dollars per million tokens per workload, role and SKU, at the best shape when fully used.

    Encode counts the image tokens, prefill the input tokens it computes, decode the output tokens, a mixed instance
    input and output tokens.
    """
    used = {(name, pool.role, pool.sku) for pool in pools for name in pool.serves}
    price = {node.sku: node.usd_per_h / node.gpus for node in table.nodes}  # of the hour, whatever the terms
    for workload in fleet.workloads.values():
        for role in ("encode", "prefill", "decode", "mixed"):
            for sku in fleet.skus:
                lanes = [lane for lane in table.lanes if (lane.role, lane.sku) == (role, sku)]
                hours = [gpus for lane in lanes for gpus in _gpus_per_rps(lane, workload.name)]
                if hours:
                    yield TokenPrice(
                        workload=workload.name,
                        role=role,
                        sku=sku,
                        usd_per_million_tokens=min(hours) * price[sku] / 3600 / _tokens(role, workload) * 1e6,
                        used=(workload.name, role, sku) in used,
                    )


def _gpus_per_rps(lane: Lane, workload: str) -> Iterator[float]:
    gpus = lane.shape.gpus
    return (lane.work_of_each(load) * gpus for route, load in lane.loads.items() if route.workload == workload)


def _tokens(role: str, workload: Workload) -> float:
    tokens = {"prefill": workload.new_tokens, "decode": workload.output_tokens}
    tokens["encode"] = workload.images * workload.image_tokens
    return tokens.get(role, workload.input_tokens + workload.output_tokens)
