"""Variables of the program."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.covering import most_instances


def add_variables(program: pyo.ConcreteModel) -> None:
    """Add instance counts, routed rates and node counts."""
    table = program.table
    most = {(lane.name, slot.name): most_instances(table, lane, slot) for lane in table.lanes for slot in table.slots}
    if table.instance_start_usd:  # kept running idle, to spare a start
        at_all = {lane.name: max(most[lane.name, slot.name] for slot in table.slots) for lane in table.lanes}
        most = {(lane, slot): at_all[lane] for lane, slot in most}

    def enough(program: pyo.ConcreteModel, lane: str, slot: str) -> tuple[int, int]:
        return 0, most[lane, slot]

    def at_most_wanted(
        program: pyo.ConcreteModel, lane: str, workload: str, handover: str, slot: str
    ) -> tuple[float, float]:
        return 0.0, program.slot_of[slot].wanted_rps[workload]  # more serves nobody, and HiGHS is quicker

    program.Instances = pyo.Var(
        program.LANES,
        program.SLOTS,
        domain=pyo.NonNegativeIntegers,
        bounds=enough,
        doc="running instances of a lane, at most those that would carry all its workloads",
    )
    program.Routed_rps = pyo.Var(
        program.ROUTES,
        program.SLOTS,
        domain=pyo.NonNegativeReals,
        bounds=at_most_wanted,
        doc="requests per second of a workload sent to a lane, at most those that come",
    )
    program.Rerouted_rps = pyo.Var(
        program.REROUTES,
        program.SLOTS,
        domain=pyo.NonNegativeReals,
        doc="requests per second of a workload sent to a lane when sites are gone",
    )
    program.Nodes = pyo.Var(
        program.RENTALS,
        domain=pyo.NonNegativeIntegers,
        doc="nodes rented for a slot (GPUs, where a SKU is billed per GPU)",
    )
    program.Committed = pyo.Var(
        program.COMMITMENTS, domain=pyo.NonNegativeIntegers, doc="nodes committed to for all slots of a term"
    )
    program.OnSpot = pyo.Var(
        program.SPOT, domain=pyo.NonNegativeIntegers, doc="instances of a lane that run on spot nodes of a term"
    )
    program.Used = pyo.Var(
        program.SWITCHED_LANES, program.SLOTS, domain=pyo.Binary, doc="whether a lane has instances at all"
    )
    program.Sized = pyo.Var(
        program.POOL_SIZES,
        domain=pyo.Binary,
        doc="whether a pool counts on so many instances, the largest size or more",
    )
    program.SizedBeyond = pyo.Var(
        program.POOLED_LANES,
        domain=pyo.NonNegativeIntegers,
        doc="instances that a pool counts on beyond the largest size",
    )
    program.DeviationOfEach = pyo.Var(
        program.CHOOSING_LIMITS,
        program.SLOTS,
        domain=pyo.NonNegativeReals,
        doc="instances kept for each of the workloads that may deviate at once",
    )
    program.DeviationBeyond = pyo.Var(
        program.DEVIATIONS,
        program.SLOTS,
        domain=pyo.NonNegativeReals,
        doc="instances that the deviation of a workload takes beyond that",
    )
    program.Chosen = pyo.Var(program.CHOSEN_SKUS, domain=pyo.Binary, doc="whether a SKU is used at all")
    program.StartedNodes = pyo.Var(program.NODE_STARTS, domain=pyo.NonNegativeReals, doc="nodes started for a slot")
    program.StartedInstances = pyo.Var(
        program.INSTANCE_STARTS, domain=pyo.NonNegativeReals, doc="instances started for a slot"
    )
    program.AddedInstances = pyo.Var(
        program.ADDED, domain=pyo.NonNegativeReals, doc="instances beyond those that run now, in the slot with most"
    )
    program.DroppedInstances = pyo.Var(
        program.DROPPED,
        domain=pyo.NonNegativeReals,
        doc="instances short of those that run now, in the slot with most",
    )
    tail = list(program.TAIL_SCENARIOS)
    program.Threshold = pyo.Var(
        [None] if tail else [], domain=pyo.NonNegativeReals, doc="dollars per hour where the tail of the costs begins"
    )
    program.BeyondThreshold = pyo.Var(
        tail if program.table.risk.alpha < 1 else [],
        domain=pyo.NonNegativeReals,
        doc="dollars per hour that a scenario costs beyond the threshold",
    )
