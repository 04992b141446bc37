"""The formulation as a page, written from the program's own components so that it cannot fall behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import pyomo.environ as pyo

from pdopt.program.build import FAMILIES
from pdopt.program.matrix import Matrix, compile_matrix


def formulation(program: pyo.ConcreteModel, other: pyo.ConcreteModel | None = None) -> str:
    """Describe sets, variables, objective and constraint families, each family with rows of this very program.

    Parameters
    ----------
    program : pyomo.environ.ConcreteModel
        A built program; its first rows serve as examples.
    other : pyomo.environ.ConcreteModel, optional
        Another one, for the families that the first has no rows of.

    Returns
    -------
    str
        Markdown.
    """
    programs = [(one, compile_matrix(one)) for one in (program, other) if one is not None]
    parts = [
        f"Minimise {program.cost.doc}. Under a budget, first maximise {program.value.doc}, the first priority first. "
        f"Where some SKUs are preferred, next minimise {program.elsewhere.doc}. "
        f"Where a plan runs now, last minimise {program.fewest_starts.doc}.",
        _table("Sets", ((s.local_name, s.doc) for s in program.component_objects(pyo.Set) if s.doc)),
        _table("Variables", (_variable(v, other) for v in program.component_objects(pyo.Var))),
        "## Constraints",
        *(_family(programs, add.__name__.removeprefix("add_"), add.__doc__ or "") for add in FAMILIES),
    ]
    return "\n\n".join(parts) + "\n"


def _table(title: str, rows: Iterator[tuple[str, str]]) -> str:
    return "\n".join([f"## {title}", "", "| name | meaning |", "|---|---|", *(f"| `{a}` | {b} |" for a, b in rows)])


def _variable(variable: pyo.Var, other: pyo.ConcreteModel | None) -> tuple[str, str]:
    alike = [variable] if other is None else [variable, other.component(variable.local_name)]
    first = next((one for variables in alike for one in variables.values()), None)
    domain = "whole number, not negative" if first is None or first.is_integer() else "not negative"
    if first is not None and first.is_binary():
        domain = "0 or 1"
    over = " × ".join(s.local_name for s in variable.index_set().subsets(expand_all_set_operators=True))
    return f"{variable.local_name}[{over}]", f"{variable.doc} ({domain})"


def _family(programs: Sequence[tuple[pyo.ConcreteModel, Matrix]], name: str, docstring: str) -> str:
    of_each = [(matrix, [i for (family, i) in matrix.row_of if family == name][:2]) for _, matrix in programs]
    matrix, indices = next(((matrix, some) for matrix, some in of_each if some), of_each[0])
    component = programs[0][0].component(name)
    over = " × ".join(s.local_name for s in component.index_set().subsets(expand_all_set_operators=True))
    rows = "\n".join(_row(matrix, name, index) for index in indices) or "(no row in this fleet)"
    claim = f"{docstring.strip()} For each of `{over}`: {component.doc}."
    return f"### {name}\n\n{claim}\n\n```\n{rows}\n```"


def _row(matrix: Matrix, name: str, index: object) -> str:
    row = matrix.row_of[name, index]
    names = {column: _indexed(*key) for key, column in matrix.column_of.items()}
    terms = matrix.a.tocsr()[[row]].tocoo()
    body = " ".join(
        f"{'-' if value < 0 else '+'} {abs(value):.6g} {names[column]}"
        for column, value in zip(terms.coords[1], terms.data, strict=True)
    )
    low, high = matrix.row_lower[row], matrix.row_upper[row]
    relation = f"= {low:.6g}" if low == high else f">= {low:.6g}" if high == inf else f"<= {high:.6g}"
    return f"{_indexed(name, index)}:\n    {body.removeprefix('+ ')} {relation}"


def _indexed(name: str, index: object) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return f"{name}[{' | '.join(str(part) for part in parts)}]"
