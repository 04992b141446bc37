"""Reading the rows of one constraint family from a compiled program, as one would write them by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

from pdopt.capacity.table import LaneTable
from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix


class Row(NamedTuple):
    """A row: coefficients by (variable, index), and its bounds."""

    coefficients: dict[tuple[str, Any], float]
    lower: float
    upper: float


def rows_of(table: LaneTable, family: str) -> dict[Any, Row]:
    """Build and compile the program of a table; give the family's rows by index."""
    matrix = compile_matrix(build(table))
    name_of = {column: plain(name) for name, column in matrix.column_of.items()}
    dense = matrix.a.toarray()
    return {
        plain((name, index))[1]: Row(
            {name_of[column]: float(value) for column, value in enumerate(dense[row]) if value != 0},
            float(matrix.row_lower[row]),
            float(matrix.row_upper[row]),
        )
        for (name, index), row in matrix.row_of.items()
        if name == family
    }


def plain(name: tuple[str, Any]) -> tuple[str, Any]:
    """Leave the only slot and the only term of plain fleets out of an index: ``("Nodes", "A")``."""
    variable, index = name
    parts = index if isinstance(index, tuple) else (index,)
    kept = tuple(part for part in parts if part not in ("always", "on_demand"))
    return variable, kept[0] if len(kept) == 1 else kept
