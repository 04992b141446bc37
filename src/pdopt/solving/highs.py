"""Run HiGHS on a matrix and give its outcome one of our own names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, diags_array

from pdopt.program.matrix import Matrix

Floats = npt.NDArray[np.float64]
PROVEN = 1e-9  # relative gap below which a plan counts as proven: the arithmetic's own noise


@dataclass(frozen=True)
class Outcome:
    """What the solver found.

    Attributes
    ----------
    status : str
        "optimal" (proven within the tolerance of arithmetic), "feasible" (stopped earlier), "infeasible" (proven),
        "unknown" (stopped with nothing found).
    values : array of one number per column, or None
    objective, bound : float
        Of the solution found (None: none), and what no solution can be below.
    """

    status: str
    values: Floats | None
    objective: float | None
    bound: float


class _Quiet(highspy.Highs):
    """HiGHS without a word on standard output: 1.16 prints its version as callbacks are enabled, in its constructor."""

    def __init__(self) -> None:
        super().__init__()
        self.silent()

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()
        super().enableCallbacks()


_everywhere: dict[str, int] = {}  # options of every run of this process


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Keep HiGHS to so many threads in this process, so that processes beside it have theirs."""
    before = dict(_everywhere)
    highspy.Highs.resetGlobalScheduler(True)
    _everywhere["threads"] = count
    try:
        yield
    finally:
        _everywhere.clear()
        _everywhere.update(before)
        highspy.Highs.resetGlobalScheduler(True)


QUICK: dict[str, bool | float] = {  # for many small programs: restarts and heuristics take half of their time
    "mip_heuristic_effort": 0.0,
    "mip_allow_restart": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_zi_round": False,
    "mip_heuristic_run_shifting": False,
    "mip_detect_symmetry": False,
}


def run(
    matrix: Matrix,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    start: Floats | None = None,
    options: Mapping[str, bool | float] | None = None,
) -> Outcome:
    """Minimise a matrix.

    Parameters
    ----------
    matrix : Matrix
    time_limit_s : float, optional
    gap : float
        Relative gap at which to stop.
    start : array, optional
        A known solution to start from.
    options : mapping, optional
        Options of HiGHS.
    """
    return _solved(matrix, as_lp(matrix), time_limit_s, gap, start, options or {})


class Prepared:
    """A matrix as HiGHS takes it, to be solved at many costs, one after the other."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix, self._lp = matrix, as_lp(matrix)

    def run(self, cost: Floats, time_limit_s: float, gap: float, options: Mapping[str, bool | float]) -> Outcome:
        """Minimise at other costs than the matrix has."""
        matrix = replace(self._matrix, cost=cost)
        self._lp.col_cost_ = cost * matrix.unit / cost_scale(matrix)
        return _solved(matrix, self._lp, time_limit_s, gap, None, options)


def _solved(
    matrix: Matrix,
    lp: highspy.HighsLp,
    time_limit_s: float | None,
    gap: float,
    start: Floats | None,
    options: Mapping[str, bool | float],
) -> Outcome:
    solver = _Quiet()
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("mip_abs_gap", 0.0)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    for name, value in {**_everywhere, **options}.items():
        solver.setOptionValue(name, value)
    if time_limit_s is not None:
        solver.setOptionValue("time_limit", max(float(time_limit_s), 0.01))
    solver.passModel(lp)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(start / matrix.unit)
        solver.setSolution(solution)
    solver.run()
    return _outcome(solver, matrix)


def solve_relaxed(matrix: Matrix) -> tuple[Floats, Floats] | None:
    """Give the values of columns that need not be whole, and the duals of the rows; None where that is impossible."""
    solver = _Quiet()
    solver.passModel(as_lp(replace(matrix, whole=np.zeros(len(matrix.cost), dtype=bool))))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    duals = np.array(solution.row_dual) * cost_scale(matrix) / _row_scale(matrix)
    return np.array(solution.col_value) * matrix.unit, duals


def as_lp(matrix: Matrix) -> highspy.HighsLp:
    """Give a matrix as HiGHS takes it: columns in their units, costs and rows of rates scaled."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.a.shape
    unit, scale = matrix.unit, _row_scale(matrix)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = (
        matrix.cost * unit / cost_scale(matrix),
        matrix.lower / unit,
        matrix.upper / unit,
    )
    lp.row_lower_, lp.row_upper_ = matrix.row_lower / scale, matrix.row_upper / scale
    a = csc_array(diags_array(1 / scale) @ matrix.a @ diags_array(unit))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.data
    if matrix.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in matrix.whole]
    return lp


def cost_scale(matrix: Matrix) -> float:
    """Give the largest cost of a column, so that prices of any size are told apart."""
    return float(abs(matrix.cost * matrix.unit).max(initial=0.0)) or 1.0


def _row_scale(matrix: Matrix) -> Floats:
    """Give the largest term of each row of routed rates alone, so that a tolerance is a part of the rate; else 1."""
    sizes = abs(matrix.a @ diags_array(matrix.unit))
    largest = sizes.max(axis=1).toarray().reshape(-1)
    counts = sizes @ (matrix.unit == 1.0).astype(float)
    return np.where((counts == 0) & (largest > 0), largest, 1.0)


def _outcome(solver: highspy.Highs, matrix: Matrix) -> Outcome:
    status = solver.getModelStatus()
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    never = {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
    if status in never:  # no objective of ours can fall without limit
        return Outcome("infeasible", None, None, np.inf)
    scale = cost_scale(matrix)
    bound = scale * float(info.mip_dual_bound if matrix.whole.any() else info.objective_function_value)
    if not found:
        return Outcome("unknown", None, None, bound if np.isfinite(bound) else -np.inf)
    objective = scale * float(info.objective_function_value)
    proven = status == highspy.HighsModelStatus.kOptimal and objective - bound <= PROVEN * abs(objective)
    values = np.array(solver.getSolution().col_value) * matrix.unit
    return Outcome("optimal" if proven else "feasible", values, objective, min(bound, objective))
