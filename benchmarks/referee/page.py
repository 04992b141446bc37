"""docs/referee.md: what pdopt plans, what the referee says of it, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.referee.cases import ASSUMPTIONS, CASES, PAPER, RECOMMENDED, STATISTICS, Case
from benchmarks.referee.results import About, Planned, Replayed, of_case
from benchmarks.referee.words import HEAD, MEASURED, OTHERS, PERCENTILES, POOR, WHICH

METRICS = ("ttft", "tpot")


def page(plans: list[Planned], replays: list[Replayed], about: About) -> str:
    """Compose the page."""
    told = [HEAD.format(date=about.date, aisimulate=about.aisimulate), _in_short(plans, replays), WHICH, MEASURED]
    for case in CASES:
        told += _case(case, of_case(plans, case.name), of_case(replays, case.name))
    told += [PERCENTILES, _percentiles(plans, replays), _decode(plans, replays), POOR]
    return "".join(told)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def holds(case: Case, seen: Replayed, statistic: str) -> bool:
    """Whether the referee saw both targets kept."""
    return all(getattr(seen, f"{metric}_{statistic}_ms") <= case.targets_ms[metric] for metric in METRICS)


def verdict(case: Case, seen: Replayed, statistic: str) -> str:
    """Say whether both targets hold, and which does not."""
    missed = [m.upper() for m in METRICS if getattr(seen, f"{m}_{statistic}_ms") > case.targets_ms[m]]
    return "holds" if not missed else f"**{' and '.join(missed)} missed**"


def _in_short(plans: list[Planned], replays: list[Replayed]) -> str:
    rows = []
    for case in CASES:
        seen = {row.deployment: row for row in of_case(replays, case.name)}
        cells = [case.name, str(case.best_known or "–")]
        for assumptions, statistic in ((PAPER, "mean"), (PAPER, "p99"), (RECOMMENDED, "p99")):
            (plan,) = _plans(plans, case, assumptions, statistic)
            cells.append(_cell(case, plan, seen, "p99"))
        rows.append(cells)
    head = ["case", "fewest GPUs known to hold at p99", f"{PAPER}, targets as means", f"{PAPER}, p99"]
    return table([*head, f"{RECOMMENDED}, p99"], rows)


def _plans(plans: list[Planned], case: Case, assumptions: str, statistic: str) -> list[Planned]:
    asked = (case.name, assumptions, statistic, "catalogue")
    return [p for p in plans if (p.case, p.assumptions, p.statistic, p.profile) == asked]


def _cell(case: Case, plan: Planned, seen: dict[str, Replayed], statistic: str) -> str:
    if not plan.deployment:
        return "no plan"
    return f"{plan.gpus} GPUs, {verdict(case, seen[plan.deployment], statistic)}"


def _case(case: Case, plans: list[Planned], replays: list[Replayed]) -> Iterable[str]:
    seen = {row.deployment: row for row in replays}
    yield f"## {case.name}\n\n{_setting(case)}\n\n"
    for profile in case.profiles:
        if len(case.profiles) > 1:
            yield f"### {_profile_words(profile)}\n\n"
        yield _plan_table(case, [p for p in plans if p.profile == profile], seen)
    if case.others:
        yield OTHERS + _other_table(case, seen)


def _profile_words(profile: str) -> str:
    return "Profiles of the catalogue" if profile == "catalogue" else "Profiles with the steps of the curves"


def _setting(case: Case) -> str:
    stated, work = case.stated, case.workload
    (model,), gpus = stated["models"].values(), sorted({sku["gpu"] for sku in stated["skus"].values()})
    targets = case.targets_ms
    load = f"{work['requests_per_second']:g} requests/s" if "requests_per_second" in work else "5 million tokens/min"
    return (
        f"`instances/realistic/{case.fleet}`: {model['engine']} on {' and '.join(gpus)}, {load}, TTFT "
        f"{targets['ttft']:,.0f} ms and TPOT {targets['tpot']:g} ms. Replays: {len(case.seeds)} seeds of "
        f"{case.requests:,} requests each."
    )


def _plan_table(case: Case, plans: list[Planned], seen: dict[str, Replayed]) -> str:
    rows = []
    for statistic in STATISTICS:
        for plan in (p for p in plans if p.statistic == statistic):
            cells = [statistic, plan.assumptions]
            rows.append([*cells, *(_plan_cells(case, plan, seen) if plan.deployment else ["no plan", *[""] * 8])])
    head = ["targets as", "assumptions", "plan", "GPUs", "TTFT ms: predicted mean, p99", "referee mean, p99"]
    head += ["TPOT ms: predicted mean, p99", "referee mean, p99", "means", "p99"]
    return table(head, rows)


def _plan_cells(case: Case, plan: Planned, seen: dict[str, Replayed]) -> list[str]:
    saw = seen[plan.deployment]
    cells = [plan.deployment, str(plan.gpus)]
    for metric in METRICS:
        cells += [_times(metric, plan), _times(metric, saw)]
    return [*cells, *(verdict(case, saw, statistic) for statistic in STATISTICS)]


def _times(metric: str, row: Planned | Replayed) -> str:
    mean, p99 = (getattr(row, f"{metric}_{statistic}_ms") for statistic in STATISTICS)
    return f"{mean:,.0f}, {p99:,.0f}" if metric == "ttft" else f"{mean:.1f}, {p99:.1f}"


def _other_table(case: Case, seen: dict[str, Replayed]) -> str:
    rows = []
    for who, words in case.others.items():
        saw = seen[words]
        spreads = [f"{getattr(saw, f'{m}_p99_least_ms'):,.3g} to {getattr(saw, f'{m}_p99_most_ms'):,.4g}" for m in METRICS]
        cells = [who, words, str(saw.gpus), _times("ttft", saw), spreads[0], _times("tpot", saw), spreads[1]]
        rows.append([*cells, *(verdict(case, saw, statistic) for statistic in STATISTICS)])
    head = ["whose", "deployment", "GPUs", "TTFT ms: mean, p99", "p99 of single seeds"]
    return table([*head, "TPOT ms: mean, p99", "p99 of single seeds", "means", "p99"], rows)


def _percentiles(plans: list[Planned], replays: list[Replayed]) -> str:
    rows = []
    seen = {(row.case, row.deployment): row for row in replays}
    for assumptions in ASSUMPTIONS:
        mine = [p for p in plans if p.assumptions == assumptions and p.deployment]
        pairs = [(plan, seen[plan.case, plan.deployment]) for plan in mine]
        rows.append([assumptions, str(len(pairs)), *(cell for key in _keys() for cell in _ratios(pairs, key))])
    head = ["assumptions", "plans"]
    for key in _keys():
        metric, statistic, _ = key.split("_")
        head.append(f"{metric.upper()} {statistic}: median, least to most")
    return table(head, rows)


def _keys() -> list[str]:
    return [f"{metric}_{statistic}_ms" for metric in METRICS for statistic in STATISTICS]


def _ratios(pairs: list[tuple[Planned, Replayed]], key: str) -> list[str]:
    ratios = [getattr(plan, key) / getattr(saw, key) for plan, saw in pairs]
    return [f"{median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}"]


def _decode(plans: list[Planned], replays: list[Replayed]) -> str:
    return ""
