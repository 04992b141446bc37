"""No more nodes are held under a term than it has."""

from __future__ import annotations

from collections.abc import Iterator

import pyomo.environ as pyo

from pdopt.program.held import held


def add_nodes_within_terms(program: pyo.ConcreteModel) -> None:
    """Bound the nodes of each term by those it has, where that is stated; those committed to once for all slots."""
    program.TERM_STOCKS = pyo.Set(
        dimen=3,
        initialize=list(_stocks(program)),
        doc="(SKU, term, slot): terms with a stock of their own",
    )

    def rule(program: pyo.ConcreteModel, sku: str, name: str, slot: str) -> object:
        (nodes,) = [count for term, count in held(program, sku, slot) if term.name == name]
        return nodes <= program.term_of[sku, name].available

    program.nodes_within_terms = pyo.Constraint(
        program.TERM_STOCKS, rule=rule, doc="nodes under a term are at most those available under it"
    )


def _stocks(program: pyo.ConcreteModel) -> Iterator[tuple[str, str, str]]:
    for (sku, name), term in program.term_of.items():
        offered = [slot for slot in program.SLOTS if term.offered_in(slot)]
        if term.available is not None:
            yield from ((sku, name, slot) for slot in (offered[:1] if term.committed else offered))
