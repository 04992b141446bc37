"""docs/referee.md: what pdopt plans, what the referee says of it, and what follows."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.referee.cases import CASES, PAPER, RECOMMENDED, Case
from benchmarks.referee.results import About, Decoded, Planned, Replayed, of_case
from benchmarks.referee.tables import decode_table, other_table, plan_table, ratio_table, table, verdict
from benchmarks.referee.words import DECODE, HEAD, MEASURED, OTHERS, POOR, PREDICTED, PROFILES, WHICH


def page(plans: list[Planned], replays: list[Replayed], formulas: list[Decoded], about: About) -> str:
    """Compose the page."""
    told = [HEAD.format(date=about.date, aisimulate=about.aisimulate), _in_short(plans, replays), WHICH, MEASURED]
    for case in CASES:
        told += _case(case, of_case(plans, case.name), of_case(replays, case.name))
    told += [PREDICTED, ratio_table(plans, replays), DECODE, decode_table(formulas, replays), POOR]
    return "".join(told)


def _in_short(plans: list[Planned], replays: list[Replayed]) -> str:
    rows = []
    for case in CASES:
        seen = {row.deployment: row for row in of_case(replays, case.name)}
        cells = [case.name, str(case.best_known or "–")]
        for assumptions, statistic in ((PAPER, "mean"), (PAPER, "p99"), (RECOMMENDED, "p99")):
            (plan,) = [p for p in of_case(plans, case.name) if _is(p, assumptions, statistic)]
            cells.append(f"{plan.gpus} GPUs, {verdict(case, seen[plan.deployment], 'p99')}" if plan.gpus else "no plan")
        rows.append(cells)
    head = ["case", "fewest GPUs known to hold", f"{PAPER}, targets as means", f"{PAPER}, targets as p99"]
    return table([*head, f"{RECOMMENDED}, targets as p99"], rows)


def _is(plan: Planned, assumptions: str, statistic: str) -> bool:
    return (plan.assumptions, plan.statistic, plan.profile) == (assumptions, statistic, "catalogue")


def _case(case: Case, plans: list[Planned], replays: list[Replayed]) -> Iterable[str]:
    seen = {row.deployment: row for row in replays}
    yield f"## {case.name}\n\n{_setting(case)}\n\n"
    for profile in case.profiles:
        if len(case.profiles) > 1:
            yield PROFILES["catalogue" if profile == "catalogue" else "fine"]
        yield plan_table(case, [plan for plan in plans if plan.profile == profile], seen)
    if case.others:
        yield OTHERS + other_table(case, seen)


def _setting(case: Case) -> str:
    stated, work, targets = case.stated, case.workload, case.targets_ms
    (model,), gpus = stated["models"].values(), sorted({sku["gpu"] for sku in stated["skus"].values()})
    load = f"{work['requests_per_second']:g} requests/s" if "requests_per_second" in work else "5 million tokens/min"
    return (
        f"`instances/realistic/{case.fleet}`: {model['engine']} on {' and '.join(gpus)}, {load}, TTFT "
        f"{targets['ttft']:,.0f} ms and TPOT {targets['tpot']:g} ms. Replays: {len(case.seeds)} seeds, each of about "
        f"{case.requests:,} requests."
    )
