"""The nodes at a site draw no more power than there is."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.program.held import all_held


def add_power_within_sites(program: pyo.ConcreteModel) -> None:
    """Bound the kilowatts, at full load, of all nodes at each site whose power is limited."""

    def rule(program: pyo.ConcreteModel, site: str, slot: str) -> object:
        there = [node for node in program.node_type_of.values() if node.site == site and node.power_kw]
        offered = [node for node in there if any(term.offered_in(slot) for term in node.ways_to_pay)]
        if not offered:
            return pyo.Constraint.Skip
        drawn = sum(node.power_kw * all_held(program, node.sku, slot) for node in offered)
        return drawn <= program.table.site_power_kw[site]

    program.power_within_sites = pyo.Constraint(
        program.POWERED_SITES,
        program.SLOTS,
        rule=rule,
        doc="kilowatts of the nodes at a site at full load are at most its power_kw",
    )
