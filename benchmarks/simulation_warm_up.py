"""How often intervals hold the truth, by what is left out at the start: ``python benchmarks/simulation_warm_up.py``.

A line with four servers (M/M/4), whose mean is known, over many seeds, in runs far shorter than the default.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.theory.simulated import one_line

from pdopt.simulate import Settings

REQUESTS, SEEDS = 40_000, 40


def main() -> None:
    """Print a row per share left out and load."""
    print("| left out, per counted request | busy | intervals that hold the formula | mean off |\n|---|---|---|---|")
    for share in (0.0, 0.2, 0.5):
        for busy in (0.8, 0.95):
            runs = (Settings(requests=REQUESTS, seed=seed, warm_up=share) for seed in range(SEEDS))
            found = [one for run in runs for one in one_line(busy, run)]
            off = np.mean([one.seen.mean / one.theory - 1 for one in found])
            print(f"| {share:g} | {busy:.0%} | {np.mean([one.inside for one in found]):.0%} | {off:+.1%} |", flush=True)


if __name__ == "__main__":
    main()
