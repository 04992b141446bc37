"""Work priced without whole counts: what each role costs on each SKU if any fraction of an instance could be rented."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from pdopt.capacity.table import Lane, LaneTable, NodeType
from pdopt.fleet.fleet import Fleet, Workload
from pdopt.studies.compare.answers import RolePrice


class Fractions:
    """Dollars per hour of the required work of a fleet by role and SKU, fractions of instances allowed.

    No plan that keeps a role to a SKU pays less for it: an instance of a lane carries at most one unit of any of its
    limits, takes its GPUs, and a GPU costs at least the price of its node's cheapest term over the node's GPUs.
    """

    def __init__(self, fleet: Fleet, table: LaneTable):
        self.fleet, self._lanes, self._nodes = fleet, table.lanes, {node.sku: node for node in table.nodes}
        self.required_rps = {
            name: sum(slot.weight * slot.required_rps[name] for slot in table.slots) for name in fleet.workloads
        }

    def pair_usd_per_h(self, prefill_sku: str, decode_sku: str) -> float:
        """Give what no plan with prefill and decode on these SKUs is below; infinite where one of them cannot."""
        return self._usd_per_h("prefill", prefill_sku) + self._usd_per_h("decode", decode_sku)

    def role_prices(self) -> Iterator[RolePrice]:
        """Give dollars per million tokens by role and SKU, at the price by the hour, where all workloads can run."""
        for role in ("prefill", "decode", "mixed"):
            tokens = sum(rps * _tokens(role, self.fleet.workloads[name]) for name, rps in self.required_rps.items())
            for sku, node in self._nodes.items():
                usd = self._gpus(role, sku) * node.usd_per_h / node.gpus
                if tokens > 0 and usd < inf:
                    yield RolePrice(role=role, sku=sku, usd_per_million_tokens=usd / tokens / 3600 * 1e6)

    def _usd_per_h(self, role: str, sku: str) -> float:
        gpus = self._gpus(role, sku)
        return gpus * _cheapest_usd_per_gpu_h(self._nodes[sku]) if gpus < inf else inf

    def _gpus(self, role: str, sku: str) -> float:
        lanes = [lane for lane in self._lanes if (lane.role, lane.sku) == (role, sku)]
        asked = ((name, rps) for name, rps in self.required_rps.items() if rps > 0)
        return sum(
            rps * min((g for lane in lanes for g in _gpus_per_rps(lane, name)), default=inf) for name, rps in asked
        )


def _gpus_per_rps(lane: Lane, workload: str) -> Iterator[float]:
    return (max(load) * lane.shape.gpus for route, load in lane.loads.items() if route.workload == workload)


def _cheapest_usd_per_gpu_h(node: NodeType) -> float:
    return min(term.usd_per_h for term in node.ways_to_pay) / node.gpus


def _tokens(role: str, workload: Workload) -> float:
    tokens = {"prefill": workload.new_tokens, "decode": workload.output_tokens}
    return tokens.get(role, workload.input_tokens + workload.output_tokens)
