"""``pdopt solve --validate`` as a user meets it."""

from __future__ import annotations

import pytest
from tests.cli.test_commands import BROKEN, INFEASIBLE, MM1, pdopt_, strict_json


def test_the_plan_says_what_simulation_made_of_it(tmp_path):
    said = pdopt_("solve", MM1, "--validate", "-o", str(tmp_path / "plan.json"))
    assert said.exit_code == 0
    assert "plan 1: simulating" in said.stderr
    assert ", poisson arrivals, random dispatch, seed 0): the plan keeps every target" in said.stdout
    told = strict_json((tmp_path / "plan.json").read_text())["validation"]
    assert told["holds"] is True
    assert [tried["missed"] for tried in told["rounds"]] == [[]]
    again = pdopt_("simulate", str(tmp_path / "plan.json"), "--requests", "20000", "--quiet")
    assert again.exit_code == 0


def test_bursts_that_no_instances_mend_end_with_the_reason(monkeypatch):
    monkeypatch.setattr("pdopt.cli.validating.REQUESTS", 20_000)  # enough: they miss by far
    said = pdopt_("solve", MM1, "--validate", "--arrivals", "gamma", "--cv", "12", "--quiet")
    assert said.exit_code == 3
    assert "no plan was found that keeps every target" in said.stdout
    assert "ttft_mean_ms" in said.stdout
    assert not said.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["solve", BROKEN, "--validate"], 2),
        (["solve", INFEASIBLE, "--validate"], 3),
        (["solve", MM1, "--arrivals", "gamma"], 2),
        (["solve", MM1, "--validate", "--arrivals", "trace"], 2),
        (["solve", MM1, "--validate", "--trace", "nobody=log.csv"], 2),
    ],
)
def test_exit_codes(words, code):
    said = pdopt_(*words)
    assert said.exit_code == code
    assert "Traceback" not in said.output
