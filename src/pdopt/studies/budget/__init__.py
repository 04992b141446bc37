"""Demand served against money: the steps of the curve, what each buys, where it bends, what everything costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pdopt
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, NoPlan, Plan, Reason
from pdopt.solving.solve import no_plan, solve
from pdopt.studies.budget.answers import BudgetCurve, Entrance, Step
from pdopt.studies.budget.fleets import LITTLE, owes, owing, serving, serving_all, with_money
from pdopt.studies.budget.search import CENT, Known
from pdopt.studies.budget.steps import knee, linked, step_of

Tell = Callable[[str], None]
STEPS = 12
ENOUGH_USD_PER_H = 1e7  # more money than any fleet of ours can spend


def budget_curve(
    fleet: Fleet,
    amounts: Sequence[float] | None = None,
    steps: int = STEPS,
    time_limit_s: float | None = 20.0,
    gap: float = 0.0,
    tell: Tell = lambda words: None,
) -> BudgetCurve | NoPlan:
    """Give what money serves at best: the most value within each budget, at least cost.

    Parameters
    ----------
    fleet : Fleet
        Its workloads are owed what their `min_served` states, and nothing where it is left out, as with any budget.
    amounts : sequence of float, optional
        Dollars per hour to ask about; by default steps are sought from the least money that serves anything to what
        serves everything.
    steps : int
        How many steps to find, where no amounts are given.
    time_limit_s : float, optional
        Seconds for each solve.
    gap : float
        Relative gap at which each solve may stop.
    tell : function, optional
        Takes what is being solved, in words.

    Raises
    ------
    ValueError
        The fleet weighs risk, or prefers SKUs: then money does not buy the most value.

    Returns
    -------
    BudgetCurve, or NoPlan where not even what is owed can be served
    """
    if (refused := not_budgeted(fleet)) is not None:
        raise ValueError(refused)
    return _Asking(fleet, time_limit_s, gap, tell).curve(amounts, steps)


def not_budgeted(fleet: Fleet) -> str | None:
    """Say why there is no curve of a fleet; None where there is one."""
    what = "a weight on risk" if fleet.risk.weight else "limits.prefer" if fleet.limits.prefer else None
    return None if what is None else f"has {what}; the curve tells the least money that serves as much, so leave it out"


class _Asking:
    """Questions about one fleet, one after the other."""

    def __init__(self, fleet: Fleet, time_limit_s: float | None, gap: float, tell: Tell) -> None:
        self.fleet, self._limit_s, self._gap, self._tell = fleet, time_limit_s, gap, tell

    def curve(self, amounts: Sequence[float] | None, steps: int) -> BudgetCurve | NoPlan:
        owed_usd = 0.0
        if owes(self.fleet):
            self._tell("what is owed in any case")
            owed = solve(owing(self.fleet), self._limit_s, self._gap)
            if isinstance(owed, NoPlan):
                return owed
            owed_usd = owed.cost_per_hour
        self._tell("what everything costs")
        every = solve(serving_all(self.fleet), self._limit_s, self._gap, reasons=False)
        known = Known(self._within)
        if amounts is not None:
            return self._at(sorted(set(amounts)), owed_usd, every)
        entrances = tuple(self._entrances(every))
        useful = [one.any_usd_per_hour for one in entrances if one.any_usd_per_hour is not None]
        stated = self.fleet.budget_usd_per_h
        valued = all(one.value for one in self.fleet.workloads.values() if one.demand_rps)
        if isinstance(every, Plan) and valued:
            known.keep(step_of(self.fleet, every, every.cost_per_hour), every.cost_per_hour)
        else:
            known.learn(ENOUGH_USD_PER_H)
        for usd in (owed_usd, min(useful, default=None), stated):
            if usd is not None and usd >= owed_usd:
                known.learn(usd)
        if not known.steps:
            return self._nothing()
        known.refine(steps)
        return self._steps(known, owed_usd, every).model_copy(update={"entrances": entrances})

    def _nothing(self) -> NoPlan:
        limit = "the time limit" if self._limit_s is None else f"{self._limit_s:g} s"
        sentence = f"no plan was found within {limit}; give a longer --time-limit"
        return no_plan(self.fleet, "unknown", [Reason(kind="time", sentence=sentence)])

    def _at(self, amounts: Sequence[float], owed_usd: float, every: Answer) -> BudgetCurve | NoPlan:
        too_little = tuple(amount for amount in amounts if amount < owed_usd - CENT / 2)
        found = [self._within(amount) for amount in amounts if amount not in too_little]
        steps = linked([step for step in found if step is not None])
        if not steps and found:
            return self._nothing()
        curve = self._curve("amounts", steps, owed_usd, every)
        return curve.model_copy(update={"too_little": too_little})

    def _steps(self, known: Known, owed_usd: float, every: Answer) -> BudgetCurve:
        flat = [s.model_copy(update={"budget_per_hour": known.flat[s.cost_per_hour]}) for s in known.steps]
        steps, between = linked(flat), tuple(gap for _, gap in known.gaps())
        curve = self._curve("steps", steps, owed_usd, every)
        proven = all(step.plan.status == "optimal" for step in steps)
        most = steps[-1].served if every.status == "infeasible" else None
        return curve.model_copy(
            update={"exact": proven and not between, "between": between, "knee": knee(steps), "most_served": most}
        )

    def _curve(self, what: str, steps: tuple[Step, ...], owed_usd: float, every: Answer) -> BudgetCurve:
        return BudgetCurve(
            name=self.fleet.name,
            what=what,  # type: ignore[arg-type]
            steps=steps,
            exact=False,
            owed_per_hour=owed_usd,
            everything_per_hour=every.cost_per_hour,
            stated_per_hour=self.fleet.budget_usd_per_h,
            values={name: asked.value for name, asked in self.fleet.workloads.items()},
            fleet_sha256=self.fleet.source_hash,
            pdopt_version=pdopt.__version__,
        )

    def _within(self, usd_per_h: float) -> Step | None:
        self._tell("all the money there is" if usd_per_h == ENOUGH_USD_PER_H else f"${usd_per_h:,.2f} per hour")
        plan = solve(with_money(self.fleet, usd_per_h), self._limit_s, self._gap, reasons=False)
        return step_of(self.fleet, plan, usd_per_h) if isinstance(plan, Plan) else None

    def _least(self, fleet: Fleet) -> float | None:
        plan = solve(fleet, self._limit_s, self._gap, reasons=False)
        return plan.cost_per_hour if isinstance(plan, Plan) else None

    def _entrances(self, every: Answer) -> Iterator[Entrance]:
        """Give the least money that serves any, and all, of each workload that is worth something."""
        for name, workload in self.fleet.workloads.items():
            if not workload.value or not workload.demand_rps:
                continue
            self._tell(f"{name} alone")
            some = self._least(serving(self.fleet, name, LITTLE))
            if len(self.fleet.workloads) == 1:
                whole = every.cost_per_hour
            else:
                whole = None if some is None else self._least(serving(self.fleet, name, 1.0))
            yield Entrance(workload=name, any_usd_per_hour=some, all_usd_per_hour=whole)
