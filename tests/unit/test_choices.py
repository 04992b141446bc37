"""Whether blocks have plans at some node counts: writing out what each may take tells as much as trying all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from pdopt.program.matrix import Matrix
from pdopt.solving.decomposed import decide
from pdopt.solving.decomposed.apart import Workers
from pdopt.solving.decomposed.blocks import Split, split
from pdopt.solving.decomposed.choices import choose, countable
from pdopt.solving.decomposed.decide import Limit
from pdopt.solving.decomposed.outer import Cut
from pdopt.solving.decomposed.owners import Owners
from pdopt.solving.decomposed.pricing import Asked, cut_of
from pdopt.solving.watch import Watch

SKUS, LANES, BLOCKS, MOST = 2, 3, 3, 3


def program(random: np.random.Generator) -> Split:
    """Give nodes of two SKUs, and blocks of three lanes that must carry something; a lane takes GPUs of one SKU."""
    columns = SKUS + BLOCKS * LANES
    a, lower = np.zeros((SKUS + 2 * BLOCKS, columns)), np.zeros(SKUS + 2 * BLOCKS)
    a[:SKUS, :SKUS] = 4 * np.eye(SKUS)
    block = np.full(columns, -1)
    for number in range(BLOCKS):
        mine = SKUS + number * LANES + np.arange(LANES)
        block[mine] = number
        for lane in mine:
            a[random.integers(SKUS), lane] = -float(random.integers(1, 4))
        for row in (SKUS + 2 * number, SKUS + 2 * number + 1):
            a[row, mine] = random.uniform(0.5, 2.0, LANES)
            lower[row] = random.uniform(1.0, 4.0)
    ones = np.ones(columns)
    matrix = Matrix(
        cost=np.where(np.arange(columns) < SKUS, random.uniform(1, 3, columns), 0.0),
        lower=0 * ones,
        upper=np.where(np.arange(columns) < SKUS, 9.0, float(MOST)),
        whole=ones > 0,
        unit=ones,
        row_lower=lower,
        row_upper=np.full(len(lower), np.inf),
        a=csc_array(a),
        column_of={},
        row_of={},
    )
    return split(Owners(block, np.zeros(columns, dtype=int), matrix.upper, ones < 0), matrix)


def plans(parts: Split, block: int) -> list[np.ndarray]:
    matrix = parts.blocks[block].matrix
    every = (np.array(counts, dtype=float) for counts in product(range(MOST + 1), repeat=LANES))
    return [counts for counts in every if (matrix.a @ counts >= matrix.row_lower).all()]


def cuts_of(parts: Split, random: np.random.Generator, count: int) -> list[Cut]:
    """Price the rows at random, and try all plans for the least."""
    found = []
    for _ in range(count):
        asked = Asked(random.uniform(0, 1, len(parts.linking)), 0.0)
        least = {
            number: min(float(-(block.links.T @ asked.prices) @ plan) for plan in plans(parts, number))
            for number, block in enumerate(parts.blocks)
        }
        found.append(cut_of(parts, 0, asked, least))
    return found


def together(parts: Split) -> list[np.ndarray]:
    """Give what the blocks take together, in each way they can."""
    taken = ([block.links @ plan for plan in plans(parts, number)] for number, block in enumerate(parts.blocks))
    return [np.sum(some, axis=0) for some in product(*taken)]


@pytest.mark.parametrize("seed", range(10))
def test_as_by_trying_all(seed):
    random = np.random.default_rng(seed)
    parts = program(random)
    assert len(parts.groups) == 1
    assert countable(parts, 0)
    cuts, told = cuts_of(parts, random, 6), set()
    every = together(parts)
    with ThreadPoolExecutor(2) as pool:
        for shared in map(np.array, product(range(7), repeat=SKUS)):
            room = parts.shared_links @ shared
            possible = any((room + taken >= 0).all() for taken in every)
            outcome, columns, _ = choose(parts, 0, shared, cuts, Limit(9.0, 100), Workers(pool, 2, Watch()))
            assert (outcome.values is not None) == possible, shared
            told.add(outcome.status)
            if outcome.values is not None:
                values = np.zeros(len(parts.whole.cost))
                values[parts.shared], values[columns] = shared, outcome.values
                assert (parts.whole.a @ values >= parts.whole.row_lower - 1e-6).all()
                assert abs(values - np.round(values)).max() < 1e-6
    assert told == {"optimal", "infeasible"}


def test_stopped_in_the_middle_it_denies_nothing():
    """With one relaxation per block none is written out; then the blocks are left as they are."""
    random = np.random.default_rng(3)
    parts = program(random)
    cuts = cuts_of(parts, random, 6)
    with ThreadPoolExecutor(1) as pool:
        for shared in map(np.array, product(range(7), repeat=SKUS)):
            workers = Workers(pool, 1, Watch())
            long, short = (choose(parts, 0, shared, cuts, Limit(9.0, nodes), workers)[0] for nodes in (100, 0))
            assert short.status in ("unknown", long.status)


@pytest.mark.parametrize("fails", [False, True])
def test_a_relaxation_that_fails_denies_nothing(fails, monkeypatch):
    """The search without writing out, on the same programs: only what is impossible is denied."""
    if fails:
        monkeypatch.setattr(decide, "solve_relaxed", lambda matrix: None)
    parts = program(np.random.default_rng(3))
    every, told = together(parts), set()
    with ThreadPoolExecutor(2) as pool:
        for shared in map(np.array, product(range(7), repeat=SKUS)):
            at = decide.At(shared, np.ones(len(parts.linking)))
            outcome, _ = decide.decide(parts, 0, at, [], Limit(9.0, 100), Workers(pool, 2, Watch()))
            possible = any((parts.shared_links @ shared + taken >= 0).all() for taken in every)
            assert outcome.status == ("optimal" if possible else "infeasible")
            told.add(outcome.status)
    assert told == {"optimal", "infeasible"}


def test_what_cannot_be_counted_is_told():
    parts = program(np.random.default_rng(0))
    first, *others = parts.blocks
    priced = replace(first.matrix, cost=np.ones(len(first.columns)))
    for other in (replace(first, links=csr_array(first.links / 3)), replace(first, matrix=priced)):
        assert not countable(replace(parts, blocks=[other, *others]), 0)
