"""docs/accuracy.md: every table of errors, and what is to be said of them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from benchmarks.accuracy.deployments import Measured
from benchmarks.accuracy.errors import METRICS, errors, groups, kind, mended, refusals, repeats, summary
from benchmarks.accuracy.other_sources import figure3_part, splitwise_part
from benchmarks.accuracy.predict import Prediction
from benchmarks.accuracy.tables import Estimates, count_table, error_table, table, time_table
from benchmarks.accuracy.words import COUNTS, HEAD, POOR, PREDICTED, SETTING


@dataclass(frozen=True)
class Comparison:
    """All that the page tells of: predictions, why some rows have none, and AIConfigurator's estimates."""

    predictions: list[Prediction]
    without: list[tuple[Measured, str]]
    estimates: Estimates

    @property
    def plain(self) -> list[Prediction]:
        """The deployments that nothing sets apart."""
        return [p for p in self.predictions if kind(p) == "all others"]


def page(comparison: Comparison, pictures: dict[str, str]) -> str:
    """Compose the page; `pictures` are files by GPU, relative to it."""
    shown = "".join(f"![{gpu}: predicted against measured]({file})\n\n" for gpu, file in pictures.items())
    return "".join(
        [
            HEAD,
            _in_short(comparison),
            SETTING,
            _coverage(comparison),
            PREDICTED,
            _by_group(comparison),
            shown,
            _poor(comparison),
            COUNTS,
            count_table(groups(comparison.predictions, kind), comparison.estimates),
            figure3_part(),
            splitwise_part(),
        ]
    )


def _in_short(c: Comparison) -> str:
    rows = []
    for words, some in (("all", c.predictions), ("all others (see below)", c.plain)):
        common = [p for p in some if p.measured.name in c.estimates]
        for name, metric in METRICS.items():
            ours = summary(errors(some, metric, lambda p: p.predicted)).cells
            beside = summary(errors(common, metric, lambda p: p.predicted)).cells
            theirs = summary(errors(common, metric, lambda p: c.estimates[p.measured.name])).cells
            rows.append([words, name, str(len(some)), *ours, str(len(common)), *beside, *theirs])
    head = ["rows", "metric", "number", "pdopt: median", "p90", "bias", "also estimated by AIC", "pdopt: median", "p90"]
    return table([*head, "bias", "AIC: median", "p90", "bias"], rows)


def _coverage(c: Comparison) -> str:
    total = len(c.predictions) + len(c.without)
    origins = Counter(p.origin for p in c.predictions)
    why = Counter(f"{d.llm} on {d.gpu}, {d.engine}: {words}" for d, words in c.without)
    lines = [
        f"Of {total} measured rows pdopt predicts {len(c.predictions)}: {origins['catalogue']} from profiles of the "
        f"catalogue, {origins['computed here']} from profiles computed for this page. Not predicted:\n\n",
        *(f"- {words} ({number} rows)\n" for words, number in why.items()),
    ]
    refused = Counter(_reason(words) for words in refusals().values())
    lines.append(f"\nAIConfigurator estimates {len(c.estimates)} of {total}. For the others it says:\n\n")
    lines += [f"- {words} ({number} rows)\n" for words, number in refused.most_common()]
    return "".join([*lines, "\n"])


def _reason(words: str) -> str:
    """Cut what differs from row to row: the LLM and the GPU."""
    return re.split(r" for model| on system", re.sub(r" '[^']*'", "", words))[0]


def _by_group(c: Comparison) -> str:
    by = {
        "GPU, engine": groups(c.predictions, lambda p: f"{p.measured.gpu}, {p.measured.engine}"),
        "LLM": groups(c.predictions, lambda p: p.measured.llm),
        "what sets them apart": groups(c.predictions, kind),
        "profiles": groups(c.predictions, lambda p: p.origin),
    }
    parts = []
    for name, metric in METRICS.items():
        parts.append(f"### {name}\n\n")
        parts += [error_table(some, metric, c.estimates, first) for first, some in by.items()]
    return "".join(parts)


def _poor(c: Comparison) -> str:
    kinds = groups(c.predictions, kind)
    wide = kinds["decode over 16 or 32 ranks"]
    slow = [p for p in wide if p.measured.name in c.estimates]
    ratio = np.median([p.predicted.tpot_s / c.estimates[p.measured.name].tpot_s for p in slow]) if slow else np.nan
    rows = [[name, *summary(errors(some, "tpot_s", lambda p: p.predicted)).cells] for name, some in _fitted(c).items()]
    after = [summary(mended(some)).cells for some in _fitted(c).values()]
    head = ["GPU, engine", "TPOT: median", "p90", "bias", "calibrated: median", "p90", "bias"]
    calibrated = table(head, ([*row, *more] for row, more in zip(rows, after, strict=True)))
    times = [f"{factor:.2f}" for factor in sorted(repeats(c.predictions, "tpot_s"))]
    values = {
        "wide": len(wide),
        "wide_common": len(slow),
        "ratio": f"{ratio:.2f}",
        "repeats": ", ".join(times),
        "past": len(kinds["batch past the computed KV memory"]),
        "times": time_table(c.predictions),
        "calibrated": calibrated,
    }
    return POOR.format(**values)


def _fitted(c: Comparison) -> dict[str, list[Prediction]]:
    by = groups(c.plain, lambda p: f"{p.measured.gpu}, {p.measured.engine}")
    return {name: some for name, some in by.items() if mended(some)}
