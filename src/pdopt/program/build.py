"""The program's table of contents."""

from __future__ import annotations

import pyomo.environ as pyo

from pdopt.capacity.table import LaneTable
from pdopt.program.constraints.beyond_largest_size_only import add_beyond_largest_size_only
from pdopt.program.constraints.carbon_within_limit import add_carbon_within_limit
from pdopt.program.constraints.changes_counted import add_changes_counted
from pdopt.program.constraints.cost_within_budget import add_cost_within_budget
from pdopt.program.constraints.demand_survives_site_loss import add_demand_survives_site_loss
from pdopt.program.constraints.deviations_covered import add_deviations_covered
from pdopt.program.constraints.encode_feeds_prefill import add_encode_feeds_prefill
from pdopt.program.constraints.gpus_within_quotas import add_gpus_within_quotas
from pdopt.program.constraints.instance_starts_counted import add_instance_starts_counted
from pdopt.program.constraints.instances_cover_demand import add_instances_cover_demand
from pdopt.program.constraints.instances_only_where_used import add_instances_only_where_used
from pdopt.program.constraints.instances_within_nodes import add_instances_within_nodes
from pdopt.program.constraints.load_survives_deviations import add_load_survives_deviations
from pdopt.program.constraints.load_survives_losses import add_load_survives_losses
from pdopt.program.constraints.load_within_instances import add_load_within_instances
from pdopt.program.constraints.node_starts_counted import add_node_starts_counted
from pdopt.program.constraints.nodes_at_least import add_nodes_at_least
from pdopt.program.constraints.nodes_only_of_chosen_skus import add_nodes_only_of_chosen_skus
from pdopt.program.constraints.nodes_stay_up import add_nodes_stay_up
from pdopt.program.constraints.nodes_within_stock import add_nodes_within_stock
from pdopt.program.constraints.nodes_within_terms import add_nodes_within_terms
from pdopt.program.constraints.one_size_of_a_pool import add_one_size_of_a_pool
from pdopt.program.constraints.pools_large_enough import add_pools_large_enough
from pdopt.program.constraints.power_within_limit import add_power_within_limit
from pdopt.program.constraints.power_within_sites import add_power_within_sites
from pdopt.program.constraints.prefill_feeds_decode import add_prefill_feeds_decode
from pdopt.program.constraints.remaining_cover_demand import add_remaining_cover_demand
from pdopt.program.constraints.rerouted_feeds_decode import add_rerouted_feeds_decode
from pdopt.program.constraints.rerouted_feeds_prefill import add_rerouted_feeds_prefill
from pdopt.program.constraints.rerouted_within_instances import add_rerouted_within_instances
from pdopt.program.constraints.routed_only_where_used import add_routed_only_where_used
from pdopt.program.constraints.serve_demand import add_serve_demand
from pdopt.program.constraints.served_within_demand import add_served_within_demand
from pdopt.program.constraints.sizes_within_instances import add_sizes_within_instances
from pdopt.program.constraints.skus_within_limit import add_skus_within_limit
from pdopt.program.constraints.spot_instances_within_nodes import add_spot_instances_within_nodes
from pdopt.program.constraints.spot_within_instances import add_spot_within_instances
from pdopt.program.constraints.spot_within_share import add_spot_within_share
from pdopt.program.constraints.starts_within_limit import add_starts_within_limit
from pdopt.program.constraints.tail_costs_counted import add_tail_costs_counted
from pdopt.program.objective import add_cost, add_elsewhere, add_fewest_starts, add_value
from pdopt.program.sets import add_sets
from pdopt.program.variables import add_variables

FAMILIES = (
    add_serve_demand,
    add_served_within_demand,
    add_encode_feeds_prefill,
    add_prefill_feeds_decode,
    add_load_within_instances,
    add_one_size_of_a_pool,
    add_sizes_within_instances,
    add_beyond_largest_size_only,
    add_instances_cover_demand,
    add_load_survives_deviations,
    add_deviations_covered,
    add_load_survives_losses,
    add_instances_only_where_used,
    add_pools_large_enough,
    add_routed_only_where_used,
    add_demand_survives_site_loss,
    add_rerouted_feeds_prefill,
    add_rerouted_feeds_decode,
    add_rerouted_within_instances,
    add_remaining_cover_demand,
    add_instances_within_nodes,
    add_spot_instances_within_nodes,
    add_spot_within_share,
    add_spot_within_instances,
    add_nodes_within_stock,
    add_nodes_within_terms,
    add_node_starts_counted,
    add_nodes_stay_up,
    add_instance_starts_counted,
    add_nodes_at_least,
    add_nodes_only_of_chosen_skus,
    add_skus_within_limit,
    add_power_within_limit,
    add_power_within_sites,
    add_carbon_within_limit,
    add_gpus_within_quotas,
    add_changes_counted,
    add_starts_within_limit,
    add_tail_costs_counted,
    add_cost_within_budget,
)


def build(table: LaneTable) -> pyo.ConcreteModel:
    """Build the program of a fleet from its table of numbers."""
    program = pyo.ConcreteModel(name="cheapest whole numbers of prefill and decode instances")
    add_sets(program, table)
    add_variables(program)
    add_cost(program)
    for add_family in FAMILIES:
        add_family(program)
    add_value(program)
    add_elsewhere(program)
    add_fewest_starts(program)
    return program
