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


def least_usages(group, stock_gpus, price_usd, ceiling_usd=math.inf):
    """Pareto-minimal GPUs on each SKU with which the group carries its need, as tuples over `stock_gpus`.

    Both dicts are keyed by SKU; usages above the ceiling at `price_usd` per GPU may be left out.
    """
    search = Search(group, stock_gpus, price_usd, ceiling_usd)
    if group.types and group.carries(search.tops):
        search.explore([0] * len(group.types))
    return search.found


class Search:
    """Counts in ascending order, type by type, cut short where nothing better can follow."""

    def __init__(self, group, stock_gpus, price_usd, ceiling_usd):
        skus = list(stock_gpus)
        self.group, self.stock, self.ceiling_usd, self.found = group, list(stock_gpus.values()), ceiling_usd, []
        self.steps = [(skus.index(kind.sku), kind.profile.gpus) for kind in group.types]
        self.costs_usd = [price_usd[kind.sku] * kind.profile.gpus for kind in group.types]
        self.tops = [
            min(group.most_useful(i), int(min(self.stock[sku], 1e9) // gpus))
            for i, (sku, gpus) in enumerate(self.steps)
        ]

    def usage(self, counts):
        """GPUs on each SKU."""
        used = [0] * len(self.stock)
        for (sku, gpus), count in zip(self.steps, counts, strict=True):
            used[sku] += gpus * count
        return tuple(used)

    def explore(self, counts, index=0):
        """Try counts of the types from `index` on and record the usages that suffice."""
        last = index + 1 == len(counts)
        first = max([0, *(_missing(cut, counts, index) for cut in self.group.cuts)]) if last else 0
        for count in range(first, self.tops[index] + 1):
            counts[index] = count
            reached = self.usage(counts)
            if any(used > stock for used, stock in zip(reached, self.stock, strict=True)) or self._known(reached):
                break
            if self._hopeless(counts, index):
                continue
            if self.group.carries(counts):
                self.found = [one for one in self.found if not all(map(int.__le__, reached, one))] + [reached]
                break
            if not last:
                self.explore(counts, index + 1)
        counts[index] = 0

    def _known(self, reached):
        """Whether a usage found before is as small."""
        return any(all(map(int.__le__, one, reached)) for one in self.found)

    def _hopeless(self, counts, index):
        """Whether some cut cannot be met by later types, or only above the ceiling."""
        room_usd = self.ceiling_usd - _worth(self.costs_usd, counts)
        filled = counts[: index + 1] + self.tops[index + 1 :]
        for cut in self.group.cuts:
            if _worth(cut, filled) < 1 - TOLERANCE:
                return True
            lack = 1 - TOLERANCE - _worth(cut, counts)
            best = max((cut[i] / self.costs_usd[i] for i in range(index + 1, len(cut))), default=0.0)
            if lack > 0 and lack > best * room_usd + TOLERANCE:
                return True
        return room_usd < 0

    def thinned(self, keep):
        """A small usage that suffices on the SKUs at positions `keep`, by taking away what is not needed; or None."""
        counts = [top if sku in keep else 0 for top, (sku, _) in zip(self.tops, self.steps, strict=True)]
        if not counts or not self.group.carries(counts):
            return None
        for index in sorted(range(len(counts)), key=lambda i: -self.costs_usd[i]):
            low, high = -1, counts[index]
            while high - low > 1:
                counts[index] = (low + high) // 2 if low >= 0 else 0
                low, high = (low, counts[index]) if self.group.carries(counts) else (counts[index], high)
            counts[index] = high
        return self.usage(counts)

    def floor_usd(self):
        """A cost that no feasible counts undercut, from the cuts known so far."""
        return max(
            (1 / max(map(float.__truediv__, cut, self.costs_usd)) for cut in self.group.cuts if any(cut)), default=0
        )


def _missing(cut, counts, index):
    """Instances of the last type that a cut still asks for."""
    lack = 1 - TOLERANCE - _worth(cut, counts)
    if lack <= 0:
        return 0
    return math.ceil(lack / cut[index] - TOLERANCE) if cut[index] > 0 else 10**9


def _worth(cut, counts):
    """Share of the demand that counts are worth at a cut's prices."""
    return sum(price * count for price, count in zip(cut, counts, strict=True))
