"""The programs of peers, and that pdopt plans the same input: against enumeration and against one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from benchmarks.peers import sageserve
from benchmarks.peers.inputs import drawn
from benchmarks.peers.ours import planned, write_fleet
from benchmarks.scale.dominance import dominated
from benchmarks.scale.fleets import document
from tests.samples import fleet_of

from pdopt.capacity.lanes import lane_table


def cheapest_of_two_types(given) -> float:
    """Enumerate counts of the first type; what is then left for the second is a fractional knapsack."""
    load = given.wanted_rps[:, None] / given.carried_rps
    order = np.argsort(load[:, 0] / load[:, 1])  # what the first type is best at comes first
    found = []
    for first in range(int(np.ceil(load[:, 0].sum())) + 1):
        room, left = float(first), 0.0
        for bucket in order:
            part = min(1.0, room / load[bucket, 0])
            room -= part * load[bucket, 0]
            left += (1 - part) * load[bucket, 1]
        found.append(first * given.usd_per_h[0] + np.ceil(left - 1e-9) * given.usd_per_h[1])
    return min(found)


@pytest.mark.parametrize(("side", "seed"), [(2, 0), (3, 1), (4, 2), (5, 3)])
def test_buckets_are_planned_at_the_cost_of_enumeration(tmp_path: Path, side: int, seed: int) -> None:
    given = drawn(2, side, 4, seed)
    found = planned(write_fleet(given, tmp_path))
    assert found.status == "optimal"
    assert found.usd_per_h == pytest.approx(cheapest_of_two_types(given))


def test_the_generator_draws_the_same_again_and_only_slices_differ() -> None:
    one, other = drawn(3, 4, 4), drawn(3, 4, 8)
    assert (one.carried_rps == other.carried_rps).all()
    assert (one.share == other.share).all()
    assert one.share.sum() == pytest.approx(1.0)


def test_no_node_of_the_generator_replaces_another_in_every_plan() -> None:
    assert dominated(lane_table(fleet_of(document(12, 12)))) == []


def test_a_node_that_costs_less_and_carries_more_is_found() -> None:
    asked = document(3, 3)
    asked["skus"]["again"] = {**asked["skus"]["h100-sxm"], "usd_per_hour": 1.0}
    assert ("again", "h100-sxm") in dominated(lane_table(fleet_of(asked)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_melange_is_never_cheaper_and_knows_no_unservable_bucket(tmp_path: Path) -> None:
    pytest.importorskip("pulp")
    from benchmarks.peers.buckets import aibrix_rows
    from benchmarks.peers.cbc import solved
    from benchmarks.peers.melange import melange

    given = drawn(2, 3, 2, 5)
    theirs = solved(melange(given).program, 30)
    assert theirs.proven
    assert planned(write_fleet(given, tmp_path)).usd_per_h <= theirs.cost + 1e-6
    some, none = aibrix_rows(30)
    assert some["melange"] == none["melange"] == "ZeroDivisionError"
    assert "proven" in some["pdopt"]
    assert none["pdopt"].startswith("bucket-25000-2000:")
    assert int(none["aibrix"].split()[0].replace(",", "")) > 1_000_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_hour_of_sageserve_costs_pdopt_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pulp")
    from benchmarks.peers.cbc import solved
    from benchmarks.peers.regions import _running

    fleet = sageserve.drawn(2, 2, 2, 24, seed=3)
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(sageserve.document(fleet, 8)), encoding="utf-8")
    before = planned(file)
    file.write_text(yaml.safe_dump(sageserve.document(fleet, 9)), encoding="utf-8")
    after, running = planned(file, current=before.plan), _running(fleet, before)
    kept = sum(fleet.usd_per_h[gpu] * count for (_, _, gpu), count in running.items())
    theirs = solved(sageserve.one_hour(fleet, 9, running)[0], 60, plus=kept)
    assert theirs.proven
    assert after.usd_per_h == pytest.approx(theirs.cost)
