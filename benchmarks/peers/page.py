"""docs/peers.md from the CSV files of results."""

from __future__ import annotations

from statistics import median

from benchmarks.peers.tables import Rows, seconds, table
from benchmarks.peers.words import AIBRIX, AICONFIGURATOR, BUCKETS, HEAD, SAGESERVE

CENT = 0.005


def page(results: dict[str, Rows], setting: str) -> str:
    """Compose the page."""
    parts = [HEAD, setting, "\n\n"]
    if results["melange"]:
        parts += [BUCKETS, _bucket_table(results["melange"]), _bucket_words(results["melange"])]
    if results["aibrix"]:
        parts += [AIBRIX, _aibrix_table(results["aibrix"])]
    if results["sageserve"]:
        parts += [SAGESERVE, _region_table(results["sageserve"])]
    if results["aiconfigurator"]:
        parts += [AICONFIGURATOR, _gpu_table(results["aiconfigurator"]), _gpu_words(results["aiconfigurator"])]
    return "".join(parts).rstrip() + "\n"


def _bucket_table(rows: Rows) -> str:
    head = ["GPU types × buckets × slices", "binaries", "Mélange: $/h", "proven", "its bound", "CPU s"]
    return table(
        [*head, "pdopt: $/h, proven", "CPU s in all", "of it solving", "saved", "CPU time ratio"],
        (
            [
                row["input"],
                row["binaries"],
                row["melange_usd_per_h"] or "none",
                "yes" if row["melange_proven"] == "True" else "no",
                row["melange_bound_usd_per_h"],
                seconds(row["melange_cpu_s"]),
                row["pdopt_usd_per_h"],
                seconds(row["pdopt_cpu_s"]),
                seconds(row["solve_cpu_s"]),
                _saved(row["melange_usd_per_h"], row["pdopt_usd_per_h"]),
                f"{float(row['melange_cpu_s']) / float(row['pdopt_cpu_s']):.3g}",
            ]
            for row in rows
        ),
    )


def _bucket_words(rows: Rows) -> str:
    dearer = [r for r in rows if r["melange_usd_per_h"] and _cost(r, "pdopt") > _cost(r, "melange") + CENT]
    cheaper = [r for r in rows if r["melange_usd_per_h"] and _cost(r, "pdopt") < _cost(r, "melange") - CENT]
    ended = [r for r in rows if r["melange_proven"] == "True"]
    ratios = sorted(float(r["melange_cpu_s"]) / float(r["pdopt_cpu_s"]) for r in rows)
    return (
        f"Of {len(rows)} inputs CBC proves {len(ended)} within the limit; pdopt proves "
        f"{sum(r['pdopt_status'] == 'optimal' for r in rows)}. pdopt is dearer on {len(dearer)} and cheaper on "
        f"{len(cheaper)}; CBC takes {ratios[0]:.2g} to {ratios[-1]:.3g} times its CPU time, {median(ratios):.3g} "
        "in the median, and more where the limit stopped it.\n\n"
    )


def _cost(row: dict[str, str], name: str) -> float:
    return float(row[f"{name}_usd_per_h"])


def _saved(theirs: str, ours: str) -> str:
    return f"{max(1 - float(ours) / float(theirs), 0):.2%}" if theirs else ""


def _aibrix_table(rows: Rows) -> str:
    return table(
        ["input", "Mélange", "AIBrix", "pdopt"], ([r["input"], r["melange"], r["aibrix"], r["pdopt"]] for r in rows)
    )


def _region_table(rows: Rows) -> str:
    head = ["LLMs × regions × GPU types", "what", "SageServe: $/h", "its bound", "wall s", "CPU s"]
    return table(
        [*head, "pdopt: $/h", "its bound", "gap", "wall s", "CPU s", "of it solving"],
        (
            [
                row["input"],
                row["what"],
                row["sageserve_usd_per_h"] or "no plan",
                "proven" if row["sageserve_proven"] == "True" else _their_bound(row),
                seconds(row["sageserve_wall_s"]),
                seconds(row["sageserve_cpu_s"]),
                row["pdopt_usd_per_h"] or "no plan",
                "proven" if row["pdopt_status"] == "optimal" else row["pdopt_bound_usd_per_h"],
                _saved(row["pdopt_usd_per_h"], row["pdopt_bound_usd_per_h"]),
                seconds(row["pdopt_wall_s"]),
                seconds(row["pdopt_cpu_s"]),
                seconds(row["solve_cpu_s"]),
            ]
            for row in rows
        ),
    )


def _their_bound(row: dict[str, str]) -> str:
    """Give CBC's bound, or say that it is more than a plan costs that exists."""
    bound = row["sageserve_bound_usd_per_h"]
    if bound and row["pdopt_usd_per_h"] and float(bound) > float(row["pdopt_usd_per_h"]) * 1.001:
        return f"{float(bound):.0e} (wrong)"
    return bound or "none"


def _gpu_table(rows: Rows) -> str:
    head = ["case", "req/s", "AIConfigurator: separate", "pdopt: separate", "AIConfigurator: ordinary"]
    keys = ("case", "rate_rps", "aic_separate", "pdopt_separate", "aic_ordinary", "pdopt_either")
    return table(
        [*head, "pdopt: either", "pdopt: separate, queueing"],
        ([row[key] or "none" for key in (*keys, "pdopt_separate_queueing")] for row in rows),
    )


def _gpu_words(rows: Rows) -> str:
    lines = []
    for case in dict.fromkeys(row["case"] for row in rows):
        mine = [row for row in rows if row["case"] == case]
        apart = [int(r["aic_separate"]) / int(r["pdopt_separate"]) - 1 for r in mine if _both(r, "separate")]
        best = [
            min(int(r[key]) for key in ("aic_separate", "aic_ordinary") if r[key]) / int(r["pdopt_either"]) - 1
            for r in mine
        ]
        lines.append(
            f"- {case}: {_more(apart)} GPUs for separate pools, {_more(best)} with the better of its two answers\n"
        )
    return "It asks for more than pdopt, on average over the rates (most):\n\n" + "".join(lines) + "\n"


def _both(row: dict[str, str], kind: str) -> bool:
    return bool(row[f"aic_{kind}"] and row[f"pdopt_{kind}"])


def _more(parts: list[float]) -> str:
    return f"{sum(parts) / len(parts):+.1%} ({max(parts):+.0%})" if parts else "no"
