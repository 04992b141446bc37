"""The parts of the page about the paper's Figure 3 and about Splitwise's designs."""

from __future__ import annotations

from benchmarks.accuracy.deployments import HERE
from benchmarks.accuracy.errors import summary
from benchmarks.accuracy.splitwise import BUDGETS, Design, Split, best_split, designs, rates, split_at
from benchmarks.accuracy.tables import table
from benchmarks.accuracy.words import FIGURE3, SPLITWISE, SPLITWISE_SAID
from docs.figure3 import Point, figure3

import pdopt

PAPER = HERE.parents[1] / "instances" / "paper" / "deepseek-v3.1-h200.yaml"


def figure3_part() -> str:
    """Errors at the six points of the paper's Figure 3."""
    points = figure3(pdopt.read_fleet(PAPER))
    found = {
        "TTFT": [p.steady.ttft_mean_s / p.ttft_mean_s - 1 for p in points],
        "TTFT, without 3P4D at 4.925": [p.steady.ttft_mean_s / p.ttft_mean_s - 1 for p in points if _holds(p)],
        "TPOT, `decode_load: steady`": [p.steady.tpot_mean_s / p.tpot_mean_s - 1 for p in points],
        "TPOT, `decode_load: open`": [p.breathing.tpot_mean_s / p.tpot_mean_s - 1 for p in points],
    }
    rows = [[name, str(len(errors)), *summary(errors).cells] for name, errors in found.items()]
    return FIGURE3 + table(["metric", "points", "median", "p90", "bias"], rows)


def _holds(point: Point) -> bool:
    return point.million_tokens_per_minute < 4.9


def splitwise_part() -> str:
    """The published splits beside pdopt's."""
    head = ["same", "design", "published", "P share", "pdopt, prefill kept busy", "P share", "req/s", "published split"]
    head += ["pdopt, every instance queues", "P share", "req/s", "published split"]
    more = [100 * (_share(design.counts) - _share(_best(design, queue=False).counts)) for design in designs()]
    said = SPLITWISE_SAID.format(least=min(more), most=max(more))
    return SPLITWISE + table(head, map(_design_row, designs())) + said


def _best(design: Design, queue: bool) -> Split:
    prices, budget = BUDGETS[design.budget]
    return best_split((prices[design.prefill_gpu], prices[design.decode_gpu]), budget, rates(design, queue))


def _design_row(design: Design) -> list[str]:
    cells = [design.budget, design.name, *_split_cells(design.counts)]
    for queue in (False, True):
        best = _best(design, queue)
        cells += [*_split_cells(best.counts), f"{best.requests_per_s:.0f}"]
        cells.append(f"{split_at(design.counts, rates(design, queue)).requests_per_s:.0f}")
    return cells


def _split_cells(counts: tuple[int, int]) -> list[str]:
    return [f"{counts[0]}P{counts[1]}D", f"{100 * _share(counts):.0f} %"]


def _share(counts: tuple[int, int]) -> float:
    return counts[0] / sum(counts)
