"""The steps of a curve, found by asking about money where most is unknown.

What some money serves at best steps up only where a plan costs just that much: the answer to any amount is such a
step, and between the step and the amount there is none. So every question tells a step and a stretch without any, and
once the stretches touch, all steps are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pdopt.studies.budget.answers import Gap, Step

CENT = 0.01  # dollars per hour: steps closer than this are one
ASKED_FOR_EACH = 3  # questions for each step wanted, at most

Ask = Callable[[float], Step | None]  # dollars per hour → the step; None where nothing was found


@dataclass
class Known:
    """Steps found, and how far the curve is known to be flat beyond each of them.

    Attributes
    ----------
    flat : dict
        Cost of a step → money up to which no more can be served.
    tried : set
        Costs of steps above which the middle was asked about and told no other step: what is left is asked about at
        its upper end, which tells whether there is one at all.
    told_nothing : set
        Costs of steps above which that told nothing either, because it was not proven in time.
    """

    ask: Ask
    steps: list[Step] = field(default_factory=list)
    flat: dict[float, float] = field(default_factory=dict)
    tried: set[float] = field(default_factory=set)
    told_nothing: set[float] = field(default_factory=set)
    asked: int = 0

    def learn(self, usd_per_h: float) -> Step | None:
        """Ask about an amount and keep the step; None where nothing is found within that money."""
        self.asked += 1
        found = self.ask(usd_per_h)
        return None if found is None else self.keep(found, usd_per_h)

    def keep(self, found: Step, usd_per_h: float) -> Step:
        """Keep what some money serves; where that was not proven and a known step is better, keep that instead."""
        for one in self.steps:
            if abs(one.cost_per_hour - found.cost_per_hour) < CENT / 2:
                self.flat[one.cost_per_hour] = max(self.flat[one.cost_per_hour], self._flat_to(found, usd_per_h))
                return one
        better = [one for one in self.steps if _beats(one, found)]
        if better:
            return better[0]
        self.steps = [one for one in self.steps if not _beats(found, one)]
        below = max((s.cost_per_hour for s in self.steps if s.cost_per_hour < found.cost_per_hour), default=0.0)
        self.tried.discard(below)
        self.told_nothing.discard(below)
        self.steps.append(found)
        self.steps.sort(key=lambda step: step.cost_per_hour)
        self.flat[found.cost_per_hour] = self._flat_to(found, usd_per_h)
        return found

    @staticmethod
    def _flat_to(step: Step, usd_per_h: float) -> float:
        return usd_per_h if step.plan.status == "optimal" else step.cost_per_hour

    def refine(self, wanted: int) -> None:
        """Ask until so many steps are known, or all there are."""
        most = ASKED_FOR_EACH * wanted
        while len(self.steps) < wanted and self.asked < most:
            gaps = [(below, gap) for below, gap in self.gaps() if below not in self.told_nothing]
            if not gaps:
                return
            below, gap = max(gaps, key=lambda pair: _unknown(pair[1]))
            middle = (gap.from_usd_per_hour + gap.to_usd_per_hour) / 2
            at_end = below in self.tried or gap.to_usd_per_hour - gap.from_usd_per_hour < 2 * CENT
            before = len(self.steps)
            self.learn(gap.to_usd_per_hour - CENT if at_end else middle)
            if len(self.steps) == before:
                (self.told_nothing if at_end else self.tried).add(below)

    def gaps(self) -> Iterator[tuple[float, Gap]]:
        """Give the stretches in which more steps may be, each with the cost of the step below."""
        for one, other in zip(self.steps, self.steps[1:], strict=False):
            known, above = self.flat[one.cost_per_hour], other.cost_per_hour
            if above - known > CENT * 1.001:
                yield (
                    one.cost_per_hour,
                    Gap(
                        from_usd_per_hour=known,
                        to_usd_per_hour=above,
                        value_per_hour=one.value_per_hour,
                        value_at_most_per_hour=other.value_bound_per_hour,
                    ),
                )


def _beats(one: Step, other: Step) -> bool:
    """Whether a step serves as much as one that is not proven, for less."""
    cheaper = one.cost_per_hour <= other.cost_per_hour
    return cheaper and other.plan.status != "optimal" and one.value_by_priority >= other.value_by_priority


def _unknown(gap: Gap) -> float:
    """Give the area in which the curve may run."""
    height = abs(gap.value_at_most_per_hour - gap.value_per_hour)
    return (gap.to_usd_per_hour - gap.from_usd_per_hour) * max(height, 1e-6 * abs(gap.value_at_most_per_hour))
