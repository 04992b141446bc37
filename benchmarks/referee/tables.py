"""Tables of plans, verdicts and errors, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.referee.cases import ASSUMPTIONS, STATISTICS, Case
from benchmarks.referee.results import Decoded, Planned, Replayed

METRICS = ("ttft", "tpot")
NOT_YET = "not replayed"
Pairs = list[tuple[Planned, Replayed]]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def missed(case: Case, seen: Replayed, statistic: str) -> list[str]:
    """Name the metrics whose target the referee saw missed."""
    return [m.upper() for m in METRICS if getattr(seen, f"{m}_{statistic}_ms") > case.targets_ms[m]]


def verdict(case: Case, seen: Replayed, statistic: str) -> str:
    """Say whether both targets hold, and which does not."""
    names = missed(case, seen, statistic)
    return f"**misses {' and '.join(names)}**" if names else "holds"


def plan_table(case: Case, plans: list[Planned], seen: dict[str, Replayed]) -> str:
    """Plans of one case by assumptions, what they promise and what the referee saw."""
    rows = []
    for plan in plans:
        cells = _plan_cells(case, plan, seen) if plan.deployment else ["no plan", *[""] * 7]
        rows.append([plan.statistic, plan.assumptions, *cells])
    head = ["targets as", "assumptions", "plan", "GPUs", "TTFT ms, mean and p99: pdopt", "referee"]
    return table([*head, "TPOT ms, mean and p99: pdopt", "referee", "means", "p99"], rows)


def _plan_cells(case: Case, plan: Planned, seen: dict[str, Replayed]) -> list[str]:
    cells = [plan.deployment, str(plan.gpus)]
    if plan.deployment not in seen:
        return [*cells, _times("ttft", plan), NOT_YET, _times("tpot", plan), NOT_YET, NOT_YET, NOT_YET]
    saw = seen[plan.deployment]
    for metric in METRICS:
        cells += [_times(metric, plan), _times(metric, saw)]
    return [*cells, *(verdict(case, saw, statistic) for statistic in STATISTICS)]


def _times(metric: str, row: Planned | Replayed) -> str:
    return " · ".join(_time(metric, getattr(row, f"{metric}_{statistic}_ms")) for statistic in STATISTICS)


def _time(metric: str, time_ms: float) -> str:
    return f"{time_ms:,.0f}" if metric == "ttft" else f"{time_ms:.1f}"


def other_table(case: Case, seen: dict[str, Replayed]) -> str:
    """What others plan, and the neighbours of the best."""
    rows = []
    for who, words in case.others.items():
        if words not in seen:
            rows.append([who, words, *[NOT_YET] * 7])
            continue
        saw = seen[words]
        cells = [who, words, str(saw.gpus)]
        for metric in METRICS:
            spread = [_time(metric, getattr(saw, f"{metric}_p99_{end}_ms")) for end in ("least", "most")]
            cells += [_times(metric, saw), " to ".join(spread)]
        rows.append([*cells, *(verdict(case, saw, statistic) for statistic in STATISTICS)])
    head = ["whose", "deployment", "GPUs", "TTFT ms, mean and p99", "p99 of single seeds"]
    return table([*head, "TPOT ms, mean and p99", "p99 of single seeds", "means", "p99"], rows)


def ratio_table(plans: list[Planned], replays: list[Replayed]) -> str:
    """What pdopt predicts over what the referee saw, by assumptions."""
    seen = {(row.case, row.deployment): row for row in replays}
    keys = [f"{metric}_{statistic}_ms" for metric in METRICS for statistic in STATISTICS]
    rows = []
    for assumptions in ASSUMPTIONS:
        mine = [plan for plan in plans if plan.assumptions == assumptions and plan.deployment]
        at = [(plan, (plan.case, plan.deployment)) for plan in mine]
        pairs = [(plan, seen[where]) for plan, where in at if where in seen]
        rows.append([assumptions, str(len(pairs)), *(_ratios(pairs, key) for key in keys)])
    names = [f"{metric.upper()} {statistic}" for metric in METRICS for statistic in STATISTICS]
    return table(["predicted / seen: median, least to most", "plans", *names], rows)


def _ratios(pairs: Pairs, key: str) -> str:
    ratios = [getattr(plan, key) / getattr(saw, key) for plan, saw in pairs]
    return f"{median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}"


def decode_table(formulas: list[Decoded], replays: list[Replayed]) -> str:
    """TPOT of deployments with one decode group: open arrivals of each instance, balanced batches, the referee."""
    seen = {(row.case, row.deployment): row for row in replays}
    rows = []
    for row in sorted(formulas, key=lambda row: (row.case, row.deployment)):
        saw = seen[row.case, row.deployment]
        pairs = [(row.open_mean_ms, row.open_p99_ms), (row.balanced_mean_ms, row.balanced_p99_ms)]
        pairs.append((saw.tpot_mean_ms, saw.tpot_p99_ms))
        profile = "catalogue" if row.profile == "catalogue" else "with steps"
        rows.append([row.case, row.deployment, profile, *(" · ".join(map(_or_none, pair)) for pair in pairs)])
    head = ["case", "deployment", "curve", "TPOT ms, mean and p99: open, each instance", "open, balanced", "referee"]
    return table(head, rows)


def _or_none(time_ms: float) -> str:
    return "overloaded" if time_ms == float("inf") else f"{time_ms:.1f}"
