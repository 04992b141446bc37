"""Spares: how many instances of a pool may be gone at once."""

from __future__ import annotations

from math import ceil, gcd

from pdopt.fleet.fleet import Redundancy, Sku
from pdopt.fleet.profiles import Shape


def spares(redundancy: Redundancy, sku: Sku, shape: Shape) -> int:
    """Give the instances of a shape that may be gone: those asked for, or all that stand on the nodes asked for."""
    return max(redundancy.instances, redundancy.nodes * on_a_node(shape.gpus, sku.gpus))


def on_a_node(instance_gpus: int, node_gpus: int) -> int:
    """Give the most instances of a pool that have a part on one node.

    They stand one after another, from a GPU whose number is a multiple of what both sizes have in common. In steps of
    that a node is N long and an instance n, and the node meets at most ``ceil((N - 1) / n) + 1`` of them: node over
    instance where the instance divides the node, 1 where it takes several whole ones.
    """
    step = gcd(instance_gpus, node_gpus)
    return ceil((node_gpus // step - 1) / (instance_gpus // step)) + 1
