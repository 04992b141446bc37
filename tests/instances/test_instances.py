"""Every fleet under instances/ against the answer beside it (format: instances/README.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pdopt.cli.app import app

ROOT = Path(__file__).parents[2] / "instances"
ANSWER = ".answer.yaml"
KNOWN = {"derived by hand", "enumerated", "solved", "published"}
EXIT_CODES = {"optimal": 0, "feasible": 0, "infeasible": 3, "broken": 2}
KEYS = {
    *("known", "because", "status", "cost_per_hour", "bound_per_hour", "gap", "time_limit_s"),
    *("plans", "counts", "nodes", "promises", "sizes", "changes", "reasons", "faults"),
    *("command", "months"),
}

FILES = sorted(file.relative_to(ROOT) for file in ROOT.rglob("*.yaml"))
ANSWERS = [file for file in FILES if file.name.endswith(ANSWER)]
FLEETS = [file for file in FILES if file not in ANSWERS]
SLOW = {Path("realistic/two-sites-day.yaml"), Path("realistic/six-llms.yaml")}


def answer_file(fleet: Path) -> Path:
    return fleet.with_name(fleet.stem + ANSWER)


@cache
def expected(fleet: Path) -> dict[str, Any]:
    return yaml.safe_load((ROOT / answer_file(fleet)).read_text(encoding="utf-8"))


def fleets_with(key: str) -> Any:
    having = [fleet for fleet in FLEETS if (ROOT / answer_file(fleet)).exists() and key in expected(fleet)]
    return pytest.mark.parametrize("fleet", _marked(having), ids=str)


def _marked(fleets: list[Path]) -> list[Any]:
    return [pytest.param(fleet, marks=pytest.mark.slow) if fleet in SLOW else fleet for fleet in fleets]


@cache
def outcome(fleet: Path) -> Any:
    limit = expected(fleet).get("time_limit_s", 60)
    running = ROOT / fleet.with_suffix(".current.json")
    current = ["--current", str(running)] if running.exists() else []
    command = expected(fleet).get("command", "solve")
    return CliRunner().invoke(
        app, [command, str(ROOT / fleet), "--json", "--quiet", "--time-limit", str(limit), *current]
    )


def solved(fleet: Path) -> dict[str, Any]:
    return json.loads(outcome(fleet).stdout)


def test_fleets_and_answers_come_in_pairs() -> None:
    assert FLEETS
    assert sorted(map(answer_file, FLEETS)) == ANSWERS


@pytest.mark.parametrize("fleet", FLEETS, ids=str)
def test_answer_says_how_it_is_known(fleet: Path) -> None:
    answer = expected(fleet)
    assert set(answer) <= KEYS
    assert answer["known"] in KNOWN
    assert answer["because"].strip()
    assert answer["status"] in EXIT_CODES
    proof = {"optimal": "cost_per_hour", "feasible": "bound_per_hour", "infeasible": "reasons", "broken": "faults"}
    assert proof[answer["status"]] in answer


@pytest.mark.parametrize("fleet", _marked(FLEETS), ids=str)
def test_exit_code(fleet: Path) -> None:
    assert outcome(fleet).exit_code == EXIT_CODES[expected(fleet)["status"]], outcome(fleet).output


@fleets_with("cost_per_hour")
def test_cost_and_proof(fleet: Path) -> None:
    answer, plan = expected(fleet), solved(fleet)
    cost, bound = answer["cost_per_hour"], answer.get("bound_per_hour", answer["cost_per_hour"])
    assert plan["cost_per_hour"] >= bound * (1 - 1e-6)
    assert plan["bound_per_hour"] <= cost * (1 + 1e-6)
    assert plan["gap"] <= answer.get("gap", 0.0) + 1e-6
    if answer["status"] == "optimal":
        assert plan["status"] == "optimal"
        assert plan["cost_per_hour"] == pytest.approx(cost, rel=1e-6)


@fleets_with("plans")
def test_plans(fleet: Path) -> None:
    totals: dict[str, dict[str, int]] = {}
    for pool in solved(fleet)["pools"]:
        of_llm = totals.setdefault(pool["model"], {"encode": 0, "prefill": 0, "decode": 0, "mixed": 0})
        of_llm[pool["role"]] += pool["instances"]
    stated = {llm: _in_short(counts) for llm, counts in totals.items()}
    assert stated == expected(fleet)["plans"]


def _in_short(counts: dict[str, int]) -> str:
    encode = f"{counts['encode']}E" if counts["encode"] else ""
    split = f"{encode}{counts['prefill']}P{counts['decode']}D" if counts["prefill"] else ""
    mixed = f"{counts['mixed']} mixed" if counts["mixed"] else ""
    return " + ".join(filter(None, (split, mixed)))


@fleets_with("counts")
def test_counts(fleet: Path) -> None:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for pool in solved(fleet)["pools"]:
        by_sku = counts.setdefault(pool["model"], {}).setdefault(pool["role"], {})
        by_sku[pool["sku"]] = by_sku.get(pool["sku"], 0) + pool["instances"]
    assert counts == expected(fleet)["counts"]


@fleets_with("nodes")
def test_nodes(fleet: Path) -> None:
    assert {rental["sku"]: rental["nodes"] for rental in solved(fleet)["skus"]} == expected(fleet)["nodes"]


@fleets_with("promises")
def test_promises(fleet: Path) -> None:
    given = {promise["name"]: promise for promise in solved(fleet)["workloads"]}
    for name, promise in expected(fleet)["promises"].items():
        assert {key: given[name][key] for key in promise} == pytest.approx(promise, rel=1e-6)


@fleets_with("changes")
def test_changes(fleet: Path) -> None:
    found = solved(fleet)["changes"]
    assert {kind: sum(change[kind] for change in found) for kind in ("starts", "stops")} == expected(fleet)["changes"]


@fleets_with("months")
def test_months(fleet: Path) -> None:
    answer = expected(fleet)["months"]
    found = json.loads(CliRunner().invoke(app, ["budget", str(ROOT / fleet), "--json", "--quiet"]).stdout)
    assert found["status"] == "optimal"
    assert found["usd"] == pytest.approx(answer["usd"])
    assert [month["usd"] for month in found["months"]] == pytest.approx(answer["usd_of_each"])
    for order, wanted in zip(found["orders"], answer["orders"], strict=True):
        assert {key: order[key] for key in wanted} == wanted


@fleets_with("sizes")
def test_sizes(fleet: Path) -> None:
    answer = expected(fleet)["sizes"]
    sizing = json.loads(CliRunner().invoke(app, ["size", str(ROOT / fleet), "--json", "--quiet"]).stdout)
    cheapest = sizing["pairs"][0]
    assert cheapest["prefill_per_decode"] == pytest.approx(answer["prefill_per_decode"], abs=5e-6)
    for role in ("prefill", "decode"):
        assert {key: cheapest[role][key] for key in answer[role]} == pytest.approx(answer[role], rel=2e-6)


@fleets_with("reasons")
def test_reasons(fleet: Path) -> None:
    answer, given = expected(fleet), solved(fleet)
    assert given["status"] == "infeasible"
    for wanted in answer["reasons"]:
        assert any(_says(reason, wanted) for reason in given["reasons"]), given["reasons"]
    assert len(given["reasons"]) == len(answer["reasons"])


def _says(reason: dict[str, Any], wanted: dict[str, Any]) -> bool:
    for key, value in wanted.items():
        if key == "sentence":
            if not reason["sentence"].startswith(value):
                return False
        elif reason.get(key) != (value if isinstance(value, str) else pytest.approx(value, rel=1e-6)):
            return False
    return True


@fleets_with("faults")
def test_faults(fleet: Path) -> None:
    """All of them, in order; the fleet's own name and folder are left out."""
    file = ROOT / fleet
    *said, summary = outcome(fleet).stderr.splitlines()
    named = [line.removeprefix(f"{file}:").removeprefix(f"{file.parent}/").strip() for line in said]
    assert len(named) == len(expected(fleet)["faults"]), "\n".join(named)
    for line, beginning in zip(named, expected(fleet)["faults"], strict=True):
        assert line.startswith(beginning)
    assert summary == f"{len(named)} {'fault' if len(named) == 1 else 'faults'} in {file}"
    assert not outcome(fleet).stdout
