"""``pdopt prices list`` as a user meets it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pdopt.fleet.prices
from pdopt.cli.app import app


@pytest.fixture(autouse=True)
def a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdopt.fleet.prices, "current_day", lambda: date(2026, 9, 1))


def prices(*words: str) -> Any:
    return CliRunner().invoke(app, ["prices", "list", *words])


def listed(*words: str) -> list[dict[str, Any]]:
    return json.loads(prices(*words, "--json").stdout)


def test_a_price_bears_date_age_and_source() -> None:
    (price,) = listed("--gpu", "h200", "--cloud", "aws", "--region", "us-east-1")
    assert price == {
        "provider": "aws",
        "instance_type": "p5en.48xlarge",
        "region": "us-east-1",
        "gpu": "h200-sxm",
        "gpus": 8,
        "term": "on_demand",
        "usd_per_hour": 63.296,
        "usd_per_gpu_hour": 7.912,
        "date": "2026-07-20",
        "age_days": 43,
        "stale": False,
        "source": "aws/karpenter-provider-aws@1d927085 (Apache-2.0)",
        "file": "2026-07-20-aws.csv",
    }


def test_the_cheapest_gpu_comes_first_and_nothing_is_lost() -> None:
    found = listed("--gpu", "h100-sxm", "--term", "any")
    per_gpu = [price["usd_per_gpu_hour"] for price in found]
    assert per_gpu == sorted(per_gpu)
    assert {price["term"] for price in found} == {"on_demand", "reserved_1y", "reserved_3y", "spot"}
    assert {price["gpu"] for price in found} == {"h100-sxm"}


def test_undated_and_old_prices_are_marked() -> None:
    said = prices("--gpu", "h200").stdout.splitlines()
    marks = {line.split()[2]: "!" in line for line in said[1:] if line.strip() and line.split()[0][0].isdigit()}
    assert (marks["oci"], marks["runpod"]) == (True, False)
    old = listed("--cloud", "aws", "--gpu", "h200", "--region", "us-west-2")
    assert [(price["age_days"], price["stale"]) for price in old] == [(223, True)]
    assert {(p["date"], p["age_days"], p["stale"]) for p in listed("--cloud", "oci")} == {(None, None, True)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gpu", "h300"], "--gpu h300: no such price; did you mean "),
        (["--cloud", "asw"], "--cloud asw: no such price; did you mean aws?"),
        (["--cloud", "aws", "--region", "us-esat-1"], "--region us-esat-1: no such price; did you mean us-east-1"),
        (["--cloud", "oci", "--term", "spot"], "--term spot: no such price; known: on_demand"),
        (["--models", "no-such-folder"], "--models no-such-folder: there is no such folder"),
    ],
)
def test_words_that_lead_nowhere_exit_2(words: list[str], said: str) -> None:
    result = prices(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_own_lists_are_found_beside_pdopts(tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices/2026-08-30-mine.csv").write_text("instance_type,gpu,gpus,usd_per_hour\nbox,h100-sxm,8,8\n")
    cheapest = listed("--gpu", "h100", "--models", str(tmp_path))[0]
    assert (cheapest["provider"], cheapest["usd_per_gpu_hour"], cheapest["stale"]) == ("mine", 1, True)


def test_a_broken_list_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices/mine.csv").write_text("instance_type,gpu,gpus,usd_per_hour\nbox,h100-sxm,8,cheap\n")
    result = prices("--models", str(tmp_path))
    assert result.exit_code == 2
    assert "mine.csv:2: usd_per_hour: must be a number, got 'cheap'" in result.stderr
