"""How often calibration's intervals hold the truth: ``python benchmarks/calibration_intervals.py [--trials N]``.

Makes mean TTFTs by Pollaczek and Khinchine's formula, written here, at loads up to 92 % of a queue's limit, with
log-normal noise and some points 2.5 or 3 times too high, fits them, and counts the 95 % intervals that hold the truth.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter

from pdopt.studies.calibrate.fit import fit
from pdopt.studies.calibrate.forward import ttft_on_s
from pdopt.studies.calibrate.observation import Observation
from pdopt.studies.calibrate.parameters import Start, parameters_of, wanted

BUSY_S, SPEED, OVERHEAD_S = 0.2, 0.9, 0.15
CASES = (  # points, part of outliers, noise, cv² of service, what is fitted
    (6, 0.0, 0.02, 1.0, ("speed", "overhead")),
    (8, 0.0, 0.03, 1.0, ("speed", "overhead")),
    (12, 0.1, 0.03, 1.0, ("speed", "overhead")),
    (12, 0.0, 0.05, 0.5, ("speed", "overhead", "variability")),
    (24, 0.0, 0.05, 0.5, ("speed", "overhead", "variability")),
    (24, 0.1, 0.05, 0.5, ("speed", "overhead", "variability")),
)


def points(chance: random.Random, count: int, outliers: float, noise: float, cv2: float) -> list[Observation]:
    service_s, made = BUSY_S / SPEED, []
    for i in range(count):
        busy = 0.92 * (i + 1) / count
        ttft_s = OVERHEAD_S + service_s + busy * service_s * (1 + cv2) / 2 / (1 - busy)
        ttft_s *= math.exp(chance.gauss(0, noise)) * (chance.choice([2.5, 3]) if chance.random() < outliers else 1)
        made.append(Observation(i, "", "1P", ttft_s, busy / service_s, service_s=BUSY_S))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    trials = parser.parse_args().trials
    for count, outliers, noise, cv2, names in CASES:
        chance, fitted, held = random.Random(1), Counter[str](), Counter[str]()
        truth = {"speed": SPEED, "overhead": OVERHEAD_S, "variability": cv2}
        for _ in range(trials):
            seen = points(chance, count, outliers, noise, cv2)
            every = parameters_of("prefill", Start(), min(o.measured_s for o in seen))
            for e in fit(seen, every, wanted(every, names), ttft_on_s).estimates:
                if e.low is not None and e.high is not None:
                    fitted[e.name] += 1
                    held[e.name] += e.low <= truth[e.name] <= e.high
        told = ", ".join(f"{name} {held[name] / fitted[name]:.0%} of {fitted[name]}" for name in names)
        print(f"{count} points, noise {noise:.0%}, outliers {outliers:.0%}, cv2 {cv2:g}: {told}", flush=True)


if __name__ == "__main__":
    main()
