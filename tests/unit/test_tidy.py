"""Tidying keeps the cost and every limit; it only spreads work and leaves no instance idle."""

import pytest
from benchmarks.scale.fleets import document
from tests.samples import answer_of, changed, fleet_of, lane, table_of

from pdopt.capacity.lanes import lane_table
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving.highs import run
from pdopt.solving.tidy import tidy

HAND, SPOT = ("chat", "hand"), ("chat", "")


def decide(table):
    matrix = compile_matrix(build(table))
    return tidy(table, matrix, run(matrix))


def instances(decision):
    return {lane: count for (lane, _), count in decision.instances.items()}


def work(table, decision):
    """Largest work per lane, in instances."""
    return {
        lane.name: max(
            sum(lane.loads[route][i] * rate for route, rate in decision.routed_rps[lane.name, "always"].items())
            for i in range(len(lane.limits))
        )
        for lane in table.lanes
    }


def test_spreading_the_work_overloads_no_lane():
    """6 requests per second fit the decode node and 5 the mixed one: of 7, between 2 and 5 must go to the mixed one.

    The sum of the loads, (7 - y)/6 + (7 - y)/100 + y/5 with y on the mixed node, is smallest at y = 0, where decode
    would run at 7/6 of what it can carry.
    """
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 1, {HAND: 1 / 100}),
            lane("D", "decode", "B", 1, {HAND: 1 / 6}),
            lane("M", "mixed", "C", 1, {SPOT: 1 / 5}),
        ],
        nodes=[("A", 1, 1.0, 1), ("B", 1, 1.0, 1), ("C", 1, 1.0, 1)],
        required_rps={"chat": 7.0},
    )
    decision = decide(table)
    assert instances(decision) == {"P": 1, "D": 1, "M": 1}
    loads = work(table, decision)
    assert all(load <= instances(decision)[name] * (1 + 1e-9) for name, load in loads.items())
    assert sum(decision.routed_rps["D", "always"].values()) + sum(
        decision.routed_rps["M", "always"].values()
    ) == pytest.approx(7.0)


def test_no_idle_instance_and_equal_loads():
    """One paid node of 8 holds up to four instances of 2; 3 requests per second at 1/2 each need two of them."""
    table = table_of(
        lanes=[lane("M1", "mixed", "A", 2, {SPOT: 1 / 2}), lane("M2", "mixed", "B", 2, {SPOT: 1 / 2})],
        nodes=[("A", 2, 1.0, 1), ("B", 8, 1.5, 1)],
        required_rps={"chat": 3.0},
    )
    decision = decide(table)  # B alone is cheapest: 1.5
    assert decision.bound_per_h == pytest.approx(1.5)
    assert instances(decision) == {"M1": 0, "M2": 2}


def test_pools_of_one_role_share_the_work_evenly():
    """Lanes of two SKUs with one instance each and 1.2 requests per second at 1 each: 0.6 and 0.6, not 1 and 0.2."""
    table = table_of(
        lanes=[lane("M1", "mixed", "A", 1, {SPOT: 1.0}), lane("M2", "mixed", "B", 1, {SPOT: 1.0})],
        nodes=[("A", 1, 1.0, 1), ("B", 1, 1.0, 1)],
        required_rps={"chat": 1.2},
    )
    assert work(table, decide(table)) == pytest.approx({"M1": 0.6, "M2": 0.6})


def test_a_fleet_that_no_lane_can_serve_and_that_asks_for_nothing_needs_nothing():
    idle = document(1, 2, 1, seed=3)
    for workload in idle["workloads"].values():
        workload["requests_per_second"] = 0
    for number, sku in enumerate(idle["skus"].values()):
        sku["gpu"] = f"unknown-{number}"
    plan = answer_of(idle)
    assert plan.status == "optimal"
    assert plan.cost_per_hour == 0
    assert plan.pools == ()


@pytest.mark.parametrize("risk", [None, {"weight": 0.4, "cvar": 0.8}])
def test_tidying_costs_no_more_where_starts_and_scenarios_cost(risk):
    fleet = document(2, 4, 4, seed=7)
    for model in fleet["models"].values():
        model["start_usd"] = 2.5
    scenarios = {"usual": {"probability": 0.7}, "more": {"probability": 0.3, "demand": 1.6}}
    table = lane_table(fleet_of(changed(fleet, scenarios=scenarios, **({"risk": risk} if risk else {}))))
    matrix = compile_matrix(build(table))
    found = run(matrix, 1.0)
    decision = tidy(table, matrix, found, 10.0)
    assert decision.minimised_per_h <= found.objective * (1 + 1e-6)
