"""One sentence for many rows that are odd in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pdopt.fleet.faults import Fault
from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.profiles import Shape


@dataclass(frozen=True)
class Odd:
    """A row, how odd it is, and in what way."""

    item: FoundRow
    degree: float
    sentence: str


def worst_of(shape: Shape | str, odd: Iterable[Odd]) -> Iterator[Fault]:
    """Give the oddest row as a located sentence that says how many others there are."""
    every = list(odd)
    if every:
        worst = max(every, key=lambda one: one.degree)
        more = f" (worst of {len(every)})" if len(every) > 1 and worst.degree else ""
        more = more or (f" (and {len(every) - 1} more)" if len(every) > 1 else "")
        item = worst.item
        yield Fault(item.complaints.file, item.line or 0, str(shape), worst.sentence + more)
