"""docs/limits.md: its fleets are read as they stand, solved, and mean what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import pdopt
from pdopt.fleet.fleet import Changeover, Fleet

PAGE = (Path(__file__).parents[2] / "docs/limits.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))
WORDS = " ".join(PAGE.split())


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the fleet of the page with the sections of some of its blocks."""

    def with_block(*names: str) -> Fleet:
        document: dict[str, Any] = {}
        for name in ("fleet", *names):
            document |= yaml.safe_load(BLOCKS[name])
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return pdopt.read_fleet(tmp_path / "fleet.yaml")

    return with_block


@pytest.mark.parametrize("names", [(), *((name,) for name in sorted(BLOCKS.keys() - {"fleet"}))])
def test_every_fleet_of_the_page_has_a_plan(read: Any, names: tuple[str, ...]) -> None:
    plan = pdopt.solve(read(*names))
    assert plan.status == "optimal"
    assert plan.cost_per_hour >= pdopt.solve(read()).cost_per_hour - 1e-6


def test_what_a_node_emits(read: Any) -> None:
    fleet = read("carbon")
    assert [fleet.carbon_kg_per_h(name) for name in ("ours", "cloud")] == pytest.approx([0.612, 6.12])
    assert "612 g an hour in paris, 6.12 kg in texas" in WORDS
    plan = pdopt.solve(fleet)
    emitted = sum(rental.nodes * fleet.carbon_kg_per_h(rental.sku) for rental in plan.skus)
    assert plan.carbon_kg_per_hour == pytest.approx(emitted)
    assert plan.costs["carbon"] == pytest.approx(emitted * 0.08)


def test_a_preference_is_used_up_first(read: Any) -> None:
    plan = pdopt.solve(read("prefer"))
    nodes = {rental.sku: rental.nodes for rental in plan.skus}
    assert nodes["ours"] == 2
    assert plan.preference.gpus_elsewhere == 8 * nodes["cloud"] > 0
    assert "ours" not in {rental.sku for rental in pdopt.solve(read()).skus}


def test_changes(read: Any) -> None:
    fleet = read("change")
    assert fleet.changeover == Changeover(20, 5, 168, 10)
    again = pdopt.solve(fleet, current=pdopt.solve(fleet))
    assert again.changes == ()
