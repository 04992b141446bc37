"""The program as arrays: what a solver takes, and how its columns read back."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array

Floats = npt.NDArray[np.float64]


class Names(Mapping[tuple[str, Any], int]):
    """(component, index) → place, in order; written out when it is first asked for, because that takes time."""

    def __init__(self, write: Callable[[], Iterable[tuple[str, Any]]] = tuple):
        self._write = write

    @cached_property
    def _place_of(self) -> dict[tuple[str, Any], int]:
        return {name: place for place, name in enumerate(self._write())}

    def __getitem__(self, name: tuple[str, Any]) -> int:
        return self._place_of[name]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._place_of)

    def __len__(self) -> int:
        return len(self._place_of)

    def items(self) -> ItemsView[tuple[str, Any], int]:
        """Give names and places."""
        return self._place_of.items()

    @cached_property
    def by_component(self) -> dict[str, dict[Any, int]]:
        """Component → index → place."""
        found: dict[str, dict[Any, int]] = {}
        for (name, index), place in self._place_of.items():
            found.setdefault(name, {})[index] = place
        return found


@dataclass(frozen=True)
class Matrix:
    """``minimise cost · x`` with ``row_lower <= A x <= row_upper``, columns within bounds, some of them whole.

    Attributes
    ----------
    cost, lower, upper : arrays of one number per column
    whole : boolean array, columns that must be whole numbers
    unit : array, the size of a column's usual value, for a solver whose tolerances are absolute
    row_lower, row_upper : arrays of one number per row
    a : sparse matrix, rows × columns
    column_of : mapping, (variable, index) → column
    row_of : mapping, (constraint, index) → row
    values : arrays like cost, one per priority of a budget, first come first: minus the value per second that is served
    elsewhere : array like cost, where some SKUs are preferred: GPUs on others
    fewest_starts : array like cost, where a plan runs now: instances that are started
    """

    cost: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    unit: Floats
    row_lower: Floats
    row_upper: Floats
    a: Any
    column_of: Mapping[tuple[str, Any], int]
    row_of: Mapping[tuple[str, Any], int]
    values: tuple[Floats, ...] = ()
    elsewhere: Floats | None = None
    fewest_starts: Floats | None = None

    def part(self, columns: Any, rows: Any, terms: Any, taken: Floats | float = 0.0) -> Matrix:
        """Give some columns and rows alone, nameless and with the cost as their only goal.

        Parameters
        ----------
        columns, rows : arrays of places
        terms : sparse matrix, those rows × columns
        taken : array of one number per row, or 0
            What other columns take of the rows.
        """
        return replace(
            self,
            cost=self.cost[columns],
            lower=self.lower[columns],
            upper=self.upper[columns],
            whole=self.whole[columns],
            unit=self.unit[columns],
            row_lower=self.row_lower[rows] - taken,
            row_upper=self.row_upper[rows] - taken,
            a=csc_array(terms),
            column_of={},
            row_of={},
            values=(),
            elsewhere=None,
            fewest_starts=None,
        )

    def columns(self, variable: str) -> dict[Any, int]:
        """Give index → column of one variable."""
        if isinstance(self.column_of, Names):
            return self.column_of.by_component.get(variable, {})
        return {index: column for (name, index), column in self.column_of.items() if name == variable}


def compile_matrix(program: pyo.ConcreteModel) -> Matrix:
    """Compile a program to arrays, keeping only columns that occur in a row or in the objective."""
    form = LinearStandardFormCompiler().write(program, mixed_form=True)
    rhs = np.asarray(form.rhs, dtype=float)
    kinds = np.array([row.bound_type for row in form.rows], dtype=int)  # -1: >=, 0: =, 1: <=
    columns = form.columns
    bounds = [variable.bounds for variable in columns]
    goals = [goal.parent_component().local_name for goal in form.objectives]
    rows = np.asarray(form.c.todense(), dtype=float)  # what is maximised comes with the sign turned
    of = {name: [row for goal, row in zip(goals, rows, strict=True) if goal == name] for name in set(goals)}
    return Matrix(
        cost=of["cost"][0],
        lower=np.array([-np.inf if least is None else least for least, _ in bounds], dtype=float),
        upper=np.array([np.inf if most is None else most for _, most in bounds], dtype=float),
        whole=np.array([v.is_integer() for v in columns], dtype=bool),
        unit=np.array([_unit(program, v) for v in columns], dtype=float),
        row_lower=np.where(kinds == 1, -np.inf, rhs),
        row_upper=np.where(kinds == -1, np.inf, rhs),
        a=csc_array(form.A),
        column_of=_named(columns),
        row_of=_named([row.constraint for row in form.rows]),
        values=tuple(of.get("value", ())),
        elsewhere=of["elsewhere"][0] if "elsewhere" in of else None,
        fewest_starts=of["fewest_starts"][0] if "fewest_starts" in of else None,
    )


def _named(components: Sequence[Any]) -> Names:
    names = [(one.parent_component().local_name, one.index()) for one in components]
    return Names(lambda: names)


def _unit(program: pyo.ConcreteModel, variable: Any) -> float:
    """Give the wanted rate of a routed workload; everything else is counted in ones."""
    if variable.parent_component().local_name not in ("Routed_rps", "Rerouted_rps"):
        return 1.0
    *_, workload, _, slot = variable.index()
    return program.slot_of[slot].wanted_rps[workload] or 1.0
