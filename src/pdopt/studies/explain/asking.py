"""Asking: the fleet changed and solved again, each question once, costs told no better than proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pdopt.fleet.changes import Change, with_changes
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Answer, Plan
from pdopt.studies.explain.answers import Effect, Span

Solve = Callable[[Fleet], Answer]


@dataclass(frozen=True)
class Proposal:
    """A change to ask about: the question it belongs to, whether it relaxes or tightens, and words for it."""

    about: str
    kind: str
    what: str
    changes: tuple[Change, ...]


class Asker:
    """Re-solves of one fleet.

    Parameters
    ----------
    fleet : Fleet
    plan : Plan
        Its plan; savings are told against it.
    solve : function Fleet → Answer
    tell : function
        Takes what is being asked, in words.
    """

    def __init__(self, fleet: Fleet, plan: Plan, solve: Solve, tell: Callable[[str], None]):
        self.fleet, self.plan = fleet, plan
        self._solve, self._tell = solve, tell
        self._known: dict[frozenset[Change], Answer] = {}

    @property
    def re_solves(self) -> int:
        """How often the fleet was solved again."""
        return len(self._known)

    def ask(self, changes: Sequence[Change], words: str) -> Answer:
        """Solve the fleet with some changes made; the same changes are solved once."""
        key = frozenset(changes)
        if key not in self._known:
            self._tell(f"re-solve {self.re_solves + 1}: {words}")
            self._known[key] = self._solve(with_changes(self.fleet, changes))
        return self._known[key]

    def effect(self, proposal: Proposal) -> Effect:
        """Give what a proposal does to the least cost."""
        before = self.re_solves
        answer = self.ask(proposal.changes, proposal.what)
        return self.stated(proposal, self.difference(answer, proposal.kind), self.re_solves - before)

    def difference(self, answer: Answer, kind: str = "") -> Span | None:
        """Dollars per hour between the least costs: [bound - cost now, cost - bound now]; None: no plan is possible."""
        if answer.status == "infeasible":
            return None
        least: float | None = (answer.bound_per_hour or 0.0) - self.plan.cost_per_hour
        most = None if answer.cost_per_hour is None else answer.cost_per_hour - self.plan.bound_per_hour
        if self.fleet.limits.prefer:  # more of what is preferred may be used, and cost more
            return Span(least=least, most=most)
        if kind == "relax":  # the present plan stays possible
            most = 0.0 if most is None else min(most, 0.0)
            least = min(least or 0.0, most)
        if kind == "tighten":
            least = max(least or 0.0, 0.0)
        return Span(least=least, most=most)

    def stated(self, proposal: Proposal, by: Span | None, re_solves: int) -> Effect:
        """Give a proposal with its effect."""
        return Effect(
            about=proposal.about,
            kind=proposal.kind,  # type: ignore[arg-type]
            what=proposal.what,
            changes=tuple(change.stated(self.fleet) for change in proposal.changes),
            cost_changes_by=by,
            re_solves=re_solves,
        )

    def all_effects(self, proposals: Sequence[Proposal], words: str) -> list[Effect]:
        """Give the effects of proposals of one kind; one re-solve is enough where all together do nothing.

        What all changes do together, none of them exceeds alone.
        """
        if len(proposals) > 1 and not self.fleet.limits.prefer:
            together = tuple(change for proposal in proposals for change in proposal.changes)
            by = self.difference(self.ask(together, words), proposals[0].kind)
            if by is not None and by.nothing:
                return [self.stated(proposal, by, 0) for proposal in proposals]
        return [self.effect(proposal) for proposal in proposals]
