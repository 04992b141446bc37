"""Solve, simulate, tighten what does not hold, and solve again, until the plan keeps its targets."""

from __future__ import annotations

from collections.abc import Callable

from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, NoPlan, Plan
from pdopt.plan.validation import Missed, Round, Validation
from pdopt.studies.figures import instances
from pdopt.studies.validate.load import load_of
from pdopt.studies.validate.missed import Simulate, decided, missed
from pdopt.studies.validate.surplus import surplus
from pdopt.studies.validate.tighten import Caution, between, more

Solve = Callable[[Fleet], Answer]
Tell = Callable[[str], None]
ROUNDS = 12
CENT = 0.005
PROOF = (
    "cost and bound are proven for what the plan was made for after simulation (validation.rounds), not for all plans"
)
REFINEMENTS = 2  # plans between the last that fails and the first that holds


def validated(fleet: Fleet, solve: Solve, simulate: Simulate, tell: Tell = lambda words: None) -> Answer:
    """Find a plan that keeps its targets in simulation too, as cheap as can be found.

    Where a target is missed, the formulas were too hopeful by ``simulated / planned``: the next plan is made for the
    target divided by that. Between the last plan that fails and the first that holds, cheaper ones are tried.

    Parameters
    ----------
    fleet : Fleet
    solve, simulate : functions
        Fleet → plan, and (fleet, plan, how many times the requests) → simulation.
    tell : function
        Takes what is being done, in words.

    Returns
    -------
    Plan with `validation`, or NoPlan where the fleet has none as it is
    """
    return _Validating(fleet, solve, simulate, tell).answer()


class _Validating:
    """The rounds of one fleet."""

    def __init__(self, fleet: Fleet, solve: Solve, simulate: Simulate, tell: Tell):
        self.fleet, self._solve, self._simulate, self._tell = fleet, solve, simulate, tell
        self.rounds: list[Round] = []
        self.plans: list[Plan] = []
        self._load: dict[str, str | int | float] = {}

    def answer(self) -> Answer:
        """Plan with more and more caution until a plan holds; then look for a cheaper one, and for what is left."""
        failing = caution = Caution()
        for _ in range(ROUNDS):
            answer = self._tried(caution)
            if isinstance(answer, NoPlan):
                return answer if not self.plans else self._given_up(answer)
            if not self.rounds[-1].missed:
                self._refine(failing, caution)
                return self._held()
            failing, caution = caution, more(self.fleet, caution, self.rounds[-1].missed)
        return self._stated(len(self.rounds) - 1, False, f"{ROUNDS} plans, each more careful than the last, all miss")

    def _tried(self, caution: Caution) -> Answer:
        """Plan with caution, and simulate what is asked for."""
        number = f"plan {len(self.rounds) + 1}"
        self._tell(f"{number}: solving")
        answer = self._solve(caution.of(self.fleet))
        if isinstance(answer, Plan):
            plan = _as_asked(self.fleet, answer)
            self._tell(f"{number}: simulating (${plan.cost_per_hour:,.2f} per hour)")
            simulation = decided(self._simulate, self.fleet, plan)
            self._load = load_of(simulation)
            self.plans.append(plan)
            self.rounds.append(_round(plan, caution, missed(simulation)))
            self._tell(f"{number}: {len(self.rounds[-1].missed) or 'no'} targets missed")
        return answer

    def _refine(self, failing: Caution, holding: Caution) -> None:
        """Try plans with caution in between, while there may be a cheaper one that holds."""
        for _ in range(REFINEMENTS):
            held, failed, middle = self._cheapest_held(), self._dearest_missed(), between(self.fleet, failing, holding)
            if failed is None or failed >= held - CENT or middle == holding:
                return
            answer = self._tried(middle)
            if isinstance(answer, NoPlan) or self.rounds[-1].missed:
                failing = middle
            elif answer.cost_per_hour >= held - CENT:
                return
            else:
                holding = middle

    def _cheapest_held(self) -> float:
        return min(tried.cost_per_hour for tried in self.rounds if not tried.missed)

    def _dearest_missed(self) -> float | None:
        return max((tried.cost_per_hour for tried in self.rounds if tried.missed), default=None)

    def _held(self) -> Plan:
        kept = [index for index, tried in enumerate(self.rounds) if not tried.missed]
        return self._stated(min(kept, key=lambda index: self.rounds[index].cost_per_hour), True, None)

    def _given_up(self, answer: NoPlan) -> Plan:
        """Take the plan that comes nearest to its targets where tighter ones are out of reach."""
        why = "; ".join(reason.sentence for reason in answer.reasons[:3])
        nearest = min(range(len(self.rounds)), key=lambda index: max(map(_beyond, self.rounds[index].missed)))
        return self._stated(nearest, False, f"the targets that would make up for it have no plan: {why}")

    def _stated(self, chosen: int, holds: bool, why_not: str | None) -> Plan:
        plan = self.plans[chosen]
        left = surplus(self.fleet, plan, self._simulate, self._tell) if holds else ()
        validation = Validation(
            holds=holds, why_not=why_not, rounds=tuple(self.rounds), chosen=chosen, surplus=tuple(left), load=self._load
        )
        notes = (*plan.notes, *([PROOF] if chosen else []))
        return plan.model_copy(update={"validation": validation, "notes": notes})


def _round(plan: Plan, caution: Caution, found: tuple[Missed, ...]) -> Round:
    planned_for: dict[str, dict[str, float]] = {}
    for (workload, target), bound_ms in caution.bounds.items():
        planned_for.setdefault(workload, {})[target] = bound_ms
    return Round(
        cost_per_hour=plan.cost_per_hour,
        instances=instances(plan),
        planned_for=planned_for,
        decode_load=str(plan.assumptions["decode_load"]),
        missed=found,
    )


def _beyond(missed: Missed) -> float:
    return missed.simulated_ms / missed.bound_ms


def _as_asked(fleet: Fleet, plan: Plan) -> Plan:
    """State a plan with the targets that were asked for, not those it was made for."""
    asked = {
        name: {f"{t.metric}_{t.statistic}_ms": round(t.bound_s * 1e3, 9) for t in workload.targets}
        for name, workload in fleet.workloads.items()
    }
    return plan.model_copy(
        update={"workloads": tuple(p.model_copy(update={"slo": asked[p.name]}) for p in plan.workloads)}
    )
