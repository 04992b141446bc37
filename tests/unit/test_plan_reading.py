"""Plans that run already: read back as written, or refused in words with their line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.samples import answer_of, changed, fleet_of, paper, town
from typer.testing import CliRunner

import pdopt
from pdopt.cli.app import app
from pdopt.fleet.faults import FleetFaults
from pdopt.plan.audit import audit
from pdopt.render.plan import answer_lines
from pdopt.render.text import show

PERIODS = {"night": 10, "day": 14}
SCENARIOS = {"base": {"probability": 0.5}, "more": {"probability": 0.5, "demand": 1.2}}


@pytest.fixture(scope="module")
def plan():
    return answer_of(paper())


def written(tmp_path, text) -> str:
    file = tmp_path / "plan.json"
    file.write_text(text if isinstance(text, str) else json.dumps(text, indent=2), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("sections", [{}, {"periods": PERIODS}, {"periods": PERIODS, "scenarios": SCENARIOS}])
def test_a_plan_is_read_as_it_was_written(tmp_path, sections):
    plan = answer_of(changed(town(), **sections))
    again = pdopt.solve(fleet_of(changed(town(), **sections)), current=plan)
    for one in (plan, again):
        assert pdopt.read_plan(written(tmp_path, one.to_json())) == one
    assert again.changes == ()


def test_changes_are_written_as_from_and_to(tmp_path, plan):
    more = pdopt.solve(fleet_of(paper(tokens_per_minute=7_000_000)), current=plan)
    stated = json.loads(more.to_json())["changes"]
    assert {(c["role"], c["from"], c["to"], c["starts"], c["stops"]) for c in stated} == {
        ("prefill", 4, 5, 1, 0),
        ("decode", 4, 6, 2, 0),
    }
    assert pdopt.read_plan(written(tmp_path, more.to_json())) == more


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"status": "fine"}, "status", "must be 'optimal' or 'feasible'"),
        ({"status": "infeasible"}, "status", "is infeasible: the answer holds no plan"),
        ({"cost_per_hour": "much"}, "cost_per_hour", "must be a valid number"),
        ({"colour": "red"}, "colour", "unknown key"),
        ({"pools": [{"model": "llm"}]}, "pools[0].role", "is missing"),
        ({"pools": 5}, "pools", "must be a list"),
    ],
)
def test_what_is_no_plan_is_told_with_its_line(tmp_path, plan, change, path, said):
    document = {**json.loads(plan.to_json()), **change}
    file = written(tmp_path, document)
    with pytest.raises(FleetFaults) as raised:
        pdopt.read_plan(file)
    faults = {fault.path: fault for fault in raised.value.faults}
    assert faults[path].sentence.startswith(said)
    assert "give a plan that pdopt solve wrote" in faults[path].sentence
    assert faults[path].file == file
    line = Path(file).read_text(encoding="utf-8").splitlines()[faults[path].line - 1]
    assert line.startswith(f'  "{path}":' if "." not in path else "    {")


@pytest.mark.parametrize("text", ["", "{", "not json", "[1, 2", "{'a': 1}", "[" * 100_000, "[]", "5", "null", '"text"'])
def test_what_is_no_json_or_no_mapping(tmp_path, text):
    with pytest.raises(FleetFaults) as raised:
        pdopt.read_plan(written(tmp_path, text))
    assert all("give a plan that pdopt solve wrote" in fault.sentence for fault in raised.value.faults)


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    for place, said in ((tmp_path / "none.json", "no such file"), (tmp_path, "is a folder; name the plan in it")):
        with pytest.raises(FleetFaults, match=said):
            pdopt.read_plan(place)


def test_the_command_compares_with_the_plan_that_runs(tmp_path, plan, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(yaml.safe_dump({**paper(tokens_per_minute=7_000_000), "change": {"usd_per_start": 73}}))
    file = written(tmp_path, plan.to_json())
    done = CliRunner().invoke(app, ["solve", "fleet.yaml", "--current", file])
    assert done.exit_code == 0
    assert "start 1 prefill of llm on node (8 h200): 5 instead of 4" in done.stdout
    assert "start 2 decode of llm on node (8 h200): 6 instead of 4" in done.stdout
    stated = json.loads(CliRunner().invoke(app, ["solve", "fleet.yaml", "--current", file, "--json"]).stdout)
    assert stated["costs"]["change"] == pytest.approx(3 * 73 / 730)
    assert stated["cost_per_hour"] == pytest.approx(11 * 60 + 0.3)


def test_the_command_refuses_what_is_no_plan(tmp_path):
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(yaml.safe_dump(paper()))
    for text, said in (("{}", "pools: is missing"), ("nonsense", "not valid JSON")):
        done = CliRunner().invoke(app, ["solve", str(fleet), "--current", written(tmp_path, text)])
        assert done.exit_code == 2
        assert said in done.stderr
        assert not done.stdout


def test_a_plan_that_goes_on_is_shown_as_such(plan, capsys):
    show(answer_lines(pdopt.solve(fleet_of(paper()), current=plan)))
    assert "against what runs now: nothing to start or stop" in capsys.readouterr().out


def test_the_audit_counts_changes(plan):
    fleet = fleet_of({**paper(tokens_per_minute=7_000_000), "change": {"usd_per_start": 73, "max_starts": 3}})
    new = pdopt.solve(fleet, current=plan)
    assert audit(fleet, new, plan) == []
    assert any("nothing is said of what runs now" in told for told in audit(fleet, new))
    one_less = (new.changes[0].model_copy(update={"starts": 0}), *new.changes[1:])
    told = audit(fleet, new.model_copy(update={"changes": one_less}), plan)
    assert any("starts and stops (1, 0), the plan says (0, 0)" in sentence for sentence in told)
    assert any("changes cost" in sentence for sentence in told)
    strict = fleet_of({**paper(tokens_per_minute=7_000_000), "change": {"usd_per_start": 73, "max_starts": 2}})
    assert any("3 instances are started, at most 2" in sentence for sentence in audit(strict, new, plan))
