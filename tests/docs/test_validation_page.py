"""docs/validation.md is what the kept results say; what it says of them adds up."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.validated.cases import CASES
from benchmarks.validated.page import page

from pdopt.plan.validation import Validation

ROOT = Path(__file__).parents[2]
RESULTS = [json.loads(line) for line in (ROOT / "benchmarks/validated/results.jsonl").read_text().splitlines()]


def test_the_page_is_up_to_date() -> None:
    assert page(RESULTS) == (ROOT / "docs/validation.md").read_text(encoding="utf-8")


def test_results_are_those_of_cases() -> None:
    assert {one["case"] for one in RESULTS} <= {case.name for case in CASES}


def test_the_plan_taken_is_the_cheapest_that_missed_nothing() -> None:
    for one in RESULTS:
        found = Validation.model_validate(one["validation"])
        kept = [tried.cost_per_hour for tried in found.rounds if not tried.missed]
        assert found.holds == bool(kept)
        if found.holds:
            assert found.rounds[found.chosen].cost_per_hour == min(kept)
