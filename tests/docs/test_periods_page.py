"""docs/periods-and-terms.md: its fleets are read as they stand, and mean what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import pdopt
from pdopt.fleet.fleet import Fleet, Risk

PAGE = (Path(__file__).parents[2] / "docs/periods-and-terms.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))
ADDED = sorted(BLOCKS.keys() - {"fleet", "series"})
WORDS = " ".join(PAGE.split())


def shown(name: str) -> Any:
    return yaml.safe_load(BLOCKS[name])


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read the fleet of the page with the sections of one of its blocks."""

    def with_block(*names: str, **sections: Any) -> Fleet:
        (tmp_path / "demand.csv").write_text(BLOCKS["series"])
        document = shown("fleet") | sections
        for name in names:
            document |= shown(name)
        if "series_fleet" in names:
            del document["workloads"]["chat"]["requests_per_second"]
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return pdopt.read_fleet(tmp_path / "fleet.yaml")

    return with_block


def test_every_block_is_read_without_a_word_of_doubt(read: Any) -> None:
    assert len(ADDED) == 7
    for names in [(), *((name,) for name in ADDED)]:
        assert not [note for note in read(*names).notes if "no effect" in note]


def test_the_fleet_to_start_from(read: Any) -> None:
    fleet = read()
    assert f"{fleet.workloads['chat'].demand_rps:.1f} requests per second here" in WORDS
    assert {t.name: (t.kind, t.usd_per_h) for t in fleet.skus["h200"].terms} == {
        "reserved_1y": ("reserved", 41),
        "on_demand": ("on_demand", 63.3),
        "spot": ("spot", 25),
    }


def test_a_clock_and_a_csv(read: Any) -> None:
    clock = read("clock")
    assert clock.periods == read().periods
    assert clock.workloads == read().workloads
    fleet = read("series_fleet")
    assert [period.hours for period in fleet.periods] == [8, 6, 10]
    assert fleet.workloads["chat"].demand_rps == pytest.approx((8 * 40 + 6 * 150 + 10 * 220) / 24)


def test_the_kinds_that_names_tell(read: Any) -> None:
    told = {
        "spot": ("spot", "preemptible"),
        "reserved": ("reserved", "savings", "commit", "1y", "3yr"),
        "owned": ("owned",),
    }
    for kind, names in told.items():
        for name in names:
            assert f"`{name}`" in PAGE
            skus = {"node": {"gpu": "h200-sxm", "gpus": 8, "terms": {name: {"usd_per_hour": 1, "available": 1}}}}
            assert read(skus=skus).skus["node"].terms[0].kind == kind


def test_what_is_bought(read: Any) -> None:
    terms = {term.name: term for term in read("bought").skus["h200"].terms}
    assert terms["purchase"].usd_per_h == pytest.approx(10 + 2)
    assert (terms["owned"].usd_per_h, terms["owned"].sunk_usd_per_h) == pytest.approx((2, 40))
    for words in ("cost 10 dollars an hour each here, besides 2", "4 nodes have 40 dollars an hour of write-off"):
        assert words in WORDS


def test_price_lists_racks_and_starts(read: Any) -> None:
    assert [t.available for t in read("lists").skus["a3-highgpu-8g"].terms] == [None, 10]
    starts = read("starts")
    sku = starts.skus["h200"]
    assert (sku.start_usd, sku.stop_usd, sku.min_up_h, starts.llms["llama-3.1-8b-fp8"].start_usd) == (6, 1, 4, 2)
    rack = {"h200": {"gpu": "h200-sxm", "gpus": 8, "usd_per_hour": 1, "sold_in": 18}}
    assert read(skus=rack).skus["h200"].sold_in == 18


def test_scenarios_and_a_budget(read: Any) -> None:
    fleet = read("scenarios")
    assert [(s.probability, s.factors) for s in fleet.scenarios] == [
        (0.6, {}),
        (0.3, {"chat": 1.5}),
        (0.1, {"chat": 0.5}),
    ]
    assert fleet.risk == Risk(0.5, 0.9)
    fleet = read("budget")
    assert f"a month of 730 hours are {fleet.budget_usd_per_h:g} an hour" in WORDS
    served = {w.name: (w.min_served, w.value, w.priority) for w in fleet.workloads.values()}
    assert served == {"chat": (0.5, 2, 1), "batch": (0, 1, 2)}
