"""docs/referee.md is what the tables of the last run make, and the tables are of pdopt's plans."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.referee.__main__ import written
from benchmarks.referee.cases import CASES, RECOMMENDED
from benchmarks.referee.plans import planned, questions
from benchmarks.referee.results import PLANS, REPLAYS, Planned, Replayed, read
from benchmarks.referee.tables import missed

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    assert written() == (DOCS / "referee.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fleet)
def test_the_tables_are_of_the_plans_that_pdopt_makes(case) -> None:  # type: ignore[no-untyped-def]
    _as_planned(case, RECOMMENDED, "p99", "catalogue")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fleet)
def test_all_of_them(case) -> None:  # type: ignore[no-untyped-def]
    for asked in questions(case):
        _as_planned(case, *asked)


def _as_planned(case, *asked: str) -> None:  # type: ignore[no-untyped-def]
    """Cost and GPUs are in the table; of plans that cost the same the solver may give another."""
    now, _ = planned(case, *asked)
    then = _then(case, *asked)
    assert (now.status, now.gpus) == (then.status, then.gpus)
    assert now.usd_per_hour == pytest.approx(then.usd_per_hour, rel=1e-5)


@pytest.mark.parametrize("case", [case for case in CASES if case.best_known], ids=lambda case: case.fleet)
def test_the_recommended_plan_holds_with_no_more_gpus_than_the_best_known(case) -> None:  # type: ignore[no-untyped-def]
    plan = _then(case, RECOMMENDED, "p99", "catalogue")
    (seen,) = [row for row in read(REPLAYS, Replayed) if (row.case, row.deployment) == (case.name, plan.deployment)]
    assert plan.gpus <= case.best_known
    assert not missed(case, seen, "p99")


def _then(case, *asked: str) -> Planned:  # type: ignore[no-untyped-def]
    (row,) = [
        row
        for row in read(PLANS, Planned)
        if (row.case, row.assumptions, row.statistic, row.profile) == (case.name, *asked)
    ]
    return row
