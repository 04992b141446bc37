"""docs/referee.md: what pdopt plans, what the referee says of it, and what follows."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.referee.cases import CASES, HERE, PAPER, RECOMMENDED, Case
from benchmarks.referee.results import About, Decoded, Planned, Replayed, of_case
from benchmarks.referee.tables import NOT_YET, decode_table, other_table, plan_table, ratio_table, table, verdict

TEMPLATE = HERE / "page.template.md"
WITH_STEPS = """\
### Profiles with the steps of the curves

The catalogue has fourteen batches a curve and draws a slope where a curve has a step, such as from 64 to 65 requests,
where another kernel or captured graph takes over. `benchmarks/referee/profiles` has the batches on both sides of every
step (`python -m benchmarks.referee.compute_profiles`).

"""


def page(plans: list[Planned], replays: list[Replayed], formulas: list[Decoded], about: About) -> str:
    """Compose the page."""
    told = (_case(case, of_case(plans, case.name), of_case(replays, case.name)) for case in CASES)
    return TEMPLATE.read_text(encoding="utf-8").format(
        date=about.date,
        aisimulate=about.aisimulate,
        in_short=_in_short(plans, replays),
        cases="".join(part for parts in told for part in parts),
        ratios=ratio_table(plans, replays),
        decode=decode_table(formulas, replays),
    )


def _in_short(plans: list[Planned], replays: list[Replayed]) -> str:
    rows = []
    for case in CASES:
        seen = {row.deployment: row for row in of_case(replays, case.name)}
        cells = [case.name, str(case.best_known or "–")]
        for assumptions, statistic in ((PAPER, "mean"), (PAPER, "p99"), (RECOMMENDED, "p99")):
            asked = [plan for plan in of_case(plans, case.name) if _is(plan, assumptions, statistic)]
            cells.append(_told(case, asked[0], seen) if asked else "–")
        rows.append(cells)
    head = ["case", "fewest GPUs known to hold", f"{PAPER}, targets as means", f"{PAPER}, targets as p99"]
    return table([*head, f"{RECOMMENDED}, targets as p99"], rows)


def _told(case: Case, plan: Planned, seen: dict[str, Replayed]) -> str:
    if not plan.gpus:
        return "no plan"
    saw = seen.get(plan.deployment)
    return f"{plan.gpus} GPUs, {verdict(case, saw, 'p99') if saw else NOT_YET}"


def _is(plan: Planned, assumptions: str, statistic: str) -> bool:
    return (plan.assumptions, plan.statistic, plan.profile) == (assumptions, statistic, "catalogue")


def _case(case: Case, plans: list[Planned], replays: list[Replayed]) -> Iterable[str]:
    seen = {row.deployment: row for row in replays}
    yield f"## {case.name}\n\n{_setting(case, replays)}\n\n"
    for profile in case.profiles:
        if len(case.profiles) > 1:
            yield "### Profiles of the catalogue\n\n" if profile == "catalogue" else WITH_STEPS
        yield plan_table(case, [plan for plan in plans if plan.profile == profile], seen)
    if case.others:
        yield "What others plan, and neighbours of the smallest that holds:\n\n" + other_table(case, seen)


def _setting(case: Case, replays: list[Replayed]) -> str:
    stated, work, targets = case.stated, case.workload, case.targets_ms
    (model,), gpus = stated["models"].values(), sorted({sku["gpu"] for sku in stated["skus"].values()})
    load = f"{work['requests_per_second']:g} requests/s" if "requests_per_second" in work else "5 million tokens/min"
    many = sorted({row.seeds for row in replays})
    seeds = " to ".join(str(number) for number in dict.fromkeys((many[0], many[-1])))
    lengths = ", lengths log-normal with a coefficient of variation of 1" if case.lengths_cv else ""
    return (
        f"`instances/realistic/{case.fleet}`: {model['engine']} on {' and '.join(gpus)}, {load}{lengths}, TTFT "
        f"{targets['ttft']:,.0f} ms and TPOT {targets['tpot']:g} ms. Replays: {seeds} of {case.requests:,} requests."
    )
