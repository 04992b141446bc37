"""Curves that dip, fall where they should rise, or have a single point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pdopt.catalogue.library import Entry
from pdopt.catalogue.suspicions.worst import Odd, worst_of
from pdopt.fleet.faults import Fault
from pdopt.fleet.grouping import FoundRow

DIP = 0.10  # of throughput, from one point to the next
FALL = 0.20  # of TPOT, with a larger batch


def broken_curves(entry: Entry) -> Iterator[Fault]:
    """Give one fault per shape and sort of oddity."""
    for shape, found in entry.by_shape("prefill").items():
        ordered = sorted(found, key=lambda item: item.row.input_tokens)
        yield from worst_of(shape, _prefill_dips(ordered))
        if len(ordered) == 1:
            yield from worst_of(shape, [Odd(ordered[0], 0, "prefill was measured at one input length only")])
    for shape, found in entry.by_shape("decode").items():
        curves = _curves(found)
        yield from worst_of(shape, (odd for curve in curves for odd in _throughput_dips(curve)))
        yield from worst_of(shape, (odd for curve in curves for odd in _falling_tpot(curve)))
        yield from worst_of(shape, (_one_point(curve[0]) for curve in curves if len(curve) == 1))


def _curves(found: Iterable[FoundRow]) -> list[list[FoundRow]]:
    groups: dict[tuple[float, float], list[FoundRow]] = defaultdict(list)
    for item in found:
        groups[item.row.input_tokens, item.row.output_tokens].append(item)
    return [sorted(group, key=lambda item: item.row.batch) for group in groups.values()]


def _prefill_dips(ordered: list[FoundRow]) -> Iterator[Odd]:
    """Points that are slower than both neighbours; a fall at long inputs is attention's, a dip is nobody's."""
    for before, here, after in zip(ordered, ordered[1:], ordered[2:], strict=False):
        lower = min(before.row.tokens_per_s, after.row.tokens_per_s)
        dip = 1 - here.row.tokens_per_s / lower
        if dip > DIP:
            at = f"{here.row.input_tokens:g} tokens"
            yield Odd(here, dip, f"prefill dips by {dip * 100:.0f} % at {at} against the lengths beside it")


def _throughput_dips(curve: list[FoundRow]) -> Iterator[Odd]:
    for before, here in pairwise(curve):
        dip = 1 - (here.row.batch / here.row.tpot_s) / (before.row.batch / before.row.tpot_s)
        if dip > DIP:
            yield Odd(here, dip, f"decode throughput falls by {dip * 100:.0f} % {_step(before, here)}")


def _falling_tpot(curve: list[FoundRow]) -> Iterator[Odd]:
    for before, here in pairwise(curve):
        fall = 1 - here.row.tpot_s / before.row.tpot_s
        if fall > FALL:
            yield Odd(here, fall, f"TPOT falls by {fall * 100:.0f} % {_step(before, here)}")


def _step(before: FoundRow, here: FoundRow) -> str:
    return f"from batch {before.row.batch:g} to {here.row.batch:g} at {here.row.input_tokens:g} input tokens"


def _one_point(item: FoundRow) -> Odd:
    row = item.row
    return Odd(item, 0, f"decode at {row.input_tokens:g}/{row.output_tokens:g} tokens has one batch only")
