"""The profiles of LLMs as rows, filtered as somebody asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pdopt.catalogue.card import Card, read_card
from pdopt.fleet.grouping import FoundRow, shape_of
from pdopt.fleet.profiles import Shape
from pdopt.fleet.tables import read_folder


@dataclass(frozen=True)
class Entry:
    """One LLM of the catalogue: its card and the rows of its tables by role."""

    name: str
    card: Card | None
    rows: dict[str, list[FoundRow]]

    @classmethod
    def read(cls, name: str, folder: Path, card: Path | None = None) -> Entry:
        """Read the card and the tables of a folder.

        Parameters
        ----------
        card : pathlib.Path, optional
            The card to take where the folder has none.

        Raises
        ------
        FleetFaults
            Every fault of the card, or of the tables.
        """
        own = read_card(folder) or (read_card(card.parent) if card else None)
        return cls(name, own, read_folder(folder)[0])

    def by_shape(self, role: str) -> dict[Shape, list[FoundRow]]:
        """Rows of a role, shape by shape."""
        groups: dict[Shape, list[FoundRow]] = defaultdict(list)
        for item in self.rows.get(role, ()):
            groups[shape_of(item.row)].append(item)
        return dict(sorted(groups.items()))


@dataclass(frozen=True)
class Wanted:
    """Which rows somebody wants to see; None takes all."""

    gpu: str | None = None
    engine: str | None = None
    role: str | None = None
    kind: str | None = None

    def of(self, entry: Entry) -> Entry:
        """Give the entry with the wanted rows alone."""
        rows = {role: [item for item in found if self._takes(role, item)] for role, found in entry.rows.items()}
        return Entry(entry.name, entry.card, {role: found for role, found in rows.items() if found})

    def _takes(self, role: str, item: FoundRow) -> bool:
        row = item.row
        return (
            self.role in (None, role)
            and self.engine in (None, row.engine)
            and self.kind in (None, row.kind or "unstated")
            and (self.gpu is None or is_gpu(row.gpu, self.gpu))
        )


def is_gpu(gpu: str, asked: str) -> bool:
    """Whether a GPU type is the one asked for: h200 asks for h200-sxm too."""
    return gpu == asked or gpu.startswith(f"{asked}-")


def newest(dates: Iterable[str]) -> str:
    """Latest of dates as they are written, blank when none is known."""
    return max(dates, default="")
