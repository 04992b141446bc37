"""Sweeps against enumeration, resumed sweeps against whole ones, and what kills workers."""

from __future__ import annotations

import json
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pvariance

import pytest
import yaml
from distributed import LocalCluster

import pdopt
from pdopt.fleet.faults import FleetFaults
from pdopt.studies.sweep import Asked, SweepRefusedError, prepare
from pdopt.studies.sweep.journal import Journal, JournalRefusedError
from pdopt.studies.sweep.outcome import Job, Task, solved
from pdopt.studies.sweep.progress import Progress
from pdopt.studies.sweep.runners import RunnerRefusedError
from pdopt.studies.sweep.runners.workers import processes_here
from tests.samples import changed, cost_of, town
from tests.theory.small import case_of, fleet_of, least, needs

RATE = 9.5
CASE = {"prices": {"a": 7, "b": 11}, "prefill": {"a": 4.0, "b": 7.5}, "decode": {"a": 5.0, "b": 6.5}}
PRICES = ("skus.a.usd_per_hour=[4, 7, 9]", "skus.b.usd_per_hour=[8, 12]")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump(fleet_of(CASE, RATE)))
    return path


def swept(path: Path, *vary: str, **more):
    return pdopt.sweep(path, vary, **{"gap": 0.0, **more})


def without_seconds(rows) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.mark.parametrize("seed", range(3))
def test_every_scenario_of_a_grid_costs_what_enumeration_says(tmp_path, seed):
    case = case_of(random.Random(seed))
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump(fleet_of(case, RATE)))
    factor = "workloads.*.requests_per_second=*[0.5, 1]"
    rows = swept(path, "skus.a.usd_per_hour=[3, 6, 9, 12]", factor).rows()
    assert [row["scenario"] for row in rows] == list(range(8))
    for row in rows:
        pairs = needs(case, RATE * row[factor.partition("=")[0]])
        price = row["skus.a.usd_per_hour"]
        assert row["cost_per_hour"] == pytest.approx(least(a * price + b * case["prices"]["b"] for a, b in pairs))
        paid = (row.get("nodes.a") or 0) * price + (row.get("nodes.b") or 0) * case["prices"]["b"]
        assert paid == pytest.approx(row["cost_per_hour"])


@pytest.mark.parametrize(
    ("vary", "path", "key", "value"),
    [
        ("workloads.chat.slo.tpot_mean_ms=18", ("workloads", "chat", "slo"), "tpot_mean_ms", 18),
        ("workloads.code.cached_tokens=3000", ("workloads", "code"), "cached_tokens", 3000),
        ("workloads.batch.input_tokens=*0.5", ("workloads", "batch"), "input_tokens", 3500),
        ("margins.demand=25 %", ("margins",), "demand", "25 %"),
        ("skus.small-node.available=0", ("skus", "small-node"), "available", 0),
        ("redundancy.instances=1", ("redundancy",), "instances", 1),
    ],
)
def test_a_scenario_costs_what_the_file_so_written_costs(tmp_path, vary, path, key, value):
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(town()))
    (row,) = swept(file, vary).rows()
    assert row["cost_per_hour"] == pytest.approx(cost_of(changed(town(), *path, **{key: value})))


def test_what_fails_is_a_row(file):
    vary = ("workloads.m.slo.ttft_mean_ms=[1000, 1]", "skus.a.gpus=[1, -1]")
    rows = swept(file, *vary).rows()
    assert [row["status"] for row in rows] == ["optimal", "broken", "infeasible", "broken"]
    assert "skus.a.gpus" in rows[1]["why_not"]
    assert "out of reach" in rows[2]["why_not"]
    assert rows[2]["cost_per_hour"] is rows[2]["nodes.a"] is None


def test_a_fault_of_pdopt_in_one_scenario_is_a_row(file, monkeypatch):
    import pdopt.studies.sweep.outcome as outcome

    def solve(fleet, *limits, **more):
        if fleet.skus["a"].usd_per_h == 7:
            raise RuntimeError("lost\nits way")
        return real(fleet, *limits, **more)

    real = outcome.solve
    monkeypatch.setattr(outcome, "solve", solve)
    rows = swept(file, "skus.a.usd_per_hour=[4, 7, 9]").rows()
    assert [row["status"] for row in rows] == ["optimal", "failed", "optimal"]
    assert rows[1]["why_not"] == "RuntimeError: lost"


def test_prices_of_a_list_are_multiplied_as_if_they_stood_in_the_file(tmp_path):
    (tmp_path / "prices.csv").write_text(
        "instance_type,region,gpu,gpus,term,usd_per_hour,source_date,source\n"
        + "".join(f"{name},r,{name},1,on_demand,{price},2026-01-01,y\n" for name, price in CASE["prices"].items())
    )
    listed = {**fleet_of(CASE, RATE), "skus": {"from": "prices.csv", "b": {"available": 1}}}
    file = tmp_path / "listed.yaml"
    file.write_text(yaml.safe_dump(listed))
    written = fleet_of(CASE, RATE)
    written["skus"]["b"]["available"] = 1
    for factor in (0.25, 2):
        (row,) = swept(file, f"skus.b.usd_per_hour=*{factor}").rows()
        assert row["cost_per_hour"] == pytest.approx(cost_of(changed(written, "skus", "b", usd_per_hour=11 * factor)))
    with pytest.raises(SweepRefusedError, match="vary one of the two"):
        swept(file, "skus.*.usd_per_hour=*2", "skus.term=[on_demand, spot]")


# -- what moves the cost --------------------------------------------------------------------------------------------


def test_effects_are_averages_by_value_and_their_share_of_the_variance(file):
    answer = swept(file, *PRICES)
    costs = {(row["skus.a.usd_per_hour"], row["skus.b.usd_per_hour"]): row["cost_per_hour"] for row in answer.rows()}
    (effect,) = (effect for effect in answer.effects if effect.field == "skus.a.usd_per_hour")
    means = [fmean(costs[a, b] for b in (8, 12)) for a in (4, 7, 9)]
    assert [level.mean_cost_per_hour for level in effect.levels] == pytest.approx(means)
    assert effect.moves_per_hour == pytest.approx(max(means) - min(means))
    assert effect.explains == pytest.approx(pvariance(means) / pvariance(costs.values()))
    assert [e.moves_per_hour for e in answer.effects] == sorted(
        (e.moves_per_hour for e in answer.effects), reverse=True
    )


def test_dear_scenarios_without_a_plan_do_not_make_a_field_look_cheap(file):
    """With few nodes of b, twice the demand has no plan where b is all there is: that price of a is left out."""
    vary = ("workloads.*.requests_per_second=*[1, 2]", "skus.a.available=[0, 20]", "skus.b.available=5")
    answer = swept(file, *vary)
    assert [row["status"] for row in answer.rows()].count("infeasible") == 1
    demand = next(effect for effect in answer.effects if "requests" in effect.field)
    assert [level.scenarios for level in demand.levels] == [1, 1]
    assert demand.levels[0].mean_cost_per_hour < demand.levels[1].mean_cost_per_hour


def test_many_values_are_told_by_fifths(file):
    answer = swept(file, "skus.a.usd_per_hour=uniform(4, 9)", samples=11)
    assert [level.scenarios for level in answer.effects[0].levels] == [2, 2, 2, 2, 3]
    assert answer.effects[0].levels[0].least < answer.effects[0].levels[0].most < answer.effects[0].levels[1].least


# -- the journal ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("torn", [0, 30, 700, None])
def test_a_sweep_cut_off_anywhere_goes_on_to_the_same_answer(file, tmp_path, torn, monkeypatch):
    import pdopt.studies.sweep.outcome as outcome

    whole = swept(file, *PRICES, journal=tmp_path / "whole")
    text = (tmp_path / "whole").read_bytes()
    kept = text[:torn]
    (tmp_path / "torn").write_bytes(kept)
    solved, real = [], outcome.solve
    monkeypatch.setattr(outcome, "solve", lambda fleet, *a, **k: solved.append(fleet) or real(fleet, *a, **k))
    assert without_seconds(swept(file, *PRICES, journal=tmp_path / "torn").rows()) == without_seconds(whole.rows())
    assert len(solved) == 6 - max(kept.count(b"\n") - 1, 0)
    lines = [json.loads(line) for line in (tmp_path / "torn").read_bytes().splitlines()[1:]]
    assert sorted(line["scenario"] for line in lines) == list(range(6))


def test_the_journal_of_another_sweep_is_refused_and_left_alone(file, tmp_path):
    journal = tmp_path / "j"
    swept(file, *PRICES, journal=journal)
    before = journal.read_bytes()
    others = [{"gap": 0.1}, {"time_limit_s": 3}]
    for more in others:
        with pytest.raises(JournalRefusedError, match="keeps another sweep"):
            swept(file, *PRICES, journal=journal, **more)
    with pytest.raises(JournalRefusedError):
        swept(file, PRICES[0], journal=journal)
    file.write_text(file.read_text().replace("usd_per_hour: 7", "usd_per_hour: 8"))
    with pytest.raises(JournalRefusedError):
        swept(file, *PRICES, journal=journal)
    assert journal.read_bytes() == before


@pytest.mark.parametrize("content", ["a letter\n", '{"kind": "a plan"}\n', "[1]\n", "no end of line"])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / "j").write_text(content)
    with pytest.raises(JournalRefusedError, match="is no journal"):
        Journal(tmp_path / "j", "x")
    assert (tmp_path / "j").read_text() == content


def test_two_sweeps_cannot_write_into_one_journal(tmp_path):
    first = Journal(tmp_path / "j", "x")
    with pytest.raises(JournalRefusedError, match="another sweep is writing"):
        Journal(tmp_path / "j", "x")
    first.close()
    Journal(tmp_path / "j", "x").close()


# -- at the door ----------------------------------------------------------------------------------------------------


def prepared(path: Path, *vary: str):
    from pdopt.catalogue.folder import CatalogueFolder

    return prepare(path, Asked(vary), CatalogueFolder.find(None))


def test_keys_and_values_that_no_scenario_can_use_are_refused_before_the_start(file):
    for vary, said in (
        ("workloads.m.outputtokens=1:9:3", "did you mean output_tokens or input_tokens?"),
        ("margins.demand=[red, green]", "must be a number, got 'red'"),
        ("skus.a.gpus=uniform(1, 2)", "must be"),
    ):
        with pytest.raises(SweepRefusedError) as refused:
            prepared(file, vary)
        assert said in str(refused.value)
        assert f"{file}:" in str(refused.value)


def test_values_that_are_sound_with_others_only_are_noted(file):
    notes = prepared(file, "workloads.m.cached_tokens=[0, 150]", "workloads.m.input_tokens=100").notes
    assert len(notes) == 1
    assert "cached_tokens=150 cannot be used alone" in notes[0]


def test_faults_of_the_file_itself_are_told_as_ever(file):
    file.write_text(file.read_text().replace("usd_per_hour", "usd"))
    with pytest.raises(FleetFaults):
        prepared(file, *PRICES)


# -- workers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadly(Task):
    """Kills the worker that takes it."""

    def whole_fleet(self, job: Job):
        os.kill(os.getpid(), signal.SIGKILL)


def test_workers_of_a_cluster_give_what_this_process_gives(file, tmp_path):
    here = swept(file, *PRICES)
    with LocalCluster(n_workers=2, processes=False, threads_per_worker=2, dashboard_address=":0") as cluster:
        away = swept(file, *PRICES, cluster=cluster.scheduler_address)
    assert without_seconds(away.rows()) == without_seconds(here.rows())


def test_a_cluster_that_does_not_answer_is_told(file):
    with pytest.raises(RunnerRefusedError, match="no scheduler answers"):
        swept(file, *PRICES, cluster="nonsense")


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_and_a_deadly_scenario_itself_alone(file):
    sweep = prepared(file, "skus.a.usd_per_hour=uniform(4, 9)")
    numbers = range(0, 100, 4)
    tasks = [Task.of(i, sweep.read(sweep.scenarios.written(sweep.scenarios.setting(i))), sweep.job) for i in numbers]
    expected = {task.scenario: solved(task, sweep.job)["cost_per_hour"] for task in tasks}
    deadly = Deadly(1000, tasks[0].fleet, tasks[0].llms)
    rows = {}
    with processes_here(2) as workers:
        killed = False
        for number, row in workers.run(sweep.job, iter([*tasks[:6], deadly, *tasks[6:]])):
            rows[number] = row
            if not killed:
                os.kill(next(iter(workers.pids())), signal.SIGKILL)
                killed = True
    assert rows.pop(1000)["status"] == "failed"
    assert {number: row["cost_per_hour"] for number, row in rows.items()} == expected


def test_progress_tells_speed_and_time_left():
    now = iter(range(100))
    progress = Progress(20, 4, clock=lambda: 2.0 * next(now))
    assert progress.words() == "4 of 20 scenarios"
    for status in ("optimal", "failed", "infeasible", "feasible"):
        progress.saw({"status": status})
    assert progress.words() == "8 of 20 scenarios, 0.5 a second, 24 s left, 1 infeasible, 1 failed"
