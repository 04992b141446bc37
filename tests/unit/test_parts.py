"""Programs that fall apart once nodes nobody is short of are paid for by what runs on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.peers.sageserve import document as regions_document
from benchmarks.peers.sageserve import drawn
from benchmarks.scale.fleets import document as scale_document
from tests.samples import answer_of, changed, fleet_of, town

from pdopt.capacity.covering import covers
from pdopt.capacity.lanes import lane_table
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix
from pdopt.solving import goals, parts
from pdopt.solving.decomposed.owners import owners_of
from pdopt.solving.goals import _alone
from pdopt.solving.highs import run
from pdopt.solving.parts import fold, solve_parts
from pdopt.solving.watch import Until, Watch


def by_gpu(**small) -> dict:
    document = changed(town(), "skus", "big-node", billing="gpu")
    return changed(document, "skus", "small-node", billing="gpu", available=None, **small)


def table_of(document: dict):
    skus = {
        name: {key: value for key, value in sku.items() if value is not None} for name, sku in document["skus"].items()
    }
    return lane_table(fleet_of({**document, "skus": skus}))


def matrix_of(document: dict):
    return compile_matrix(build(table_of(document)))


def test_llms_that_pay_by_gpu_are_solved_apart_and_cost_the_same():
    table = table_of(by_gpu())
    matrix = compile_matrix(build(table))
    apart = solve_parts(owners_of(table, matrix), matrix, Until(None, 0.0, Watch()), _alone)
    together = run(matrix)
    assert apart.status == together.status == "optimal"
    assert apart.objective == pytest.approx(together.objective)
    assert apart.bound == pytest.approx(together.bound)
    row = matrix.a @ apart.values
    assert (row <= matrix.row_upper + 1e-6).all()
    assert (row >= matrix.row_lower - 1e-6).all()
    assert matrix.cost @ apart.values == pytest.approx(apart.objective)


def test_hours_that_share_nothing_are_solved_apart_and_cost_the_same():
    table = lane_table(fleet_of(scale_document(2, 3, 4, seed=2)))
    matrix, heard = compile_matrix(build(table)), []
    apart = solve_parts(owners_of(table, matrix), matrix, Until(watch=Watch(heard.append)), _alone)
    together = run(matrix)
    assert apart.status == together.status == "optimal"
    assert apart.objective == pytest.approx(together.objective)
    assert apart.bound == pytest.approx(together.objective)
    activity = matrix.a @ apart.values
    assert np.allclose(activity, np.clip(activity, matrix.row_lower, matrix.row_upper), atol=1e-5)
    told = [progress for progress in heard if progress.best is not None and progress.bound is not None]
    assert told  # only once all hours have a plan
    assert all(progress.bound <= together.objective * (1 + 1e-7) for progress in told)
    assert all(progress.best >= together.objective * (1 - 1e-7) for progress in told)


def test_one_hour_alone_is_one_part():
    table = lane_table(fleet_of(scale_document(3, 3, 1, seed=2)))
    matrix = compile_matrix(build(table))
    assert solve_parts(owners_of(table, matrix), matrix, Until(), _alone) is None


def test_nodes_that_are_short_stay():
    """Stock bounds the nodes of one SKU, so only the other's are folded, and the LLMs still meet."""
    matrix = matrix_of(by_gpu() | {"skus": changed(by_gpu(), "skus", "small-node", available=12)["skus"]})
    folded = fold(matrix)
    names = {matrix_name for (matrix_name, index), column in matrix.column_of.items() if column in folded.nodes}
    assert names == {"Nodes"}
    assert len(folded.nodes) == 1


def test_nodes_of_several_gpus_stay():
    """An instance of 4 GPUs on a node of 8 takes half a node: rounding up is shared, nothing can be folded."""
    assert len(fold(matrix_of(town())).nodes) == 0


def test_unfolding_gives_as_many_nodes_as_are_taken():
    matrix = matrix_of(by_gpu())
    folded = fold(matrix)
    counts = np.where(folded.matrix.whole, 2.0, 0.0)
    found = folded.unfolded(counts)
    assert folded.matrix.cost @ counts == pytest.approx(matrix.cost @ found)
    gpus = {"big-node": 4, "small-node": 2}
    for (variable, index), column in matrix.column_of.items():
        if variable == "Nodes":
            sku = index[0] if isinstance(index, tuple) else index
            lanes = [c for (name, of), c in matrix.column_of.items() if name == "Instances" and f"{sku}" in str(of)]
            assert found[column] == 2 * gpus[sku] * len(lanes)


def test_no_more_is_served_than_comes_where_workloads_of_an_llm_share_no_pool():
    """Two sites, unequally loaded: the largest load is that of one, and says nothing of the other."""
    rows = [
        {"gpu": "g", "gpus": 1, "input_tokens": 100, "output_tokens": 10, "requests_per_s": 10.0}
        | {"ttft_mean_ms": 500, "tpot_mean_ms": 20}
    ]
    common = {"model": "llm", "input_tokens": 100, "output_tokens": 10}
    slo = {"slo": {"ttft_mean_ms": 500, "tpot_mean_ms": 20}}
    plan = answer_of(
        {
            "sites": {"a": {}, "b": {}},
            "skus": {f"g-{site}": {"gpu": "g", "gpus": 1, "usd_per_hour": 1, "site": site} for site in "ab"},
            "models": {"llm": {"mixed": rows}},
            "workloads": {
                "a": {**common, **slo, "sites": "a", "requests_per_second": 9.5},
                "b": {**common, **slo, "sites": "b", "requests_per_second": 3.0},
            },
        }
    )
    assert plan.status == "optimal"
    assert {name: rate for pool in plan.pools for name, rate in pool.serves.items()} == pytest.approx(
        {"a": 9.5, "b": 3.0}
    )


def test_a_day_of_regions_whose_starts_cost_falls_into_llms_and_regions(monkeypatch):
    table = lane_table(fleet_of(regions_document(drawn(2, 3, 2, 6))))
    matrix, asked = compile_matrix(build(table)), []

    def alone(*arguments, **options):
        asked.append(arguments[1].a.shape)
        return _alone(*arguments, **options)

    monkeypatch.setattr(goals, "solve_decomposed", None)  # starts join the hours: by hours, little could be said
    apart = solve_parts(owners_of(table, matrix), matrix, Until(), alone)
    together = run(matrix)
    assert len(asked) == 2 * 3
    assert apart.status == together.status == "optimal"
    assert apart.objective == pytest.approx(together.objective)


def test_only_workloads_that_meet_in_a_lane_are_counted_together():
    """Those of `a` and `b` meet in what may go to both sites, `c` stands alone."""
    rates = {"a": ["a"], "b": ["b"], "ab": ["a", "b"], "c": ["c"]}
    fleet = regions_document(drawn(1, 3, 2, 1), 0)
    workload = fleet["workloads"]["m0-r0"]
    sites = {name: {} for name in "abc"}
    skus = {name: {**sku, "site": "abc"[int(name[-1])]} for name, sku in fleet["skus"].items()}
    workloads = {name: {**workload, "sites": where} for name, where in rates.items()}
    table = lane_table(fleet_of({**fleet, "sites": sites, "skus": skus, "workloads": workloads}))
    found = {frozenset(cover.weights) for cover in covers(table)}
    assert frozenset({"c"}) in found
    assert frozenset({"a", "b", "ab"}) in found
    assert not [names for names in found if "c" in names and len(names) > 1]


def test_parts_that_are_not_proven_are_tried_again_with_more_time(monkeypatch):
    table = lane_table(fleet_of(scale_document(1, 2, 4, seed=2)))
    matrix, tries = compile_matrix(build(table)), []

    def slow(owners, part, until, start, *, threads):
        seconds = until.left_s()
        tries.append((seconds, None if start is None else float(part.cost @ start)))
        found = run(part)
        return found if seconds > 0.3 else replace(found, status="feasible", bound=found.bound - 1)

    monkeypatch.setattr(parts, "cpu_count", lambda: 1)
    found = solve_parts(owners_of(table, matrix), matrix, Until.within(3.6), slow)
    assert found.status == "optimal"
    assert found.bound == pytest.approx(run(matrix).objective)
    first, again = tries[:4], tries[4:]
    assert len(again) == 4
    assert all(start is None and seconds < 0.3 for seconds, start in first)
    assert all(start is not None and seconds > 0.3 for seconds, start in again)


def test_what_is_not_proven_in_time_keeps_the_best_of_all_tries(monkeypatch):
    table = lane_table(fleet_of(scale_document(1, 2, 4, seed=2)))
    matrix = compile_matrix(build(table))
    least = run(matrix).objective

    def never(owners, part, until, start, *, threads):
        found = run(part)  # at first a good bound, then a worse one and no plan
        if start is None:
            return replace(found, status="feasible", bound=found.bound - 0.001)
        return replace(found, status="unknown", values=None, objective=None, bound=found.bound - 1)

    monkeypatch.setattr(parts, "cpu_count", lambda: 1)
    found = solve_parts(owners_of(table, matrix), matrix, Until.within(1.0), never)
    assert found.status == "feasible"
    assert found.objective == pytest.approx(least)
    assert found.bound == pytest.approx(least - 4 * 0.001)
