"""Sets of the program, sparse: only combinations that exist."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.table import LaneTable


def add_sets(program: pyo.ConcreteModel, table: LaneTable) -> None:
    """Add the sets, and keep the table that the families read their numbers from."""
    program.table = table
    program.lane_of = {lane.name: lane for lane in table.lanes}
    program.node_type_of = {node.sku: node for node in table.nodes}
    routes = [(lane.name, *route) for lane in table.lanes for route in lane.loads]
    program.LANES = pyo.Set(
        initialize=list(program.lane_of), doc="lanes: an instance shape on a SKU, run at one wait or TPOT"
    )
    program.SKUS = pyo.Set(initialize=list(program.node_type_of), doc="node types that can be rented")
    program.WORKLOADS = pyo.Set(initialize=list(table.required_rps), doc="classes of requests with one SLO")
    program.ROUTES = pyo.Set(
        dimen=3, initialize=routes, doc="(lane, workload, handover): a workload that the lane can serve"
    )
    program.LIMITS = pyo.Set(
        dimen=2,
        initialize=[(lane.name, i) for lane in table.lanes for i in range(len(lane.limits))],
        doc="(lane, limit): what saturates a lane (mean wait, wait percentile, TPOT, latency)",
    )
    program.SPARED_LANES = pyo.Set(
        initialize=list(program.lane_of) if table.spare_instances else [],
        doc="lanes that must survive the loss of instances (all, where redundancy is asked for)",
    )
    limited = table.max_skus is not None
    program.CHOSEN_SKUS = pyo.Set(
        initialize=list(program.node_type_of) if limited else [],
        doc="SKUs to choose from (all, where their number is limited)",
    )
    program.SKU_LIMITS = pyo.Set(initialize=["max_skus"] if limited else [], doc="limit on the number of SKUs, if any")
    program.POWER_LIMITS = pyo.Set(
        initialize=[] if table.power_kw is None else ["power_kw"], doc="limit on power, if any"
    )
    program.HANDOVERS = pyo.Set(
        dimen=2,
        initialize=sorted({(w, h) for lane, w, h in routes if program.lane_of[lane].role in ("prefill", "decode")}),
        doc="(workload, handover): a group of decode ends that prefill can send its KV cache to",
    )
