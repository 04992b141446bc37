"""What may be gone: what the door refuses, what the audit finds, what the plan says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.samples import answer_of, changed, fleet_of, lane, paper, town
from tests.theory.test_site_losses import shared_case, shared_fleet, split_case, split_fleet

import pdopt
from pdopt.capacity.lanes import every_lane
from pdopt.capacity.prune import prune
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Redundancy, Uncertainty
from pdopt.plan.audit import audit
from pdopt.render.plan import answer_lines
from pdopt.render.text import show


def faults(document: dict) -> list[str]:
    with pytest.raises(FleetFaults) as raised:
        fleet_of(document)
    return [f"{fault.path}: {fault.sentence}" for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"nodes": -1}, "redundancy.nodes: must be greater than or equal to 0, got -1"),
        ({"nodes": 1.5}, "redundancy.nodes: must be a whole number"),
        ({"nodes": 1, "serve": 0}, "redundancy.serve: must be greater than 0, got 0"),
        ({"nodes": 1, "serve": "110 %"}, "redundancy.serve: must be less than or equal to 1, got '110 %'"),
        ({"node": 1}, "redundancy.node: unknown key; did you mean nodes"),
        (1, "redundancy: must be a mapping with instances, nodes"),
    ],
)
def test_faults_of_redundancy(written, said):
    (complaint,) = faults(changed(paper(), redundancy=written))
    assert complaint.startswith(said)


def test_redundancy_is_read():
    document = changed(paper(), redundancy={"instances": 1, "nodes": 2, "serve": "90 %"})
    assert fleet_of(document).redundancy == Redundancy(1, 2, serve=0.9)


def test_a_part_to_serve_of_nothing_gone_is_noted():
    notes = fleet_of(changed(paper(), redundancy={"serve": 0.9})).notes
    assert any(note.startswith("redundancy.serve has no effect") for note in notes)
    assert answer_of(changed(paper(), redundancy={"serve": 0.9})).redundancy == {}


def test_spares_are_those_of_the_shape_on_the_node():
    """Town's nodes have 8 GPUs; instances of 4 stand two on a node, those of 2 four; three instances are asked for."""
    fleet = fleet_of(changed(town(), redundancy={"instances": 3, "nodes": 1}))
    assert {(lane.shape.gpus, lane.spares) for lane in every_lane(fleet).lanes} == {(4, 3), (2, 4)}


def test_the_node_is_the_physical_one_where_gpus_are_billed():
    document = changed(changed(town(), redundancy={"nodes": 1}), "skus", "big-node", billing="gpu")
    lanes = every_lane(fleet_of(document)).lanes
    assert {lane.spares for lane in lanes if lane.sku == "big-node"} == {2}


def test_a_lane_that_needs_more_spares_does_not_replace_another():
    """Two of 3 GPUs carry what one of 8 does, but a node of 8 GPUs may meet four of them, and only one of the 8."""
    small = lane("small", "mixed", "S", 3, {("a", ""): 2.0})
    large = lane("large", "mixed", "S", 8, {("a", ""): 1.0})
    assert prune([large, small]) == [small]
    small, large = replace(small, spares=4), replace(large, spares=1)
    assert prune([large, small]) == [large, small]


@pytest.mark.parametrize("redundancy", [{"instances": 1}, {"nodes": 1}])
def test_one_instance_less_is_found_by_the_audit(redundancy):
    fleet = fleet_of(changed(paper(), redundancy=redundancy))
    plan = answer_of(changed(paper(), redundancy=redundancy))
    assert audit(fleet, plan) == []
    for i, pool in enumerate(plan.pools):
        fewer = pool.model_copy(update={"instances": pool.instances - 1})
        told = audit(fleet, plan.model_copy(update={"pools": (*plan.pools[:i], fewer, *plan.pools[i + 1 :])}))
        assert any("instances gone" in words and pool.role in words for words in told)
    stricter = replace(fleet, redundancy=replace(fleet.redundancy, nodes=2))
    assert any("(2 nodes)" in words and "exceeds" in words for words in audit(stricter, plan))


def test_a_plan_without_spares_is_found_by_the_audit():
    plan = answer_of(paper())
    told = audit(fleet_of(changed(paper(), redundancy={"nodes": 4})), plan)
    assert told
    assert all("none is left" in words for words in told)


def test_a_plan_that_keeps_a_part_is_found_where_more_is_asked_for():
    plan = answer_of(changed(paper(), redundancy={"instances": 2, "serve": 0.5}))
    assert any("2 of" in words for words in audit(fleet_of(changed(paper(), redundancy={"instances": 2})), plan))


@pytest.mark.parametrize(
    ("redundancy", "said"),
    [
        ({"instances": 1}, "every pool keeps its targets with 1 instance gone"),
        ({"instances": 3, "nodes": 2}, "every pool keeps its targets with 3 instances, or 2 nodes gone"),
        (
            {"nodes": 1, "serve": 0.9},
            "every pool carries at least 90 % of its load within its targets with 1 node gone",
        ),
    ],
)
def test_the_plan_says_what_may_be_gone(redundancy, said, capsys):
    plan = answer_of(changed(paper(), redundancy=redundancy))
    assert plan.redundancy == redundancy
    show(answer_lines(plan))
    assert said in capsys.readouterr().out


def uncertain(**written) -> dict:
    return changed(town(), uncertainty=written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"workloads": -1, "deviation": 0.2}, "uncertainty.workloads: must be greater than or equal to 0, got -1"),
        ({"workloads": 1}, "uncertainty.deviation: is missing; give the fraction of work"),
        ({"deviation": 0.1}, "uncertainty.workloads: is missing; give how many workloads"),
        ({"workloads": 1, "deviation": "300 %"}, "uncertainty.deviation: must be less than or equal to 2"),
        ({"workloads": 1, "deviation": {"chat": -0.1}}, "uncertainty.deviation.chat: must be greater than or equal"),
        ({"workloads": 1, "deviation": {"chta": 0.1}}, "uncertainty.deviation.chta: is not one of workloads; did you"),
        ({"workloads": 1, "deviation": [0.1]}, "uncertainty.deviation: must be a number"),
        ({"workloads": 1, "deviations": 0.1, "deviation": 0.1}, "uncertainty.deviations: unknown key; did you mean"),
    ],
)
def test_faults_of_uncertainty(written, said):
    (complaint,) = faults(uncertain(**written))
    assert complaint.startswith(said)


def test_uncertainty_is_read():
    names = list(town()["workloads"])
    assert fleet_of(uncertain(workloads=2, deviation="20 %")).uncertainty == Uncertainty(2, dict.fromkeys(names, 0.2))
    named = {"chat": "30 %", "code": 0}
    assert fleet_of(uncertain(workloads=1, deviation=named)).uncertainty == Uncertainty(1, {"chat": 0.3})
    assert fleet_of(town()).uncertainty == Uncertainty()


def test_a_plan_that_is_too_sure_is_found_by_the_audit():
    plan = answer_of(town())
    told = audit(fleet_of(uncertain(workloads=1, deviation=0.5)), plan)
    assert any("chat deviating" in words and "exceeds" in words for words in told)
    assert not any(" and " in words.split(":")[0] for words in told)
    both = audit(fleet_of(uncertain(workloads=2, deviation=0.5)), plan)
    assert any("chat and code deviating" in words or "code and chat deviating" in words for words in both)


def test_an_instance_less_is_found_where_deviations_and_losses_come_together():
    """Either alone is survived by a plan made for it; both at once are not."""
    fleet = fleet_of(changed(uncertain(workloads=1, deviation=0.9), redundancy={"instances": 1}))
    alone = [answer_of(uncertain(workloads=1, deviation=0.9)), answer_of(changed(town(), redundancy={"instances": 1}))]
    for plan in alone:
        assert any("instances gone, " in words and "deviating" in words for words in audit(fleet, plan))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"workloads": 1, "deviation": 0.2}, "any one of its workloads brings up to 20 % more work than stated"),
        (
            {"workloads": 2, "deviation": {"chat": 0.3, "code": 0.1}},
            "any 2 of its workloads bring more work than stated (chat up to 30 %, code up to 10 %)",
        ),
    ],
)
def test_the_plan_says_what_may_deviate(written, said, capsys):
    plan = answer_of(uncertain(**written))
    assert plan.uncertainty.workloads == written["workloads"]
    show(answer_lines(plan))
    assert f"uncertainty: every pool keeps its targets when {said}" in capsys.readouterr().out


def test_a_plan_that_nothing_is_asked_of_says_nothing(capsys):
    plan = answer_of(uncertain(workloads=0, deviation=0.2))
    assert (plan.uncertainty, plan.redundancy) == (None, {})
    show(answer_lines(plan))
    shown = capsys.readouterr().out
    assert "uncertainty" not in shown
    assert "redundancy" not in shown


def three_sites(**redundancy) -> dict:
    return changed(split_fleet(split_case(1)), redundancy=redundancy)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (changed(town(), redundancy={"sites": 1}), "redundancy.sites: needs sites: with a name for each, and site:"),
        (three_sites(sites=3), "redundancy.sites: is 3, but all SKUs stand in east and north and west: none is left"),
        (
            changed(three_sites(sites=2), "workloads", "chat", sites=["east", "west"]),
            "workloads.chat.sites: names only east and west, so nothing serves it when 2 sites are gone",
        ),
    ],
)
def test_faults_of_sites_that_may_be_gone(document, said):
    (complaint,) = faults(document)
    assert complaint.startswith(said)


def test_a_pin_is_no_fault_where_nothing_must_be_served():
    document = changed(three_sites(sites=1), "workloads", "chat", sites=["east"], min_served=0)
    assert answer_of(document).cost_per_hour == 0


def test_a_pin_that_passes_the_door_is_told_as_infeasible():
    """As `explain` asks: one more site to be gone than the pins allow."""
    fleet = fleet_of(changed(three_sites(sites=1), "workloads", "chat", sites=["east", "west"]))
    answer = pdopt.solve(replace(fleet, redundancy=replace(fleet.redundancy, sites=2)))
    assert answer.status == "infeasible"
    (reason,) = answer.reasons
    assert (reason.kind, reason.workload) == ("site", "chat")
    assert reason.sentence.startswith("chat: with east and west gone, nothing is left that can serve it")
    assert "let it use more sites" in reason.sentence


def test_too_small_a_stock_for_a_lost_site_names_both():
    """One P and one D in each site carry 3.95, 5.57 and 3.56 requests per second: 7.51 without the second."""
    fleet = three_sites(sites=1)
    for sku in fleet["skus"].values():
        sku["available"] = 2
    answer = answer_of(changed(fleet, "workloads", "chat", requests_per_second=8))
    assert answer.status == "infeasible"
    assert any(reason.limit == "redundancy.sites" for reason in answer.reasons)
    (fraction,) = [reason.largest_fraction for reason in answer.reasons if reason.kind == "demand"]
    assert fraction * 8 == pytest.approx(7.51066, rel=1e-5)
    less = changed(fleet, "workloads", "chat", requests_per_second=8 * fraction * 0.9999)
    assert answer_of(less).status == "optimal"
    more = changed(fleet, "workloads", "chat", requests_per_second=8 * fraction * 1.0001)
    assert answer_of(more).status == "infeasible"


@pytest.fixture(scope="module")
def survivor():
    fleet = fleet_of(changed(three_sites(sites=1, serve=0.9), margins={"demand": 0.1}))
    return fleet, pdopt.solve(fleet)


def with_after(plan, gone, pools):
    return plan.model_copy(update={"after_losing": {**plan.after_losing, gone: tuple(pools)}})


def test_a_plan_that_survives_a_site_has_nothing_to_be_told(survivor):
    fleet, plan = survivor
    assert plan.status == "optimal"
    assert audit(fleet, plan) == []
    assert set(plan.after_losing) == {"east", "north", "west"}


def test_what_is_left_is_audited(survivor):
    fleet, plan = survivor
    gone = "east"
    first, *others = plan.after_losing[gone]

    def told(*pools):
        return [words for words in audit(fleet, with_after(plan, gone, pools)) if words.startswith("with east gone: ")]

    def changed_first(**values):
        return told(first.model_copy(update=values), *others)

    assert any("carries 0 of" in words for words in told())
    assert any("instances serve" in words for words in changed_first(instances=first.instances + 1))
    assert any("stands in east" in words for words in changed_first(sku="east", gpu="east", site="east"))
    assert any("carries less than nothing" in words for words in changed_first(serves={"chat": -1.0}))
    less = {name: rate * 0.99 for name, rate in first.serves.items()}
    assert any("carries" in words for words in changed_first(serves=less))
    assert any("exceeds" in words for words in changed_first(serves={"chat": first.serves["chat"] * 3}))
    decode = next(pool for pool in (first, *others) if pool.role == "decode")
    rest = [pool for pool in (first, *others) if pool is not decode]
    assert any("differ by" in words for words in told(*rest, decode.model_copy(update={"handover": "nowhere"})))


def test_nothing_said_of_a_lost_site_is_found(survivor):
    fleet, plan = survivor
    told = audit(fleet, plan.model_copy(update={"after_losing": None}))
    assert {words.split(":")[0] for words in told} == {"with east gone", "with north gone", "with west gone"}


def test_a_plan_in_one_site_is_found_where_it_may_be_gone():
    sure = answer_of(changed(three_sites(), redundancy=None))
    (site,) = {pool.sku for pool in sure.pools}
    told = audit(fleet_of(three_sites(sites=1)), sure)
    assert any(f"with {site} gone: chat: prefill carries 0 of" in words for words in told)


def test_pins_are_audited_among_what_is_left():
    case = shared_case(1)
    fleet, plan = fleet_of(shared_fleet(case)), answer_of(shared_fleet(case))
    (elsewhere,) = set(fleet.sites) - set(case["pinned"])
    moved = fleet_of(changed(shared_fleet(case), "workloads", "v", sites=[elsewhere, case["pinned"][0]]))
    assert audit(fleet, plan) == []
    assert any("gone: " in words and "only" in words for words in audit(moved, plan))


def test_the_plan_says_that_sites_may_be_gone(survivor, capsys):
    _, plan = survivor
    show(answer_lines(plan))
    said = "redundancy: when any one site is gone, the others serve 90 % of what each workload must get (how: --json)"
    assert said in capsys.readouterr().out
    assert plan.redundancy == {"sites": 1, "serve": 0.9}
