"""Mélange's program, as its paper (arXiv 2404.14527, section 5) and README describe it, in PuLP.

Written anew from the description; none of its code is here. Each bucket is cut into slices of equal rate; a slice
goes to exactly one GPU type; a GPU type is rented in whole numbers, as many as carry what was given to it:

    minimise    Σ_j usd_j · Rented_j
    one_type    Σ_j Given_{s,j} = 1                        for each slice s
    carried     Σ_s load_{s,j} · Given_{s,j} ≤ Rented_j    for each GPU type j

with ``load_{s,j}`` the rate of the slice over what one GPU of type j carries of its bucket, `Given` binary and `Rented`
whole. Of GPUs that cannot serve a bucket AIBrix (its GPU optimizer takes the same program, 4 slices) says that they
carry it at a load of 10⁶; Mélange divides by their throughput, 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.peers.inputs import Floats, Input

UNSERVABLE = 1e6


@dataclass(frozen=True)
class Program:
    """A program in PuLP, and how its answer is read.

    Attributes
    ----------
    program : pulp.LpProblem
    rented : list of pulp.LpVariable, one per GPU type
    binaries : int
    """

    program: Any
    rented: list[Any]
    binaries: int


def melange(given: Input) -> Program:
    """State Mélange's program of an input.

    Raises
    ------
    ZeroDivisionError
        A GPU cannot serve a bucket: Mélange has no way to say so.
    """
    if not given.carried_rps.all():
        raise ZeroDivisionError("a GPU cannot serve a bucket")
    return _stated(given, given.wanted_rps[:, None] / given.slices / given.carried_rps)


def aibrix(given: Input) -> Program:
    """State AIBrix's variant: what cannot be served has a price."""
    serves = given.carried_rps > 0
    rate = np.broadcast_to(given.wanted_rps[:, None] / given.slices, serves.shape)
    return _stated(given, np.where(serves, rate / np.where(serves, given.carried_rps, 1.0), UNSERVABLE))


def _stated(given: Input, load: Floats) -> Program:
    import pulp

    slices = [bucket for bucket in range(len(given.lengths)) for _ in range(given.slices)]
    types = range(len(given.gpus))
    program = pulp.LpProblem("melange", pulp.LpMinimize)
    goes = [[pulp.LpVariable(f"given_{s}_{j}", cat="Binary") for j in types] for s in range(len(slices))]
    rented = [pulp.LpVariable(f"rented_{j}", lowBound=0, cat="Integer") for j in types]
    program += pulp.lpSum(float(given.usd_per_h[j]) * rented[j] for j in types)
    for row in goes:
        program += pulp.lpSum(row) == 1
    for j in types:
        program += pulp.lpSum(float(load[b, j]) * goes[s][j] for s, b in enumerate(slices)) <= rented[j]
    return Program(program, rented, len(slices) * len(given.gpus))
