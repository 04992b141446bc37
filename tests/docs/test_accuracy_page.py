"""docs/accuracy.md is what `python -m benchmarks.accuracy` writes now."""

from __future__ import annotations

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.accuracy.__main__ import compare
    from benchmarks.accuracy.page import page

    pictures = {file.stem: f"accuracy/{file.name}" for file in sorted((DOCS / "accuracy").glob("*.svg"))}
    assert page(compare(), pictures) == (DOCS / "accuracy.md").read_text(encoding="utf-8")
