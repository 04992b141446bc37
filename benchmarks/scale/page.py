"""docs/scale.md from the CSV files of results."""

from __future__ import annotations

from math import log

from benchmarks.peers.tables import Rows, seconds, table
from benchmarks.scale.measure import GAPS

BEFORE = ("read", "lanes", "build", "hand_over")
AFTER = ("tidy", "plan", "audit")
NAMES = {key: f"to {100 * gap:g} %" if gap > 1e-6 else "proven" for key, gap in GAPS.items()}
HEAD = """# How large a fleet may be

Written by `python -m benchmarks.scale`; do not edit. Fleets are drawn from a seed (`benchmarks/scale/fleets.py`):
LLMs of 8B to 671B with one to three workloads each, on up to twelve GPU types at list prices, prefill and decode
apart. Machines are busy: read CPU seconds and ratios. Beside other planners: [peers.md](peers.md).

"""
STAGES = """## Stage by stage

CPU seconds; each fleet in a process of its own. *Build* is the program and its compilation to arrays, *hand over*
their passing to HiGHS, *plan* the predictions and headroom of every workload. Memory is the peak up to the
hand-over, and of all.

"""
SOLVING = """## To 1 %, to 0.1 %, proven

Seconds of the clock, on two cores, from the solver's start until the plan was that near to the bound, and proven; CPU
seconds of the solver in all; the gap when it ended or its time was up. *-b* to *-d*: other seeds; *-tight*: stock for a
part of the load only; *-day*: 24 periods.

"""
GROWTH = """## What grows how

One thing grows at a time beside 10 LLMs (30 for SKUs), 10 SKUs, one period. Seconds are CPU seconds of all stages
but the solver, which has {limit} s of the clock everywhere; the last column is the gap it comes to. The exponent e
says: twice as many take 2^e times as long, from the row above to this one.

"""


def page(sizes: Rows, growth: Rows, sku_words: str, setting: str) -> str:
    """Compose the page."""
    parts = [HEAD, setting, "\n\n", sku_words, "\n\n"]
    if sizes:
        parts += [STAGES, _stages(sizes), SOLVING, _solving(sizes)]
    if growth:
        parts += [GROWTH.format(limit=seconds(growth[0]["limit_s"])), *_growing(growth)]
    return "".join(parts).rstrip() + "\n"


def _stages(rows: Rows) -> str:
    head = ["size", "LLMs × SKUs × periods", "rows × columns", "whole", *(s.replace("_", " ") for s in BEFORE)]
    return table(
        [*head, "solve", *AFTER, "MB built", "MB in all"],
        (
            [
                row["size"],
                f"{row['llms']} × {row['skus']} × {row['periods']}",
                *(
                    [f"stopped: {row['stopped']}"]
                    if row.get("stopped")
                    else [
                        f"{row['rows']} × {row['columns']}",
                        row["whole"],
                        *(seconds(row[f"{stage}_cpu_s"]) for stage in (*BEFORE, "solve", *AFTER)),
                        row["built_mb"],
                        row["peak_mb"],
                    ]
                ),
            ]
            for row in rows
        ),
    )


def _solving(rows: Rows) -> str:
    return table(
        ["size", "limit", *(NAMES[key] for key in GAPS), "CPU s", "gap", "$/h"],
        (
            [
                row["size"],
                f"{seconds(row['limit_s'])} s",
                *(_reached(row[key]) for key in GAPS),
                seconds(row["solve_cpu_s"]),
                _gap(row),
                row["usd_per_h"] or "no plan",
            ]
            for row in rows
            if not row.get("stopped")
        ),
    )


def _growing(rows: Rows) -> list[str]:
    parts = []
    for axis in dict.fromkeys(row["axis"] for row in rows):
        mine = [row for row in rows if row["axis"] == axis]
        lines, before = [], None
        for row in mine:
            if row.get("stopped"):
                lines.append([row["number"], f"stopped: {row['stopped']}", "", "", "", "", "", ""])
                continue
            used = sum(float(row[f"{stage}_cpu_s"]) for stage in (*BEFORE, *AFTER))
            grown = "" if before is None else f"{log(used / before[1]) / log(int(row['number']) / before[0]):.1f}"
            built = sum(float(row[f"{stage}_cpu_s"]) for stage in ("build", "hand_over"))
            size = [row["number"], row["workloads_in_all"], f"{row['rows']} × {row['columns']}"]
            lines.append([*size, seconds(used), grown, seconds(built), row["peak_mb"], _gap(row)])
            before = (int(row["number"]), used)
        head = [axis, "workloads", "rows × columns", "s but the solver's", "exponent", "s of building", "MB", "gap"]
        parts += [f"### {axis[0].upper()}{axis[1:]}\n\n", table(head, lines), _most(mine)]
    return parts


def _most(rows: Rows) -> str:
    """Say which stages take most of the time of the last row."""
    ended = [row for row in rows if not row.get("stopped")]
    if not ended:
        return ""
    used = {stage: float(ended[-1][f"{stage}_cpu_s"]) for stage in (*BEFORE, *AFTER)}
    most = sorted(used, key=lambda stage: -used[stage])[:3]
    shares = ", ".join(f"{stage.replace('_', ' ')} {used[stage] / sum(used.values()):.0%}" for stage in most)
    return f"Most of the last row's time goes to: {shares}. What is to be made faster next stands first.\n\n"


def _reached(text: str) -> str:
    return f"{seconds(text)} s" if text else "–"


def _gap(row: dict[str, str]) -> str:
    if row["status"] == "optimal":
        return "proven"
    return f"{float(row['gap']):.2%}" if row["gap"] else "no plan"
