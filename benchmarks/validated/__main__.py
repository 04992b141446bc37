"""``python -m benchmarks.validated [WORD …]``: validate the plans of realistic fleets, write docs/validation.md.

With words, only cases whose name holds one of them are run again; the other results stand as they were measured.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.validated.cases import CASES, ROOT, Case
from benchmarks.validated.page import page

import pdopt
from pdopt.plan.plan import Plan
from pdopt.simulate import Settings, simulate
from pdopt.solving.solve import solve
from pdopt.studies.validate import validated
from pdopt.traces.read import read_trace

RESULTS = Path(__file__).parent / "results.jsonl"


def result(case: Case) -> dict[str, Any]:
    """Validate one fleet under one load."""
    fleet = pdopt.read_fleet(ROOT / "instances" / f"{case.fleet}.yaml")
    logs = {name: read_trace(ROOT / "tests" / "data" / "traces" / file) for name, file in case.traces.items()}
    moments = len(fleet.periods) * len(fleet.scenarios)
    requests = case.requests if moments == 1 else max(case.requests, 20_000)
    settings = Settings(requests=requests, arrivals=case.arrivals, gap_cv=case.gap_cv)
    started = perf_counter()
    answer = validated(
        fleet,
        lambda asked: solve(asked, case.time_limit_s, case.gap),
        lambda asked, plan, times: simulate(asked, plan, replace(settings, requests=times * requests), logs),
        lambda words: print(f"  {words}", file=sys.stderr),
    )
    assert isinstance(answer, Plan)
    assert answer.validation is not None
    return {
        "case": case.name,
        "fleet": case.fleet,
        "load": case.load,
        "seconds": round(perf_counter() - started, 1),
        "validation": answer.validation.model_dump(mode="json"),
    }


def main(words: list[str]) -> None:
    """Run the cases that are asked for, keep the other results, write the page."""
    known = {}
    if RESULTS.exists():
        known = {one["case"]: one for one in map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())}
    for case in CASES:
        if not words or any(word in case.name for word in words):
            print(case.name, file=sys.stderr)
            known[case.name] = result(case)
            kept = (known[one.name] for one in CASES if one.name in known)
            RESULTS.write_text("".join(f"{json.dumps(one)}\n" for one in kept), encoding="utf-8")
    (ROOT / "docs" / "validation.md").write_text(page(list(known.values())), encoding="utf-8")
    print(f"{len(known)} cases; docs/validation.md written")


if __name__ == "__main__":
    main(sys.argv[1:])
