"""The catalogue at a glance: one line per LLM, GPU, engine and role."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pdopt.catalogue.library import Entry, newest
from pdopt.fleet.grouping import FoundRow, shape_of


@dataclass(frozen=True)
class Summary:
    """What there is of one LLM on one GPU with one engine in one role.

    Attributes
    ----------
    kinds : dict
        Rows by kind (measured, computed, analytic, unstated).
    batches : tuple or None
        Smallest and largest requests in flight; None where rows do not say.
    input_tokens : tuple
        Shortest and longest input; of encode, tokens of an image.
    """

    llm: str
    gpu: str
    engine: str
    role: str
    shapes: int
    points: int
    kinds: dict[str, int]
    input_tokens: tuple[float, float]
    batches: tuple[float, float] | None
    newest: str

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


def summaries(entry: Entry) -> Iterator[Summary]:
    """Summarise the rows of one LLM."""
    groups: dict[tuple[str, str, str], list[FoundRow]] = defaultdict(list)
    for role, found in entry.rows.items():
        for item in found:
            groups[item.row.gpu, item.row.engine, role].append(item)
    for (gpu, engine, role), found in sorted(groups.items()):
        rows = [item.row for item in found]
        lengths = [row.image_tokens if role == "encode" else row.input_tokens for row in rows]
        batches = [row.batch for row in rows if hasattr(row, "batch")]
        yield Summary(
            llm=entry.name,
            gpu=gpu,
            engine=engine,
            role=role,
            shapes=len({shape_of(row) for row in rows}),
            points=len(rows),
            kinds=dict(Counter(row.kind or "unstated" for row in rows)),
            input_tokens=(min(lengths), max(lengths)),
            batches=(min(batches), max(batches)) if batches else None,
            newest=newest(row.date for row in rows),
        )
