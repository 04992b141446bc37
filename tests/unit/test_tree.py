"""The search tree over whole values gives what trying all of them gives, rows and exclusions coming in between."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.sparse import csc_array

from pdopt.program.matrix import Matrix
from pdopt.solving.decomposed.tree import Exclusion, Tree

MOST = 4


def going_on() -> bool:
    return False


def program(random: np.random.Generator, columns: int, rows: int) -> Matrix:
    """Give whole columns that must cover some rows, the last column any number, as what blocks cost is."""
    count = columns + 1
    return Matrix(
        cost=np.append(random.integers(3, 30, columns) / 4, 1.0),
        lower=np.zeros(count),
        upper=np.append(np.full(columns, float(MOST)), 50.0),
        whole=np.append(np.ones(columns, dtype=bool), False),
        unit=np.ones(count),
        row_lower=random.uniform(3, 9, rows),
        row_upper=np.full(rows, np.inf),
        a=csc_array(random.uniform(0, 3, (rows, count))),
        column_of={},
        row_of={},
    )


def cheapest(matrix: Matrix, rows: list[tuple[np.ndarray, float]], excluded: list[Exclusion]) -> float:
    """Try all whole values, the last column as small as the rows let it be."""
    columns = len(matrix.cost) - 1
    terms = np.vstack([matrix.a.toarray(), *(row for row, _ in rows)])
    least = np.append(matrix.row_lower, [at_least for _, at_least in rows])
    best = np.inf
    for counts in product(range(MOST + 1), repeat=columns):
        values = np.array([*counts, 0.0])
        missing = least - terms @ values
        with np.errstate(divide="ignore", invalid="ignore"):
            values[-1] = max(0.0, *np.where(missing > 0, missing / terms[:, -1], 0.0))
        if values[-1] <= 50.0 and not any(exclusion.holds(values) for exclusion in excluded):
            best = min(best, float(matrix.cost @ values))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_of_all_whole_values(seed):
    """Each time anew: a row is added, or what was the cheapest is excluded, alone or with all that is less."""
    random = np.random.default_rng(seed)
    matrix = program(random, 4, 3)
    tree, rows, excluded, bound = Tree(matrix), list[tuple[np.ndarray, float]](), list[Exclusion](), -np.inf
    for step in range(8):
        found = tree.cheapest(excluded, np.inf, going_on)
        expected = cheapest(matrix, rows, excluded)
        assert found.bound == pytest.approx(expected, rel=1e-7)
        if found.values is None:
            assert (found.status, expected) == ("infeasible", np.inf)
            return
        assert found.objective == pytest.approx(expected, rel=1e-6)
        assert found.bound >= bound - 1e-9
        bound = found.bound
        if step % 2:
            excluded.append(
                Exclusion(np.arange(4), np.round(found.values[:4]), random.choice([False, True], 4, p=[0.6, 0.4]))
            )
        else:
            row = random.uniform(0, 3, 5)
            rows.append((row, float(row @ found.values + 0.5)))
            tree.relaxation.add(*rows[-1])


def test_nothing_below_what_is_known():
    matrix = program(np.random.default_rng(1), 4, 3)
    best = cheapest(matrix, [], [])
    assert Tree(matrix).cheapest([], best * (1 - 1e-9), going_on).status == "infeasible"
    assert Tree(matrix).cheapest([], best * (1 + 1e-6), going_on).objective == pytest.approx(best)


def test_a_stop_tells_a_bound():
    matrix = program(np.random.default_rng(2), 4, 3)
    tree = Tree(matrix)
    stopped = tree.cheapest([], np.inf, lambda: True)
    assert (stopped.status, stopped.values) == ("unknown", None)
    assert stopped.bound <= cheapest(matrix, [], [])
    assert tree.cheapest([], np.inf, going_on).objective == pytest.approx(cheapest(matrix, [], []))


def test_what_nothing_bounds_is_not_called_impossible():
    matrix = program(np.random.default_rng(3), 4, 3)
    endless = Matrix(**{**vars(matrix), "lower": np.append(np.zeros(4), -np.inf), "row_lower": np.full(3, -np.inf)})
    assert Tree(endless).cheapest([], np.inf, going_on).status == "unknown"
