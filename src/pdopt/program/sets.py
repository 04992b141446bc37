"""Sets of the program, sparse: only combinations that exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyomo.environ as pyo

from pdopt.capacity.covering import most_instances
from pdopt.capacity.table import Lane, LaneTable


def add_sets(program: pyo.ConcreteModel, table: LaneTable) -> None:
    """Add the sets, and keep the table that the families read their numbers from."""
    program.table = table
    program.lane_of = {lane.name: lane for lane in table.lanes}
    program.slot_of = {slot.name: slot for slot in table.slots}
    program.node_type_of = {node.sku: node for node in table.nodes}
    program.term_of = {(node.sku, term.name): term for node in table.nodes for term in node.ways_to_pay}
    _add_what_runs(program, table)
    _add_what_is_pooled(program, table)
    _add_what_deviates(program, table)
    _add_what_is_rerouted(program, table)
    _add_what_is_rented(program, table)
    _add_what_is_weighed(program, table)
    _add_what_changes(program, table)


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
            "SWITCHED_LANES",
            lanes if table.min_pool_instances > 1 or any(lane.spares for lane in table.lanes) else [],
            "lanes that are in use or not (all, where redundancy or a least size of pools is asked for)",
        ),
    ):
        program.add_component(name, members)


def _splits(table: LaneTable, routes: list[tuple[str, str, str]], role_of: dict[str, str]) -> list[tuple[str, str]]:
    encoded = {(workload, split) for lane, workload, split in routes if role_of[lane] == "encode"}
    taken = {(workload, table.encoded[way][0]) for _, workload, way in routes if way in table.encoded}
    return sorted(encoded | taken)


def _add_what_is_pooled(program: pyo.ConcreteModel, table: LaneTable) -> None:
    program.largest_size = {
        (lane.name, slot.name): min(len(lane.sizes[0]), most_instances(table, lane, slot))
        for lane in table.lanes
        for slot in table.slots
        if lane.sizes
    }
    for name, members in (
        _set("POOLED_LANES", program.largest_size, "(lane, slot): pools with one line, under pooled dispatch", 2),
        _set(
            "POOL_SIZES",
            ((lane, n, slot) for (lane, slot), most in program.largest_size.items() for n in range(1, most + 1)),
            "(lane, instances, slot): sizes of such pools whose capacity is in a table",
            3,
        ),
    ):
        program.add_component(name, members)


def _add_what_deviates(program: pyo.ConcreteModel, table: LaneTable) -> None:
    program.deviations_of = {lane.name: table.uncertainty.among(lane.workloads) for lane in table.lanes}
    choosing = [lane for lane, found in program.deviations_of.items() if len(found) > table.uncertainty.workloads]
    limits = [(lane, i) for lane in choosing for i in range(len(program.lane_of[lane].limits))]
    for name, members in (
        _set("CHOOSING_LIMITS", limits, "(lane, limit) of lanes with more workloads than may deviate at once", 2),
        _set(
            "DEVIATIONS",
            ((*limit, workload) for limit in limits for workload in program.deviations_of[limit[0]]),
            "(lane, limit, workload): of those, what may bring more work than stated",
            3,
        ),
    ):
        program.add_component(name, members)


def _add_what_is_rerouted(program: pyo.ConcreteModel, table: LaneTable) -> None:
    remaining = table.remaining
    for name, members in (
        _set("SITE_LOSSES", remaining, "sites that may be gone at once"),
        _set(
            "REROUTES",
            ((gone, lane.name, *route) for gone, lanes in remaining.items() for lane in lanes for route in lane.loads),
            "(sites gone, lane, workload, handover): a workload that a lane standing elsewhere can serve",
            4,
        ),
        _set(
            "REMAINING_LIMITS",
            ((gone, lane.name, i) for gone, lanes in remaining.items() for lane in lanes for i in _limits(lane)),
            "(sites gone, lane, limit): what saturates the lanes that stand elsewhere",
            3,
        ),
    ):
        program.add_component(name, members)


def _limits(lane: Lane) -> range:
    return range(len(lane.limits))


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
        _set("QUOTAS", (quota.name for quota in table.quotas), "limits on the GPUs of some LLMs or SKUs"),
        _set("POWERED_SITES", table.site_power_kw, "sites whose power is limited"),
        _set("CARBON_LIMITS", [] if table.carbon_kg_per_h is None else ["carbon_kg_per_hour"], "limit on CO2, if any"),
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
        _set("PREFERENCES", ["prefer"] if table.preferred else [], "preference for some SKUs, if any"),
        _set("TAIL_SCENARIOS", tail, "scenarios whose costs are compared, where risk counts"),
    ):
        program.add_component(name, members)


def _add_what_changes(program: pyo.ConcreteModel, table: LaneTable) -> None:
    program.now_of = {
        (*key[:3], str(key[3]), slot): count
        for slot, counts in (table.now or {}).items()
        for key, count in counts.items()
    }
    asked = table.now is not None
    added = dict.fromkeys(lane.deployment for lane in table.lanes) if asked else {}
    dropped = dict.fromkeys(key[:4] for key, count in program.now_of.items() if count and table.changeover.usd_per_stop)
    limited = asked and table.changeover.max_starts is not None
    for name, members in (
        _set("ADDED", added, "(LLM, role, SKU, shape): what may be started, where starts against now count", 4),
        _set("DROPPED", dropped, "(LLM, role, SKU, shape): what runs now, where stopping it costs something", 4),
        _set(
            "CHANGES",
            (
                (*key, slot, kind)
                for kind, keys in (("start", added), ("stop", dropped))
                for key in keys
                for slot in program.slot_of
            ),
            "(LLM, role, SKU, shape, slot, start or stop): instances compared with those that run now",
            6,
        ),
        _set("START_LIMITS", ["max_starts"] if limited else [], "limit on starts, if any"),
        _set("COMPARISONS", ["current"] if asked else [], "plan that runs now, if any"),
    ):
        program.add_component(name, members)
