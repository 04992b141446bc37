"""Decode under random arrivals: a processor-sharing queue whose speed depends on the batch."""

import numpy as np

from tests.referee.reading import PROBABILITY

GRID = 300
HALVINGS = 48


class OpenInstance:
    """One instance of a curve; `load_tps` is arrivals per second times output tokens.

    Past the largest batch K requests share: b(n) = b(K) n / K, which makes the tail geometric.
    """

    def __init__(self, curve):
        self.full = int(np.floor(curve.largest_batch))
        self.tpots_s = np.array([curve.tpot_s(k) for k in range(1, self.full + 1)])
        self.log_weights = np.concatenate([[0.0], np.cumsum(np.log(self.tpots_s / np.arange(1, self.full + 1)))])
        self.shared_s = float(self.tpots_s[-1]) / self.full  # whole requests only, also under a KV cap
        self.limit_tps = 1 / self.shared_s

    def _batch_law(self, loads_tps):
        """P(batch = n) for n = 0 … full as columns, and the tail's ratio, for an array of loads."""
        loads_tps = np.atleast_1d(np.asarray(loads_tps, float))
        logs = np.arange(self.full + 1) * np.log(loads_tps)[:, None] + self.log_weights
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        ratio = loads_tps * self.shared_s
        total = weights.sum(axis=1) + weights[:, -1] * ratio / (1 - ratio)
        return weights / total[:, None], ratio

    def mean_tpot_s(self, loads_tps):
        """Mean TPOT by Little's law, for an array of loads below the limit."""
        law, ratio = self._batch_law(loads_tps)
        body = law @ np.arange(self.full + 1)
        tail = law[:, -1] * (self.full * ratio / (1 - ratio) + ratio / (1 - ratio) ** 2)
        return (body + tail) / np.atleast_1d(loads_tps)

    def share_within(self, loads_tps, target_s):
        """P(b(N + 1) <= target): the share of requests that meet a batch within the target."""
        law, ratio = self._batch_law(loads_tps)
        share = law[:, :-1] @ (self.tpots_s <= target_s)
        # In the tail n = full, full + 1, … the TPOT is shared_s (n + 1): a finite run is within the target.
        run = max(0, int(np.floor(target_s / self.shared_s * (1 + 1e-12))) - self.full)
        return share + law[:, -1] * (1 - ratio**run) / (1 - ratio)

    def tpot_s(self, statistic, load_tps):
        """A statistic of TPOT at one load."""
        if statistic == "mean":
            return float(self.mean_tpot_s(load_tps)[0])
        tail_s = self.shared_s * np.arange(self.full + 1, 50 * (self.full + 1))
        values_s = np.unique(np.concatenate([self.tpots_s, tail_s]))
        low, high = 0, len(values_s) - 1
        while low < high:
            middle = (low + high) // 2
            if self.share_within(load_tps, values_s[middle])[0] >= PROBABILITY[statistic]:
                high = middle
            else:
                low = middle + 1
        return float(values_s[low])

    def meets(self, statistic, loads_tps, target_s):
        """Whether the statistic is within its target, for an array of loads."""
        if statistic == "mean":
            return self.mean_tpot_s(loads_tps) <= target_s
        return self.share_within(loads_tps, target_s) >= PROBABILITY[statistic]

    def highest_load_tps(self, statistic, target_s):
        """Supremum of the loads up to which every smaller load meets the target too; 0 where none does."""
        grid_tps = self.limit_tps * np.linspace(1e-6, 1 - 1e-6, GRID)
        fails = np.flatnonzero(~self.meets(statistic, grid_tps, target_s))
        if not len(fails):
            return float(grid_tps[-1])
        if fails[0] == 0:
            return 0.0
        low_tps, high_tps = grid_tps[fails[0] - 1], grid_tps[fails[0]]
        for _ in range(HALVINGS):
            middle_tps = (low_tps + high_tps) / 2
            if self.meets(statistic, middle_tps, target_s)[0]:
                low_tps = middle_tps
            else:
                high_tps = middle_tps
        return float(low_tps)
