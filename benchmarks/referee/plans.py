"""Let pdopt plan every case under every set of assumptions."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.referee.cases import ASSUMPTIONS, WITH_STEPS, Case
from benchmarks.referee.deployment import Deployment, of_plan
from benchmarks.referee.results import Planned

import pdopt
from pdopt.plan.plan import Plan

LATENCIES = ("ttft_mean_ms", "ttft_p99_ms", "tpot_mean_ms", "tpot_p99_ms")


def plans(case: Case) -> Iterator[tuple[Planned, Deployment | None]]:
    """Yield what pdopt plans for one case, row by row, and the deployment where there is a plan."""
    for assumptions, statistic, profile in questions(case):
        yield planned(case, assumptions, statistic, profile)


def questions(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield assumptions, statistic and profile of every plan that is asked for."""
    for statistic in case.statistics:
        for assumptions in ASSUMPTIONS:
            yield assumptions, statistic, "catalogue"
    for profile in case.profiles[1:]:
        for assumptions in WITH_STEPS:
            yield assumptions, "p99", profile


def planned(case: Case, assumptions: str, statistic: str, profile: str) -> tuple[Planned, Deployment | None]:
    """Plan one case under one set of assumptions."""
    answer = pdopt.solve(case.asked(assumptions, statistic, profile))
    asked = Planned(case.name, profile, assumptions, statistic, answer.status)
    if not isinstance(answer, Plan):
        return asked, None
    deployment, (promise,) = of_plan(answer), answer.workloads
    told = {key: getattr(promise, key) or 0.0 for key in LATENCIES}
    found = {"deployment": deployment.name, "gpus": deployment.gpus, "usd_per_hour": answer.cost_per_hour, **told}
    return Planned(case.name, profile, assumptions, statistic, answer.status, **found), deployment
