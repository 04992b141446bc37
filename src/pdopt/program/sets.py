"""Sets of the program, sparse: only combinations that exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.environ as pyo

from pdopt.capacity.table import LaneTable


def add_sets(program: pyo.ConcreteModel, table: LaneTable) -> None:
    """Add the sets, and keep the table that the families read their numbers from."""
    program.table = table
    program.lane_of = {lane.name: lane for lane in table.lanes}
    program.slot_of = {slot.name: slot for slot in table.slots}
    program.node_type_of = {node.sku: node for node in table.nodes}
    program.term_of = {(node.sku, term.name): term for node in table.nodes for term in node.ways_to_pay}
    _add_what_runs(program, table)
    _add_what_is_rented(program, table)
    _add_what_is_weighed(program, table)


def _set(name: str, members: Iterable[Any], doc: str, dimen: int = 1) -> tuple[str, pyo.Set]:
    return name, pyo.Set(initialize=list(members), dimen=dimen, doc=doc)


def _add_what_runs(program: pyo.ConcreteModel, table: LaneTable) -> None:
    routes = [(lane.name, *route) for lane in table.lanes for route in lane.loads]
    role_of = {lane.name: lane.role for lane in table.lanes}
    lanes = list(program.lane_of)
    program.ends_of = {workload: [] for workload in table.slots[0].required_rps}
    for route in routes:
        if program.lane_of[route[0]].role in ("decode", "mixed"):
            program.ends_of[route[1]].append(route)
    for name, members in (
        _set("SLOTS", program.slot_of, "slices of time with their own demand: the periods of every scenario"),
        _set("LANES", lanes, "lanes: an instance shape on a SKU, run at one wait or TPOT"),
        _set("WORKLOADS", table.slots[0].required_rps, "classes of requests with one SLO"),
        _set("ROUTES", routes, "(lane, workload, handover): a workload that the lane can serve", 3),
        _set(
            "LIMITS",
            ((lane.name, i) for lane in table.lanes for i in range(len(lane.limits))),
            "(lane, limit): what saturates a lane (mean wait, wait percentile, TPOT, latency)",
            2,
        ),
        _set(
            "HANDOVERS",
            sorted({(w, table.handover_of(way)) for lane, w, way in routes if role_of[lane] in ("prefill", "decode")}),
            "(workload, handover): a group of decode ends that prefill can send its KV cache to",
            2,
        ),
        _set("SPLITS", _splits(table, routes, role_of), "(workload, split): parts of TTFT for encode and prefill", 2),
        _set(
            "SPARED_LANES",
            lanes if table.spare_instances else [],
            "lanes that must survive the loss of instances (all, where redundancy is asked for)",
        ),
    ):
        program.add_component(name, members)


def _splits(table: LaneTable, routes: list[tuple[str, str, str]], role_of: dict[str, str]) -> list[tuple[str, str]]:
    encoded = {(workload, split) for lane, workload, split in routes if role_of[lane] == "encode"}
    taken = {(workload, table.encoded[way][0]) for _, workload, way in routes if way in table.encoded}
    return sorted(encoded | taken)


def _add_what_is_rented(program: pyo.ConcreteModel, table: LaneTable) -> None:
    by_use = [key for key, term in program.term_of.items() if not term.committed]
    committed = [key for key, term in program.term_of.items() if term.committed]
    limited = table.max_skus is not None
    for name, members in (
        _set("SKUS", program.node_type_of, "node types that can be rented"),
        _set(
            "RENTALS",
            ((*key, slot) for key in by_use for slot in program.slot_of if program.term_of[key].offered_in(slot)),
            "(SKU, term, slot): what is paid in the slots it is used, where it is offered",
            3,
        ),
        _set(
            "SPOT",
            (
                (lane.name, term, slot)
                for (sku, term), offer in program.term_of.items()
                for lane in table.lanes
                for slot in program.slot_of
                if offer.spot and lane.sku == sku and offer.offered_in(slot)
            ),
            "(lane, term, slot): instances that may run on spot nodes",
            3,
        ),
        _set("COMMITMENTS", committed, "(SKU, term): what is chosen once and paid in every slot it is offered", 2),
        _set(
            "CHOSEN_SKUS",
            program.node_type_of if limited else [],
            "SKUs to choose from (all, where their number is limited)",
        ),
        _set("SKU_LIMITS", ["max_skus"] if limited else [], "limit on the number of SKUs, if any"),
        _set(
            "NODE_STARTS",
            ((*key, slot) for key in by_use for slot in program.slot_of if _starts(program, key, slot)),
            "(SKU, term, slot): where starting and stopping nodes costs something or takes its time",
            3,
        ),
        _set("POWER_LIMITS", [] if table.power_kw is None else ["power_kw"], "limit on power, if any"),
    ):
        program.add_component(name, members)


def _starts(program: pyo.ConcreteModel, key: tuple[str, str], slot: str) -> bool:
    node = program.node_type_of[key[0]]
    changes = len(program.slot_of) > 1 and bool(node.start_usd or node.stop_usd or node.min_up_h)
    return changes and program.term_of[key].offered_in(slot)


def _add_what_is_weighed(program: pyo.ConcreteModel, table: LaneTable) -> None:
    limited = table.budget_usd_per_h is not None
    tail = table.scenarios if table.risk.weight > 0 else {}
    deployments = dict.fromkeys(lane.deployment for lane in table.lanes if table.instance_start_usd.get(lane.llm))
    for name, members in (
        _set("BUDGETS", ["budget"] if limited else [], "limit on money, if any"),
        _set("VALUED_WORKLOADS", table.worth, "workloads of which more is served the more money there is"),
        _set(
            "PRIORITIES",
            sorted({worth.priority for worth in table.worth.values()}),
            "whose turn it is under a budget, 1 first",
        ),
        _set(
            "INSTANCE_STARTS",
            ((*key, slot) for key in deployments for slot in program.slot_of if len(table.slots) > 1),
            "(LLM, role, SKU, shape, slot): where starting instances costs something",
            5,
        ),
        _set("TAIL_SCENARIOS", tail, "scenarios whose costs are compared, where risk counts"),
    ):
        program.add_component(name, members)
