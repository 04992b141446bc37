"""Small random fleets: the plan costs what the referee's enumeration finds, and the referee's audit finds no fault."""

import json
import random

import pytest
import yaml

import pdopt
from tests.referee.audit import broken_promises
from tests.referee.fleets import Knobs, in_two_sites, random_fleet
from tests.referee.optimum import optimum
from tests.samples import some

SLOW_TO_ENUMERATE = {182, 236, 356, 376}
SEEDS = [seed for seed in range(504) if seed not in SLOW_TO_ENUMERATE]


@pytest.mark.parametrize("seed", some(SEEDS, first=60))
def test_the_plan_is_the_least_cost_and_keeps_its_promises(seed, tmp_path):
    compare(random_fleet(random.Random(seed)), tmp_path)


@pytest.mark.parametrize("seed", some(range(1000, 1080), first=20))
def test_so_it_is_in_two_sites(seed, tmp_path):
    rng = random.Random(seed)
    compare(in_two_sites(rng, random_fleet(rng, Knobs(skus=2, workloads=2))), tmp_path)


def compare(fleet, tmp_path):
    """Solve a fleet, and have the referee look at the answer."""
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(fleet, sort_keys=False))
    answer = pdopt.solve(pdopt.read_fleet(file))
    least = optimum(fleet)
    assert answer.cost_per_hour == (None if least is None else pytest.approx(least, rel=1e-6, abs=1e-9))
    assert answer.status == ("infeasible" if least is None else "optimal")
    assert broken_promises(fleet, json.loads(answer.to_json())) == []
