"""What is told when a re-solve stopped short of proof: bounds, never numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.samples import answer_of, changed, fleet_of, paper, town, village

import pdopt.solving.solve
import pdopt.studies.explain as study
from pdopt.fleet.changes import Change, with_changes
from pdopt.fleet.fleet import Term
from pdopt.plan.plan import NoPlan
from pdopt.render.explain import explanation_lines, money
from pdopt.studies.explain.answers import Span
from pdopt.studies.explain.asking import Asker, Proposal

PROPOSAL = Proposal("stock", "relax", "one more", (Change(("skus", "node", "available"), 1),))


def asker(now: tuple[float, float], then, kind: str = "relax"):
    """Give the difference between two costs known as (bound, cost)."""
    plan = answer_of(paper())

    def known(bound, cost):
        return plan.model_copy(update={"bound_per_hour": bound, "cost_per_hour": cost})

    answer = then if isinstance(then, NoPlan) else known(*then)
    return Asker(fleet_of(paper()), known(*now), lambda fleet: answer, lambda words: None).difference(answer, kind)


@pytest.mark.parametrize(
    ("now", "then", "kind", "least", "most"),
    [
        ((100, 100), (90, 90), "relax", -10, -10),
        ((95, 100), (80, 90), "relax", -20, -5),
        ((95, 100), (80, 97), "relax", -20, 0),  # 97 may be more than the least cost now: nothing is sure
        ((95, 100), (97, 110), "tighten", 0, 15),
        ((95, 100), (105, 110), "tighten", 5, 15),
        ((95, 100), (97, 110), "", -3, 15),
    ],
)
def test_a_difference_is_told_no_better_than_proven(now, then, kind, least, most):
    assert asker(now, then, kind) == Span(least=least, most=most)


def test_no_plan_is_not_a_number():
    def none(status, bound=None):
        return NoPlan(status=status, name="", reasons=(), bound_per_hour=bound)

    assert asker((95, 100), none("infeasible")) is None
    assert asker((95, 100), none("unknown", 98), "tighten") == Span(least=0, most=None)
    assert asker((95, 100), none("unknown", 112), "tighten") == Span(least=12, most=None)
    assert asker((95, 100), none("unknown"), "relax") == Span(least=-100, most=0)


def test_words_for_money():
    assert money(Span(least=3, most=3)) == "$3.00"
    assert money(Span(least=0, most=3)) == "less than $3.00"
    assert money(Span(least=2, most=3)) == "$2.00 to $3.00"
    assert money(Span(least=2, most=None)) == "at least $2.00"
    assert money(Span(least=None, most=None)) == "unknown"


def test_each_question_is_solved_once_and_told():
    solved, told = [], []
    fleet, plan = fleet_of(paper()), answer_of(paper())
    one = Asker(fleet, plan, lambda changed: solved.append(changed) or plan, told.append)
    effects = [one.effect(PROPOSAL), one.effect(PROPOSAL)]
    assert [effect.re_solves for effect in effects] == [1, 0]
    assert told == ["re-solve 1: one more"]
    assert [changed.skus["node"].available for changed in solved] == [1]


def test_gaps_widen_every_number(monkeypatch):
    """With every bound a tenth low, ranges must hold the exact numbers and rank nothing as proven that is not."""
    fleet = village()
    exact = study.explain(fleet_of(fleet))

    def short_of_proof(asked, time_limit_s, gap):
        answer = pdopt.solving.solve.solve(asked)
        if answer.cost_per_hour is None:
            return answer
        return answer.model_copy(update={"bound_per_hour": answer.cost_per_hour * 0.9, "status": "feasible"})

    monkeypatch.setattr(study, "solve", short_of_proof)
    wide = study.explain(fleet_of(fleet))

    def spans(explanation):
        every = (*explanation.effects, *explanation.slack)
        found = {effect.what: effect.cost_changes_by for effect in every}
        found |= {share.workload: share.avoidable.cost_changes_by for share in explanation.workloads}
        return found | {sku.sku: sku.break_even_usd_per_hour for sku in explanation.skus}

    exactly, widely = spans(exact), spans(wide)
    assert set(exactly) <= set(widely)
    for what, span in exactly.items():
        assert widely[what].least <= span.least + 1e-6, what
        assert widely[what].most >= span.most - 1e-6, what
    assert any("less than $" in str(line) or "to $" in str(line) for line in text_of(wide))
    assert not any(span.exact for what, span in widely.items() if "margin" in what)


def text_of(explanation):
    for line in explanation_lines(explanation):
        yield from [line] if isinstance(line, str) else (cell for c in line.columns for cell in c._cells)


@pytest.mark.parametrize(
    ("path", "to", "was"),
    [
        (("skus", "big-node", "available"), 3, None),
        (("skus", "big-node", "usd_per_hour"), 3.5, 40),
        (("skus", "small-node", "at_least"), 2, 0),
        (("workloads", "chat", "min_served"), 0.5, 1.0),
        (("workloads", "chat", "slo", "tpot_mean_ms"), 30.0, 25),
        (("limits", "max_skus"), 1, None),
        (("limits", "power_kw"), 5.0, None),
        (("margins", "decode"), 0.1, 0),
        (("redundancy", "instances"), 1, 0),
        (("redundancy", "nodes"), 1, 0),
        (("uncertainty", "workloads"), 2, 1),
    ],
)
def test_a_change_is_what_the_key_of_the_file_does(path, to, was):
    document = changed(town(), "skus", "big-node", power_kw=1)
    document = changed(document, "skus", "small-node", power_kw=1)
    document["uncertainty"] = {"workloads": 1, "deviation": 0.1}
    change, fleet = Change(path, to), fleet_of(document)
    assert change.stated(fleet) == {"set": ".".join(path), "from": was, "to": to}
    again, there = with_changes(fleet, [change]), fleet_of(changed(document, *path[:-1], **{path[-1]: to}))
    for part in ("skus", "workloads", "limits", "margins", "redundancy", "uncertainty"):
        assert getattr(again, part) == getattr(there, part)
    assert change.value_in(fleet) == was


def test_a_change_of_one_way_of_paying_leaves_the_others():
    fleet = fleet_of(paper())
    terms = (Term("kept", 41.0, "reserved", 10), Term("on_demand", 63.0))
    fleet = replace(fleet, skus={"node": replace(fleet.skus["node"], terms=terms)})
    change = Change(("skus", "node", "terms", "kept", "available"), 12)
    assert change.stated(fleet) == {"set": "skus.node.terms.kept.available", "from": 10, "to": 12}
    assert change.applied(fleet).skus["node"].terms == (Term("kept", 41.0, "reserved", 12), terms[1])
    price = Change(("skus", "node", "usd_per_hour"), 50.0).applied(fleet).skus["node"]
    assert [(term.name, term.usd_per_h) for term in price.ways_to_pay] == [("on_demand", 50.0)]
    budget = Change(("budget", "usd_per_hour"), 400.0)
    assert budget.value_in(budget.applied(fleet)) == 400.0
