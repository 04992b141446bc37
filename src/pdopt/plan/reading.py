"""plan.json → Plan, or what is wrong with it, located."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from pdopt.fleet.faults import Complaints, FleetFaults
from pdopt.fleet.located import read_text, read_yaml
from pdopt.plan.plan import Plan

REMEDY = "give a plan that pdopt solve wrote with -o or --json"


def read_plan(file: str | FilePath) -> Plan:
    """Read a plan that `pdopt solve` wrote.

    Raises
    ------
    FleetFaults
        The file cannot be read or holds no plan; every fault with its line.
    """
    path = FilePath(file)
    complaints = Complaints(str(path))
    text = read_text(path, complaints, "the plan")
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        complaints.add((), f"not valid JSON: {error.msg}; {REMEDY}", line=error.lineno)
        complaints.raise_any()
    except RecursionError:
        complaints.add((), f"nests far deeper than a plan does; {REMEDY}")
        complaints.raise_any()
    plan = _validated(raw)
    if plan is None:
        complaints.lines = _lines(path)
        _complain(raw, complaints)
        complaints.raise_any()
    assert plan is not None
    return plan


def _validated(raw: Any) -> Plan | None:
    try:
        return Plan.model_validate(raw)
    except ValidationError:
        return None


def _lines(path: FilePath) -> dict[Any, int]:
    """Lines of all keys; JSON is YAML too, but for tabs."""
    try:
        return read_yaml(path)[1].lines
    except FleetFaults:
        return {}


def _complain(raw: Any, complaints: Complaints) -> None:
    status = raw.get("status") if isinstance(raw, dict) else None
    if status in ("infeasible", "unknown"):
        complaints.add(("status",), f"is {status}: the answer holds no plan; {REMEDY} and that runs")
        return
    try:
        Plan.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors():
            complaints.add(detail["loc"], f"{_said(detail['type'], detail['msg'])}; {REMEDY}")


def _said(kind: str, message: str) -> str:
    kinds = {"missing": "is missing", "extra_forbidden": "unknown key"}
    kinds |= {"model_type": "must be a mapping", "tuple_type": "must be a list"}
    return kinds.get(kind, message.replace("Input should be", "must be"))
