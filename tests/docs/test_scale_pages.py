"""docs/scale.md and docs/peers.md are what their results say."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.peers.__main__ import RESULTS as PEERS
from benchmarks.peers.__main__ import composed as peers
from benchmarks.scale.__main__ import RESULTS as SCALE
from benchmarks.scale.__main__ import composed as scale

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "composed"), [("scale.md", scale), ("peers.md", peers)])
def test_the_page_is_what_the_results_say(page: str, composed) -> None:
    assert composed() == (DOCS / page).read_text(encoding="utf-8")


def test_results_were_made_on_a_machine_that_is_named() -> None:
    for results in (SCALE, PEERS):
        assert "cores" in (results / "setting.json").read_text(encoding="utf-8")
