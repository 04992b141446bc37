"""Tables of errors and of counts, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from benchmarks.accuracy.counts import Counts, asked_by_aiconfigurator, at_deployed_batch, planned
from benchmarks.accuracy.errors import Estimate, errors, summary
from benchmarks.accuracy.predict import Prediction

Groups = dict[str, list[Prediction]]
Estimates = dict[str, Estimate]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def error_table(groups: Groups, metric: str, estimates: Estimates, first: str) -> str:
    """Errors of one metric by group, and beside them AIConfigurator's on the rows that it has."""
    head = [first, "rows", "pdopt: median", "p90", "bias", "rows of AIC", "AIC: median", "p90", "bias"]
    head += ["pdopt on those: median", "p90", "bias"]
    return table(head, (_error_row(name, group, metric, estimates) for name, group in groups.items()))


def _error_row(name: str, group: list[Prediction], metric: str, estimates: Estimates) -> list[str]:
    common = [p for p in group if p.measured.name in estimates]
    ours = summary(errors(group, metric, lambda p: p.predicted))
    theirs = summary(errors(common, metric, lambda p: estimates[p.measured.name]))
    beside = summary(errors(common, metric, lambda p: p.predicted))
    return [name, str(len(group)), *ours.cells, str(len(common)), *theirs.cells, *beside.cells]


def time_table(predictions: list[Prediction]) -> str:
    """How many times one prompt's prefill the measured and the predicted TTFT are, by predicted load."""

    def load(low: float, high: float) -> list[Prediction]:
        return [p for p in predictions if low <= p.predicted.prefill_busy < high]

    def row(words: str, some: list[Prediction]) -> list[str]:
        measured = np.array([p.measured.ttft_s for p in some])
        predicted, idle = np.array([(p.predicted.ttft_s, p.idle_s) for p in some]).T
        factors = [f"{np.median(times / idle):.1f}" for times in (measured, predicted)]
        return [words, str(len(some)), *factors, f"{np.median(measured - predicted):.2f} s"]

    spans = {"below 20 %": (0.0, 0.2), "20 to 80 %": (0.2, 0.8), "above 80 %": (0.8, 2.0)}
    head = ["predicted load of prefill", "rows", "measured TTFT / one prefill", "predicted / one prefill"]
    return table([*head, "measured - predicted, median"], (row(words, load(*span)) for words, span in spans.items()))


def counts_of(predictions: list[Prediction], factor: float) -> list[Counts | None]:
    """Plan every deployment; the targets are `factor` times what was measured."""
    return [planned(prediction, factor) for prediction in predictions]


COUNT_HEAD = ["who", "rows", "no plan", "P as deployed", "within 1", "D as deployed", "within 1", "both"]
COUNT_HEAD += ["D not rounded: median error", "p90", "bias", "GPUs: median error", "p90", "bias"]


def count_row(who: str, found: Sequence[Counts | None]) -> list[str]:
    """How the planned counts compare with the deployed ones."""
    some = [counts for counts in found if counts is not None]

    def share(agrees: Callable[[Counts], bool]) -> str:
        return f"{100 * sum(map(agrees, some)) / len(some):.0f} %" if some else "–"

    cells = [who, str(len(found)), str(len(found) - len(some))]
    for role in (0, 1):
        cells.append(share(lambda c, role=role: c.whole[role] == c.deployed[role]))  # type: ignore[misc]
        cells.append(share(lambda c, role=role: abs(c.whole[role] - c.deployed[role]) <= 1))  # type: ignore[misc]
    cells.append(share(lambda c: c.whole == c.deployed))
    cells += summary(c.decode / c.deployed[1] - 1 for c in some).cells
    return cells + list(summary(c.gpus / c.measured.gpus - 1 for c in some).cells)


def count_table(groups: Groups, estimates: Estimates) -> str:
    """Counts by group: pdopt's plan, and at the deployed batch pdopt's and AIConfigurator's."""
    rows = []
    for name, group in groups.items():
        common = [p for p in group if p.measured.name in estimates]
        rows += [count_row(f"{name}: pdopt's plan", counts_of(group, 1.0))]
        rows += [count_row("targets 10 % looser", counts_of(group, 1.1))]
        rows += [count_row("deployed batch, pdopt", [at_deployed_batch(p) for p in group])]
        if common:
            asked = [asked_by_aiconfigurator(p, estimates[p.measured.name]) for p in common]
            rows += [count_row("deployed batch, pdopt, rows of AIC", [at_deployed_batch(p) for p in common])]
            rows += [count_row("deployed batch, AIC", asked)]
    return table(COUNT_HEAD, rows)
