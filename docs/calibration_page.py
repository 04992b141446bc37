"""docs/calibration.md: how to calibrate, and what it does to the paper's figures, computed as the page is written."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pdopt
from pdopt.fleet.load_points import LoadPointRow
from pdopt.studies.calibrate.answer import Calibrated
from pdopt.studies.calibrate.bases import Bases
from pdopt.studies.calibrate.calibrate import calibrate
from pdopt.studies.calibrate.errors import Errors
from pdopt.studies.calibrate.parameters import Start

PAPER = Path(__file__).parents[1] / "instances" / "paper"
INTRO = """\
A profile is measured on one instance, alone, with a fixed batch. A deployment is not: requests arrive at random, a router and a network
stand before it, prefill chunks and KV transfers disturb decode. `pdopt calibrate` takes what you measured on the deployment at several
loads, fits the difference, says how well it is known, and predicts what was left out of the fit to show what it is worth.

```
pdopt calibrate measurements.csv --fleet fleet.yaml -o calibrated
```

`calibrated/` then holds the profiles as the deployment shows them (`models: {my-llm: {profiles: calibrated}}`), and the answer ends with the
keys to set in the fleet. Nothing that is there already is overwritten. Without `--fleet` the profiles are those of `--profiles FOLDER` or
of the catalogue. `--json` has every number, every point and its residual.

## measurements.csv

One row per load point, 6 or more per deployment, from light load to near its limit; `vllm bench serve --request-rate`, `sglang.bench_serving`
and the like print all of it. State the rate that was answered, not the rate that was offered, and leave out runs whose queue grew until they
ended: they have no mean.

```csv
model,gpu,gpus,prefill_instances,decode_instances,input_tokens,output_tokens,requests_per_second,ttft_mean_ms,tpot_mean_ms
my-llm,h200-sxm,8,3,4,6144,512,10.5,1033,18.3
my-llm,h200-sxm,8,3,4,6144,512,11.9,1490,19.8
```

"""
FITTED = """
## What is fitted

| parameter | of | is | goes to |
|---|---|---|---|
| `speed` | TTFT | tokens/s of prefill, times the profile's | `prefill.csv` |
| `overhead` | TTFT | time outside queue and compute, KV transfer included | `transfer.overhead_ms` |
| `variability` | TTFT | squared coefficient of variation of service times | `assumptions.prefill_service_cv2` |
| `interference` | TPOT | TPOT, times the profile's | `decode.csv` |
| `slope` (only with `--fit slope`) | TPOT | what the largest batch suffers beyond that, as a part | `decode.csv` |

The predictions are those by which plans are audited: an M/G/1 queue per prefill instance, a steady batch or open arrivals
(`--decode-load`) per decode instance ([model.md](model.md)). The fit is least squares of log(predicted / measured) with a loss that is linear for outliers
(`scipy.optimize.least_squares`, `soft_l1`, its scale from the residuals' median); intervals are Huber's for such fits, with Student's t.
`python benchmarks/calibration_intervals.py` counts how often they hold the truth: in 93 to 98 % of 100 trials without outliers, in 88 to 96 % where a
tenth of the points are 2.5 or 3 times too high.

- **A parameter that the data do not tell is not fitted** but held at what the fleet says, and the answer says why: fewer points than numbers, an
  interval too wide to be of use (a factor 1.5 of speed or interference, half of the smallest TTFT, ±1 of variability), another parameter
  that can take its place. Light loads alone cannot part overhead from service time; only loads near the limit tell the variability.
- **Means are fitted**, percentiles beside them are compared; rows that state percentiles of TTFT alone are fitted to these, by the bounds that plans use.
- **Each instance queues for itself** in the fit (`dispatch: split`), whatever your router does; what a better one gains shows as less variability or
  more speed. The keys to set say so: with `dispatch: pooled` it would count twice.
- **A fixed number in flight** (`concurrency`) gives rate and batch by Little's law and is good for TPOT. Its TTFT is used at 1 in flight only, where
  nobody waits: more of them wait for answers before they come again, and queue less than a plan's random arrivals.
- **Ordinary servers**, which do prefill and decode, need no fit: they are planned from their measurements
  ([profiling.md](profiling.md), `mixed.csv`).
- Each `setup` (engine options, chunk size, version) is fitted by itself; numbers of instances may differ within one. `speed` and
  `interference` are applied to all lengths of the profile, measured again or not.

## What it is worth: the paper's figures

"""
FIGURE1 = """\
**Figure 1** of arXiv 2603.04716: mean TTFT of one prefill instance at 6 to 12 Poisson rates. Mean error |predicted / measured - 1| of the
paper's M/M/1 estimate, of a fit of speed and overhead, and on points that the fit did not see:
`pdopt calibrate instances/paper/figure1.csv --fit speed --fit overhead`.

| deployment | speed | overhead, ms | before | fitted | every other load left out | each point left out | heavier half left out |
|---|---|---|---|---|---|---|---|
"""
FIGURE3 = """
The last column is the one to remember: **loads beyond those that were measured are not predicted by TTFT calibration**. Near its limit a queue's wait is
the inverse of a small difference, and a speed known to a few percent leaves it open. Measure up to the load that you will plan for.

**Figure 3**: 3P4D and 3P3D of DeepSeek-V3.1 on H200, three loads each:
`pdopt calibrate instances/paper/figure3-load-points.csv --fleet instances/paper/deepseek-v3.1-h200.yaml`.

| what | fitted | before | after | fitted on 3P3D, 3P4D predicted | fitted on 3P4D, 3P3D predicted | each point left out |
|---|---|---|---|---|---|---|
"""


def calibration_page(source: str, keys: Callable[[type], Iterable[tuple[str, str, str]]]) -> str:
    """Give the page; `keys` lists the keys of an entry with defaults and meanings."""
    columns = "".join(f"| `{key}` | {default} | {meaning} |\n" for key, default, meaning in keys(LoadPointRow))
    return (
        f"# Calibrating to your own measurements\n\n{source}\n\n{INTRO}| column | default | meaning |\n|---|---|---|\n{columns}"
        f"{FITTED}{FIGURE1}{''.join(_figure1())}{FIGURE3}{''.join(_figure3())}{_told()}"
    )


def _figure1() -> Iterator[str]:
    for side in calibrate(PAPER / "figure1.csv", Bases(), names=("speed", "overhead")).sides:
        cells = [f"{side.side.model}, {side.side.setup}", *_estimates(side), _mean(side.before), _mean(side.after)]
        cells += [_mean(_test(side, name)) for name in ("every other load", "each point", "heavier loads")]
        yield f"| {' | '.join(cells)} |\n"


def _figure3_sides() -> tuple[Calibrated, ...]:
    fleet = pdopt.read_fleet(PAPER / "deepseek-v3.1-h200.yaml")
    start = Start(fleet.transfer.overhead_s, fleet.assumptions)
    return calibrate(PAPER / "figure3-load-points.csv", Bases(fleet.llms), start).sides


def _figure3() -> Iterator[str]:
    for side in _figure3_sides():
        name = {"decode": "TPOT", "prefill": "TTFT"}[side.side.role]
        cells = [name, ", ".join(_words(side)), _mean(side.before), _mean(side.after)]
        cells += [_mean(_test(side, left)) for left in ("3P4D", "3P3D", "each point")]
        yield f"| {' | '.join(cells)} |\n"


def _told() -> str:
    prefill = next(side for side in _figure3_sides() if side.side.role == "prefill")
    held = " and ".join(f"{e.name} ({e.held})" for e in prefill.fit.estimates if not e.fitted)
    worst = prefill.worst[0]
    return (
        "\nOne factor makes TPOT right on both deployments. TTFT gains nothing: six points, one of them a queue that is leaving its steady state "
        f"(3P4D at 12.33 requests/s, 3933 ms), do not tell {held}; the worst point is {worst.observation.label} "
        f"({worst.error * 100:+.0f} %). Keep a prefill margin there, or measure more loads.\n"
    )


def _estimates(side: Calibrated) -> list[str]:
    found = {estimate.name: estimate for estimate in side.fit.estimates}
    speed, overhead = found["speed"], found["overhead"]
    told = [f"{speed.value:.3f} ({speed.low:.3f} to {speed.high:.3f})", f"held at {overhead.value * 1e3:.0f}"]
    if overhead.low is not None and overhead.high is not None:
        told[1] = f"{overhead.value * 1e3:.0f} ({overhead.low * 1e3:.0f} to {overhead.high * 1e3:.0f})"
    return told


def _words(side: Calibrated) -> Iterator[str]:
    yield from (f"{e.name} {e.value:.3f} ({e.low:.3f} to {e.high:.3f})" for e in side.fit.estimates if e.fitted)


def _test(side: Calibrated, name: str) -> Errors:
    return next(test.errors for test in side.tests if test.name == name)


def _mean(errors: Errors) -> str:
    mean = "none finite" if errors.mean is None else f"{errors.mean * 100:.1f} %"
    return mean + (f", {errors.overloaded} of {errors.count} called overloaded" if errors.overloaded else "")
