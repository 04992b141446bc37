"""Whether numbers of nodes are possible: two solvers at once, of which only a denial of the second is heard."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csc_array

from pdopt.program.matrix import Matrix
from pdopt.solving.decomposed import decide
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.highs import Outcome
from pdopt.solving.watch import Watch

ONE = np.ones(1)
PROGRAM = Matrix(0 * ONE, 0 * ONE, 9 * ONE, np.array([True]), ONE, ONE, 2 * ONE, csc_array(np.ones((1, 1))), {}, {})
PRICED = replace(PROGRAM, cost=ONE)
NEVER, UNKNOWN = Outcome("infeasible", None, None, np.inf), Outcome("unknown", None, None, -np.inf)
LIMIT = decide.Limit(9.0, 100)
FOUND = Outcome("optimal", 2 * ONE, 0.0, 0.0)


def raced(monkeypatch, plain, priced, count=2):
    watch = Watch()

    def run(matrix, seconds, options, watch):
        return (priced if matrix.cost.any() else plain)(watch)

    monkeypatch.setattr(decide, "run", run)
    with ThreadPoolExecutor(2) as pool:
        outcome = decide._raced(PROGRAM, PRICED, LIMIT, Workers(pool, count, watch))
    assert not watch.stopped  # only the two were
    return outcome


def until_stopped(watch: Watch) -> Outcome:
    pause = Event()
    while not watch.stopped:
        pause.wait(0.005)
    return UNKNOWN


def test_a_denial_of_the_second_ends_the_first(monkeypatch):
    assert raced(monkeypatch, until_stopped, lambda watch: NEVER) is NEVER


@pytest.mark.parametrize("found", [FOUND, NEVER])
def test_the_first_ends_the_second(monkeypatch, found):
    assert raced(monkeypatch, lambda watch: found, until_stopped) is found


def test_a_plan_of_the_second_is_not_heard(monkeypatch):
    """Who comes first differs from run to run; the plan must not."""
    assert raced(monkeypatch, lambda watch: UNKNOWN, lambda watch: FOUND) is UNKNOWN


@pytest.mark.parametrize(("second", "heard"), [(NEVER, NEVER), (UNKNOWN, FOUND)])
def test_with_one_thread_the_second_goes_first(monkeypatch, second, heard):
    assert raced(monkeypatch, lambda watch: FOUND, lambda watch: second, count=1) is heard


def test_both_say_the_same_of_a_program():
    with ThreadPoolExecutor(2) as pool:
        workers = Workers(pool, 2, Watch())
        assert decide._raced(PROGRAM, PRICED, LIMIT, workers).status == "optimal"
        none = replace(PROGRAM, row_lower=10 * ONE, row_upper=11 * ONE)
        assert decide._raced(none, replace(none, cost=ONE), LIMIT, workers).status == "infeasible"


def test_who_stops_all_stops_both_but_not_the_other_way():
    above = Watch()
    first, second = above.below, above.below
    first.stop()
    assert first.stopped
    assert not second.stopped
    assert not above.stopped
    above.stop()
    assert second.stopped
    assert second.beside(lambda progress: None).stopped


def test_what_is_impossible_without_flows_is_so_with_them():
    """Denied are programs whose rows of whole numbers alone leave none; never one that has a plan."""
    denied = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        whole = np.array([True, True, True, False, False])
        terms = rng.integers(-3, 6, (4, 5)) * rng.integers(0, 2, (4, 5))
        terms[rng.integers(0, 4, 2), 3:] = 0
        most = rng.integers(0, 9, 4).astype(float)
        lower, upper = np.zeros(5), np.full(5, 3.0)
        ones, least = np.ones(5), most - rng.integers(0, 5, 4)
        program = Matrix(0 * ones, lower, upper, whole, ones, least, most, csc_array(terms.astype(float)), {}, {})
        if decide.run(decide._without_flows(program)).status == "infeasible":
            denied += 1
            numbers = itertools.product(range(4), repeat=3)
            assert not any(_flows_exist(program, np.array(one, dtype=float)) for one in numbers)
    assert denied > 5


def _flows_exist(program: Matrix, numbers: np.ndarray) -> bool:
    whole, a = program.whole, program.a.toarray()
    taken, flows = a[:, whole] @ numbers, a[:, ~whole]
    rows = np.vstack([flows, -flows])
    most = np.concatenate([program.row_upper - taken, taken - program.row_lower])
    return linprog(np.zeros(flows.shape[1]), A_ub=rows, b_ub=most, bounds=(0, 3)).status == 0
