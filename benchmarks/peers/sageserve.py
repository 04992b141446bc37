"""SageServe's program (arXiv 2502.14617) and one fleet of its size for it and for pdopt.

Written anew from the paper and from what its program says; none of its code is here. Of each LLM, region and GPU type
so many instances run now; an hour decides the change, up or down, so that each region serves its own demand:

    minimise    Σ usd_g · Change_{m,r,g} + start_usd · Started_{m,r,g}
    served      Σ_g tps_{m,g} · (running_{m,r,g} + Change_{m,r,g}) ≥ demand_{m,r}
    kept        Change_{m,r,g} ≥ −running_{m,r,g}
    started     Started = max(Change, 0), by a binary Up and a big M of 10⁶:  Up + Down = 1,
                Up − M · Down ≤ Change ≤ M · Up,   −M · Up ≤ Started ≤ M · Up,   |Started − Change| ≤ M · (1 − Up)

It plans hour by hour, each from where the last one ended; `whole_day` states all hours of a day in one program instead,
with the day following itself again, which is what pdopt plans.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import product
from typing import Any

from benchmarks.peers.inputs import TYPES
from benchmarks.scale.fleets import GPUS

BIG_M = 1e6
Place = tuple[int, int, int]  # LLM, region, GPU type


@dataclass(frozen=True)
class Region:
    """A fleet: LLMs in regions on GPU types, hour by hour.

    Attributes
    ----------
    usd_per_h : list, one per GPU type
    start_usd : float
        Of one instance, whatever its LLM and GPU type (SageServe has one for each pair; pdopt's `change` has one).
    carried_rps : list of lists, LLM × GPU type
    wanted_rps : dict, (LLM, region) → one rate per hour
    """

    gpus: tuple[str, ...]
    usd_per_h: list[float]
    start_usd: float
    carried_rps: list[list[float]]
    wanted_rps: dict[tuple[int, int], list[float]]

    @property
    def hours(self) -> int:
        return len(next(iter(self.wanted_rps.values())))

    @property
    def places(self) -> list[Place]:
        llms, regions = (1 + max(key[i] for key in self.wanted_rps) for i in (0, 1))
        return list(product(range(llms), range(regions), range(len(self.gpus))))


def drawn(llms: int, regions: int, gpus: int, hours: int, seed: int = 0) -> Region:
    """Draw a fleet: every region has its own hour of most demand, ten times that of its night."""
    rng = random.Random(seed)
    names = TYPES[:gpus]
    size = [rng.choice((1.0, 1.8, 4.0)) for _ in range(llms)]
    strength = [math.sqrt(GPUS[name].tb_per_s * GPUS[name].tflops / 300) for name in names]
    return Region(
        gpus=names,
        usd_per_h=[round(GPUS[name].usd_per_hour / GPUS[name].per_node, 2) for name in names],
        start_usd=0.75,
        carried_rps=[[round(2.0 / s * power * rng.uniform(0.7, 1.3), 3) for power in strength] for s in size],
        wanted_rps={
            (llm, region): _day(rng, 10 ** rng.uniform(0.3, 1.7) / size[llm], 24 * region / regions, hours)
            for llm, region in product(range(llms), range(regions))
        },
    )


def _day(rng: random.Random, peak: float, noon: float, hours: int) -> list[float]:
    shape = [0.55 + 0.45 * math.cos(2 * math.pi * (24 * hour / hours - noon) / 24) for hour in range(hours)]
    return [round(peak * part * rng.uniform(0.9, 1.1), 3) for part in shape]


def one_hour(fleet: Region, hour: int, running: dict[Place, int]) -> tuple[Any, dict[Place, Any]]:
    """State SageServe's own program of one hour; give it and the changes of each place."""
    import pulp

    program = pulp.LpProblem("sageserve", pulp.LpMinimize)
    change = {at: pulp.LpVariable(_name("change", at), lowBound=-running[at], cat="Integer") for at in fleet.places}
    started = {at: _started(program, at, change[at]) for at in fleet.places}
    program += pulp.lpSum(
        fleet.usd_per_h[g] * change[m, r, g] + fleet.start_usd * started[m, r, g] for m, r, g in fleet.places
    )
    for (m, r), rates in fleet.wanted_rps.items():
        carried = fleet.carried_rps[m]
        served = (carried[g] * (change[m, r, g] + running[m, r, g]) for g in range(len(fleet.gpus)))
        program += pulp.lpSum(served) >= rates[hour]
    return program, change


def whole_day(fleet: Region) -> tuple[Any, dict[tuple[int, Place], Any]]:
    """State all hours in one program, the first following the last; give it and the instances of each."""
    import pulp

    program = pulp.LpProblem("sageserve_day", pulp.LpMinimize)
    whens = [(hour, at) for hour in range(fleet.hours) for at in fleet.places]
    running = {(t, at): pulp.LpVariable(_name(f"running_{t}", at), lowBound=0, cat="Integer") for t, at in whens}
    started = {
        (t, at): _started(program, (t, *at), running[t, at] - running[(t - 1) % fleet.hours, at]) for t, at in whens
    }
    program += pulp.lpSum(fleet.usd_per_h[at[2]] * running[t, at] + fleet.start_usd * started[t, at] for t, at in whens)
    for (m, r), rates in fleet.wanted_rps.items():
        for t, rate in enumerate(rates):
            served = (fleet.carried_rps[m][g] * running[t, (m, r, g)] for g in range(len(fleet.gpus)))
            program += pulp.lpSum(served) >= rate
    return program, running


def _started(program: Any, at: tuple[int, ...], change: Any) -> Any:
    """Add max(change, 0) as SageServe does."""
    import pulp

    up, down = (pulp.LpVariable(_name(name, at), cat="Binary") for name in ("up", "down"))
    started = pulp.LpVariable(_name("started", at), cat="Integer")
    program += up + down == 1
    program += up - BIG_M * down <= change
    program += change <= BIG_M * up
    program += started <= BIG_M * up
    program += started >= -BIG_M * up
    program += started <= change + BIG_M * (1 - up)
    program += started >= change - BIG_M * (1 - up)
    return started


def _name(name: str, at: tuple[int, ...]) -> str:
    return "_".join([name, *map(str, at)])


def document(fleet: Region, hour: int | None = None) -> dict[str, Any]:
    """Give the same fleet as pdopt reads it, of one hour or a day: a region is a site, a demand pinned to it."""
    llms, regions = (1 + max(key[i] for key in fleet.wanted_rps) for i in (0, 1))
    hours = {f"h{n:02d}": 1 for n in range(fleet.hours)}
    day = {"periods": hours} if hour is None else {"change": {"usd_per_start": fleet.start_usd, "over_hours": 1}}
    lengths = {"input_tokens": 1000, "output_tokens": 200}
    slo = {"ttft_mean_ms": 2000, "tpot_mean_ms": 50}  # what every row states: the rate decides alone
    return {
        "sites": {f"r{r}": {} for r in range(regions)},
        **day,
        "skus": {
            f"{gpu}-r{r}": {"gpu": gpu, "gpus": 1, "usd_per_hour": usd, "site": f"r{r}"}
            for r in range(regions)
            for gpu, usd in zip(fleet.gpus, fleet.usd_per_h, strict=True)
        },
        "models": {
            f"m{m}": {
                **({"start_usd": fleet.start_usd} if hour is None else {}),
                "mixed": [
                    {"gpu": gpu, "gpus": 1, **lengths, "requests_per_s": rate, **slo}
                    for gpu, rate in zip(fleet.gpus, fleet.carried_rps[m], strict=True)
                ],
            }
            for m in range(llms)
        },
        "workloads": {
            f"m{m}-r{r}": {
                "model": f"m{m}",
                **lengths,
                "sites": f"r{r}",
                "requests_per_second": dict(zip(hours, rates, strict=True)) if hour is None else rates[hour],
                "slo": slo,
            }
            for (m, r), rates in fleet.wanted_rps.items()
        },
    }
