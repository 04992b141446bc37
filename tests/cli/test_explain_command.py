"""``pdopt explain`` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.test_commands import BROKEN, INFEASIBLE, INSTANCES, MM1, pdopt_, strict_json

import pdopt.solving.goals
from pdopt.solving.highs import Outcome

AZURE = str(INSTANCES / "realistic/a100-h100-azure.yaml")
SHORT = str(INSTANCES / "infeasible/stock-too-small.yaml")
LIMITED = str(INSTANCES / "textbook/stock-forces-dearer.yaml")


@pytest.fixture(scope="module")
def azure():
    return strict_json(pdopt_("explain", AZURE, "--json", "--quiet").stdout)


def test_prices_of_a_real_fleet(azure):
    a100, h100 = azure["skus"]
    assert (a100["nodes"], h100["nodes"]) == (28, 0)
    # an H100 node that displaces three A100 nodes is worth three times their price
    assert h100["break_even_usd_per_hour"]["most"] == pytest.approx(3 * 32.77)
    assert h100["one_node_costs"]["most"] == pytest.approx(98.32 - 3 * 32.77)
    assert a100["saves"]["most"] > 0


def test_every_answer_says_how_it_is_known(azure):
    assert {effect["how"] for effect in (*azure["effects"], *azure["slack"])} == {"re-solved"}
    assert {share["how"] for share in azure["workloads"]} == {"arithmetic"}
    assert {share["avoidable"]["how"] for share in azure["workloads"]} == {"re-solved"}
    every = (*azure["effects"], *azure["slack"], *azure["skus"], *(share["avoidable"] for share in azure["workloads"]))
    assert sum(answer["re_solves"] for answer in every) <= azure["re_solves"]
    assert azure["asked"] == ["limits", "slos", "prices", "workloads"]


def test_shares_of_a_real_fleet_add_up(azure):
    assert sum(share["usd_per_hour"] for share in azure["workloads"]) == pytest.approx(azure["cost_per_hour"])


def test_effects_are_ordered_by_dollars(azure):
    costs = [e["cost_changes_by"]["least"] for e in azure["effects"] if e["kind"] == "tighten"]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 0


def test_the_first_line_is_the_most_valuable_change():
    said = pdopt_("explain", LIMITED, "--quiet")
    assert said.exit_code == 0
    first, second, *rest = said.stdout.splitlines()
    assert first.startswith("most valuable change: ")
    assert "saves $" in first
    assert "(the cheapest plan, proven)" in second
    assert any("leaves above" in line for line in rest)
    assert not said.stderr


def test_progress_says_what_is_asked():
    said = pdopt_("explain", MM1, "--only", "prices")
    assert "re-solve 1: no h100" in said.stderr
    assert "re-solve" in said.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("question", "holds"), [("limits", "effects"), ("slos", "effects"), ("prices", "skus"), ("workloads", "workloads")]
)
def test_only_asks_that_alone(question, holds):
    answer = strict_json(pdopt_("explain", LIMITED, "--only", question, "--json", "--quiet").stdout)
    assert answer["asked"] == [question]
    told = {key for key in ("skus", "workloads") if answer[key]}
    told |= {"effects"} if answer["effects"] + answer["slack"] else set()
    assert told == {holds}
    if question in ("limits", "slos"):
        abouts = {effect["about"] for effect in (*answer["effects"], *answer["slack"])}
        assert (abouts == {"slos"}) == (question == "slos")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["explain", "--help"], 0),
        (["explain", MM1], 0),
        (["explain", BROKEN], 2),
        (["explain", "nowhere.yaml"], 2),
        (["explain", MM1, "--only", "everything"], 2),
        (["explain", MM1, "--gap", "2"], 2),
        (["explain", INFEASIBLE], 3),
        (["explain", SHORT], 3),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value) if isinstance(value, list) else str(value),
)
def test_exit_codes(words, code):
    result = pdopt_(*words, "--quiet") if "--help" not in words else pdopt_(*words)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_without_a_plan_in_time_it_exits_4(monkeypatch):
    monkeypatch.setattr(pdopt.solving.goals, "run", lambda *_, **__: Outcome("unknown", None, None, -float("inf")))
    result = pdopt_("explain", MM1, "--time-limit", "2", "--quiet")
    assert result.exit_code == 4
    assert "no plan was found within 2 s; give a longer --time-limit" in result.stdout


def test_an_infeasible_fleet_is_told_as_by_solve():
    def untimed(text):
        return text.partition(", found in")[0]

    assert untimed(pdopt_("explain", SHORT, "--quiet").stdout) == untimed(pdopt_("solve", SHORT, "--quiet").stdout)


def test_output_is_the_json(tmp_path):
    file = tmp_path / "why.json"
    result = pdopt_("explain", MM1, "-o", str(file), "--json", "--quiet")
    assert file.read_text() == result.stdout
    assert pdopt_("explain", MM1, "-o", str(file), "--quiet").exit_code == 0
    assert pdopt_("explain", MM1, "-o", MM1, "--quiet").exit_code == 2
