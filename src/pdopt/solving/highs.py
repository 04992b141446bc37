"""Run HiGHS on a matrix and give its outcome one of our own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from pdopt.program.matrix import Matrix
from pdopt.solving.watch import Watch

Floats = npt.NDArray[np.float64]
Option = bool | float | str  # of HiGHS
ALONE = {"threads": 1}  # more do not make it faster, and all runs of a process must ask for the same
PROVEN = 1e-9  # relative gap below which a plan counts as proven: the arithmetic's own noise
PRICED = 1e-9  # part of the largest cost that a column's may be off: at 1e-7 plans of 66 cheap instances beat one
TOLERANCE = 1e-7  # of whole numbers and rows: at 1e-8 and less HiGHS has called plans optimal that were not


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

    def within(self, gap: float) -> bool:
        """Whether nothing is left to do: it is settled, or as near to its bound as asked."""
        if self.status in ("optimal", "infeasible"):
            return True
        return self.objective is not None and self.objective - self.bound <= gap * abs(self.objective)


class _Quiet(highspy.Highs):
    """HiGHS without a word on standard output: 1.16 prints its version as callbacks are enabled, in its constructor."""

    def __init__(self) -> None:
        super().__init__()
        self.silent()

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()
        super().enableCallbacks()


QUICK: dict[str, Option] = {  # for many small programs: restarts and heuristics take half of their time
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
BARE: dict[str, Option] = QUICK | {"presolve": "off"}  # for rows of arbitrary terms, where 1.16 may hang


def run(
    matrix: Matrix,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    start: Floats | None = None,
    options: Mapping[str, Option] | None = None,
    watch: Watch | None = None,
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
    watch : Watch, optional
        Is told of every better solution and bound, and may stop the solver.
    """
    limits = {} if time_limit_s is None else {"time_limit": max(float(time_limit_s), 0.01)}
    solver = _solver({"mip_rel_gap": gap, **limits, **(options or {})})
    scaled(matrix).hand_to(solver)
    _begin(solver, matrix, start)
    if watch is not None:
        _let(watch, solver, cost_scale(matrix))
    solver.run()
    return _outcome(solver, matrix)


class Prepared:
    """A matrix as HiGHS takes it, to be solved at many costs, one after the other."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix, self._scaled = matrix, scaled(matrix)

    def run(
        self, cost: Floats, time_limit_s: float, gap: float, options: Mapping[str, Option], start: Floats | None = None
    ) -> Outcome:
        """Minimise at other costs than the matrix has, from a known solution where there is one."""
        matrix = replace(self._matrix, cost=cost)
        solver = _solver({"mip_rel_gap": gap, "time_limit": max(float(time_limit_s), 0.01), **options})
        replace(self._scaled, cost=cost * matrix.unit / cost_scale(matrix)).hand_to(solver)
        _begin(solver, matrix, start)
        solver.run()
        return _outcome(solver, matrix)


_TOLD = {getattr(highspy.HighsModelStatus, kind) for kind in ("kOptimal", "kInfeasible", "kUnbounded")}


class Relaxation:
    """A matrix whose columns need not be whole, solved again and again: bounds change, and rows come, in between."""

    def __init__(self, matrix: Matrix) -> None:
        self._unit, self._scale = matrix.unit, cost_scale(matrix)
        self._solver = _solver({"presolve": "off", "solver": "simplex"})
        scaled(replace(matrix, whole=np.zeros(len(matrix.cost), dtype=bool))).hand_to(self._solver)
        self._lower, self._upper = matrix.lower, matrix.upper

    def add(self, terms: Floats, at_least: float) -> None:
        """Add a row, ``terms · columns >= at_least``."""
        columns = np.flatnonzero(terms)
        self._solver.addRow(at_least, np.inf, len(columns), columns, (terms * self._unit)[columns])

    def solve(self, lower: Floats, upper: Floats) -> tuple[Floats | None, float]:
        """Give the cheapest values within bounds and their cost: infinite if there are none, minus that if unknown."""
        changed = np.flatnonzero((lower != self._lower) | (upper != self._upper))
        if len(changed):
            unit = self._unit[changed]
            self._solver.changeColsBounds(len(changed), changed, lower[changed] / unit, upper[changed] / unit)
        self._lower, self._upper = lower, upper
        self._solver.run()
        status = self._solver.getModelStatus()
        if status not in _TOLD:  # a basis that leads nowhere
            self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None, np.inf
        if status != highspy.HighsModelStatus.kOptimal:
            return None, -np.inf
        cost = self._scale * float(self._solver.getInfo().objective_function_value)
        return np.array(self._solver.getSolution().col_value) * self._unit, cost


def _solver(options: Mapping[str, Option]) -> _Quiet:
    solver = _Quiet()
    solver.setOptionValue("mip_abs_gap", 0.0)
    solver.setOptionValue("mip_feasibility_tolerance", TOLERANCE)
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", PRICED)
    for name, value in {**ALONE, **options}.items():
        solver.setOptionValue(name, value)
    return solver


def _begin(solver: highspy.Highs, matrix: Matrix, start: Floats | None) -> None:
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = list(start / matrix.unit)
        solver.setSolution(solution)


def _let(watch: Watch, solver: highspy.Highs, scale: float) -> None:
    """Let somebody watch a solver."""
    seen = [np.inf, -np.inf]

    def looked(event: highspy.HighsCallbackEvent) -> None:
        found = scale * event.data_out.mip_primal_bound, scale * event.data_out.mip_dual_bound
        if found[0] < seen[0] or found[1] > seen[1]:
            seen[:] = found
            watch.saw(*found)
        event.interrupt(watch.stopped)

    def asked(event: highspy.HighsCallbackEvent) -> None:
        event.interrupt(watch.stopped)

    solver.cbMipInterrupt += looked
    solver.cbSimplexInterrupt += asked
    solver.cbIpmInterrupt += asked


def solve_relaxed(matrix: Matrix) -> tuple[Floats, Floats] | None:
    """Give the values of columns that need not be whole, and the duals of the rows; None where that is impossible."""
    solver = _solver({})
    relaxed = scaled(replace(matrix, whole=np.zeros(len(matrix.cost), dtype=bool)))
    relaxed.hand_to(solver)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    duals = np.array(solution.row_dual) * cost_scale(matrix) / relaxed.row_scale
    return np.array(solution.col_value) * matrix.unit, duals


@dataclass(frozen=True)
class Scaled:
    """A matrix as HiGHS takes it: columns in their units, costs and rows of rates scaled, whole columns marked."""

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    a: csc_array
    whole: npt.NDArray[np.int32]
    row_scale: Floats

    def hand_to(self, solver: highspy.Highs) -> None:
        """Pass the arrays as they are: through HiGHS's own objects it takes twenty times as long."""
        height, width = self.a.shape
        columns, minimise, a = highspy.MatrixFormat.kColwise, highspy.ObjSense.kMinimize, self.a
        sizes = (width, height, a.nnz, int(columns), int(minimise), 0.0)
        bounds = (self.cost, self.lower, self.upper, self.row_lower, self.row_upper)
        solver.passModel(*sizes, *bounds, a.indptr[:-1], a.indices, a.data, self.whole)


def scaled(matrix: Matrix) -> Scaled:
    """Bring a matrix to the sizes that HiGHS's absolute tolerances are made for."""
    unit, a = matrix.unit, csc_array(matrix.a)
    column = np.repeat(np.arange(a.shape[1]), np.diff(a.indptr))
    terms = a.data * unit[column]
    scale = _row_scale(a, terms, unit[column] == 1.0)
    return Scaled(
        cost=matrix.cost * unit / cost_scale(matrix),
        lower=matrix.lower / unit,
        upper=matrix.upper / unit,
        row_lower=matrix.row_lower / scale,
        row_upper=matrix.row_upper / scale,
        a=csc_array((terms / scale[a.indices], a.indices, a.indptr), shape=a.shape),
        whole=matrix.whole.astype(np.int32),
        row_scale=scale,
    )


def cost_scale(matrix: Matrix) -> float:
    """Give the largest cost of a column, so that prices of any size are told apart."""
    return float(abs(matrix.cost * matrix.unit).max(initial=0.0)) or 1.0


def _row_scale(a: csc_array, terms: Floats, counting: npt.NDArray[np.bool_]) -> Floats:
    """Give the largest term of each row of routed rates alone, so that a tolerance is a part of the rate; else 1."""
    largest, counts = np.zeros(a.shape[0]), np.zeros(a.shape[0], dtype=bool)
    np.maximum.at(largest, a.indices, abs(terms))
    counts[a.indices[counting & (terms != 0)]] = True
    return np.where(~counts & (largest > 0), largest, 1.0)


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
