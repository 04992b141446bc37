"""What is said of a shortage when the time for the question ran out: nothing that was not proven."""

from dataclasses import replace

import pytest
from tests.samples import answer_of, changed, paper

from pdopt.solving import shortage


def short_paper() -> dict:
    """The paper's fleet with 5 of the 8 nodes it needs."""
    fleet = paper()
    (sku,) = fleet["skus"].values()
    sku["available"] = 5
    return changed(fleet)


def test_proven_numbers_are_told_as_such():
    demand, stock = answer_of(short_paper()).reasons  # the smaller change first
    assert stock.sentence.endswith("8 instead of 5 available would be enough")
    # 5 nodes: 3P2D carries min(3 x 4.0813, 2 x 3.3482) = 6.696 of 12.52 requests/s; 2P3D min(8.1626, 10.04) = 8.163
    assert demand.largest_fraction == pytest.approx(8.1626 / 12.52003, rel=1e-4)
    assert "carries at most 65.1 %" in demand.sentence


def test_unproven_numbers_are_told_with_what_they_cannot_exceed(monkeypatch):
    def in_haste(matrix, *limits):
        found = solved(matrix, *limits)
        # the fraction is maximised as the least of its negative: its bound lies a tenth further
        return replace(found, status="feasible", bound=found.bound - 0.1)

    solved = shortage.run
    monkeypatch.setattr(shortage, "run", in_haste)
    demand, stock = answer_of(short_paper()).reasons  # the smaller change first
    assert stock.sentence.endswith("would be enough (fewer may do)")
    assert "carries 65.1 %, and at most 75.1 %, of" in demand.sentence
