"""No more nodes are held under a term than it has."""

from __future__ import annotations

from collections.abc import Iterator

import pyomo.environ as pyo

from pdopt.capacity.table import NodeTerm
from pdopt.program.held import count


def add_nodes_within_terms(program: pyo.ConcreteModel) -> None:
    """Bound the nodes of each term by those it has, or share with others, where that is stated.

    Commitments that hold in several slots are counted in the first of them.
    """
    stocks = {(sku, stock, slot): terms for sku, stock, slot, terms in _stocks(program)}
    program.TERM_STOCKS = pyo.Set(
        dimen=3,
        initialize=list(stocks),
        doc="(SKU, term, slot): terms with a stock of their own, or one that several share",
    )

    def rule(program: pyo.ConcreteModel, sku: str, stock: str, slot: str) -> object:
        terms = stocks[sku, stock, slot]
        return sum(count(program, sku, term, slot) for term in terms) <= terms[0].available

    program.nodes_within_terms = pyo.Constraint(
        program.TERM_STOCKS, rule=rule, doc="nodes under a term are at most those available under it"
    )


def _stocks(program: pyo.ConcreteModel) -> Iterator[tuple[str, str, str, list[NodeTerm]]]:
    for sku, node in program.node_type_of.items():
        limited = [term for term in node.ways_to_pay if term.available is not None]
        for stock in dict.fromkeys(term.drawn_from for term in limited):
            told: set[tuple[str, ...]] = set()
            for slot in program.SLOTS:
                terms = [term for term in limited if term.drawn_from == stock and term.offered_in(slot)]
                held = tuple(term.name for term in terms)
                if terms and not (all(term.committed for term in terms) and held in told):
                    yield sku, stock, slot, terms
                told.add(held)
