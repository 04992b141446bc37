"""Which counts of pool types carry the demand, and the least GPUs that do, for one coupled group of types.

Rates are routed by a small linear program. Its dual prices one instance of each type in shares of the demand
it helps to carry: a cut that no feasible counts violate, whatever they are, so that most counts need no program.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

TOLERANCE = 1e-9


@dataclass
class Group:
    """Pool types that must be counted together.

    `paths` are pairs (workload name, indices of the types its requests pass through).
    """

    needs_rps: dict
    types: list
    paths: list
    cuts: list = field(default_factory=list)

    def __post_init__(self):
        rows = [(index, limit) for index, kind in enumerate(self.types) for limit in kind.limits]
        self.owners = np.array([index for index, _ in rows])
        loads = [[limit.get(name, 0) if index in via else 0 for name, via in self.paths] for index, limit in rows]
        serve = [[-1.0 * (name == wanted) for name, _ in self.paths] for wanted in self.needs_rps]
        share = [[0.0]] * len(rows) + [[need] for need in self.needs_rps.values()]
        self.matrix = np.hstack([np.array(loads + serve, float).reshape(len(share), -1), np.array(share)])
        self.alone = len(self.needs_rps) == 1 and all(len(via) == 1 for _, via in self.paths)
        if self.alone:  # one workload, each type by itself: capacities add up
            ((name, need),) = self.needs_rps.items()
            self.cuts.append([1 / need / max(limit[name] for limit in kind.limits) for kind in self.types])

    def carries(self, counts):
        """Whether these counts carry the whole need."""
        if any(_worth(cut, counts) < 1 - TOLERANCE for cut in self.cuts):
            return False
        if self.alone:
            return True
        right = np.concatenate([np.asarray(counts, float)[self.owners], np.zeros(len(self.needs_rps))])
        goal = np.zeros(self.matrix.shape[1])
        goal[-1] = -1.0
        answer = linprog(goal, A_ub=self.matrix, b_ub=right, method="highs")
        if answer.x[-1] >= 1 - TOLERANCE:
            return True
        prices = -answer.ineqlin.marginals[: len(self.owners)]
        self.cuts.append(np.bincount(self.owners, prices, minlength=len(self.types)).tolist())
        return False

    def most_useful(self, index):
        """A count of one type beyond which it never binds."""
        limits = self.types[index].limits
        return max(math.ceil(sum(load * self.needs_rps[n] for n, load in limit.items())) for limit in limits)


def least_usages(group, stock_gpus):
    """Pareto-minimal GPUs on each SKU with which the group carries its need, as tuples over `stock_gpus`."""
    skus = list(stock_gpus)
    steps = [(skus.index(kind.sku), kind.profile.gpus) for kind in group.types]
    tops = [
        min(group.most_useful(i), int(min(stock_gpus[kind.sku], 1e9) // kind.profile.gpus))
        for i, kind in enumerate(group.types)
    ]
    found = []
    if group.types and group.carries(tops):
        _explore(group, (steps, tops, list(stock_gpus.values())), [0] * len(tops), found)
    return found


def _explore(group, bounds, counts, found, index=0):
    """Try counts of the types from `index` on, in ascending order, and record the usages that suffice."""
    steps, tops, stock = bounds
    usage = [0] * len(stock)
    for (sku, gpus), count in zip(steps, counts, strict=True):
        usage[sku] += gpus * count
    sku, gpus = steps[index]
    top = min(tops[index], (stock[sku] - usage[sku]) // gpus)
    first = 0
    if index == len(steps) - 1:
        first = max([0, *(_missing(cut, counts, index) for cut in group.cuts)])
    for count in range(first, int(min(top, 1e9)) + 1):
        counts[index] = count
        reached = tuple(used + gpus * count * (place == sku) for place, used in enumerate(usage))
        if any(all(map(int.__le__, known, reached)) for known in found):
            break
        if _hopeless(group, tops, counts, index):
            continue
        if group.carries(counts):
            found[:] = [known for known in found if not all(map(int.__le__, reached, known))] + [reached]
            break
        if index + 1 < len(steps):
            _explore(group, bounds, counts, found, index + 1)
    counts[index] = 0


def _missing(cut, counts, index):
    """Instances of the last type that a cut still asks for."""
    lack = 1 - TOLERANCE - _worth(cut, counts)
    if lack <= 0:
        return 0
    return math.ceil(lack / cut[index] - TOLERANCE) if cut[index] > 0 else 10**9


def _hopeless(group, tops, counts, index):
    """Whether some cut stays violated with all the instances that later types may have."""
    filled = counts[: index + 1] + tops[index + 1 :]
    return any(_worth(cut, filled) < 1 - TOLERANCE for cut in group.cuts)


def _worth(cut, counts):
    """Share of the demand that counts are worth at a cut's prices."""
    return sum(price * count for price, count in zip(cut, counts, strict=True))
