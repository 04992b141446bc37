"""A plan by events: period by period, every part of it that shares no pools with others on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from time import perf_counter
from typing import Any

import pdopt
from pdopt.fleet.fleet import Fleet
from pdopt.plan.plan import Plan
from pdopt.simulate.answers import Simulation
from pdopt.simulate.moments import moments
from pdopt.simulate.parts import Part, parts
from pdopt.simulate.settings import Settings
from pdopt.simulate.stations import NotSimulatedError
from pdopt.simulate.statistics import Seen
from pdopt.traces.requests import Requests

Tell = Callable[[str], None]
Step = Callable[[int, int], None]
AS_ASSUMED = {"split": "random", "pooled": "least_work"}


def by_events(
    fleet: Fleet,
    plan: Plan,
    settings: Settings,
    traces: Mapping[str, Requests] | None = None,
    tell: Tell = lambda words: None,
    step: Step = lambda done, all: None,
) -> Simulation:
    """Simulate what a plan promises, with none of the arithmetic that it was made by.

    Parameters
    ----------
    fleet : Fleet
        That the plan was made for.
    plan : Plan
    settings : Settings
    traces : mapping, optional
        Workload → recorded requests: their lengths, and with ``arrivals="trace"`` their gaps too.
    tell : function, optional
        Takes what is being simulated, in words.
    step : function, optional
        Takes how many replications are done, and of how many.

    Raises
    ------
    ValueError
        The settings are impossible, every fault at once.
    NotSimulatedError
        The plan is not one of this fleet, or rests on something that cannot be simulated.
    """
    traces = traces or {}
    if faults := [*settings.faults(), *_misfits(fleet, settings, traces)]:
        raise ValueError("\n".join(faults))
    started = perf_counter()
    settings = replace(settings, dispatch=settings.dispatch or AS_ASSUMED[fleet.assumptions.dispatch])
    every: list[Part] = []
    for moment in moments(fleet, plan):
        every += parts(moment, settings, traces, len(every))
    if not every:
        raise NotSimulatedError("the plan serves nothing, so there is nothing to simulate")
    seen, requests, events = [], 0, 0
    for part in every:
        tell(part.words)
        outcomes = []
        for turn in range(settings.replications):
            outcomes.append(part.replication(turn))
            step(part.number * settings.replications + turn + 1, len(every) * settings.replications)
        seen.append(Seen(part, outcomes))
        requests += sum(len(outcome.e2e_s) for outcome in outcomes)
        events += sum(outcome.events for outcome in outcomes)
    return Simulation(
        name=plan.name,
        workloads=tuple(workload for one in seen for workload in one.workloads()),
        pools=tuple(pool for one in seen for pool in one.pools()),
        settings=_stated(settings),
        requests=requests,
        events=events,
        seconds=perf_counter() - started,
        notes=tuple(dict.fromkeys(note for one in seen for note in one.notes())),
        fleet_sha256=fleet.source_hash,
        pdopt_version=pdopt.__version__,
    )


def _misfits(fleet: Fleet, settings: Settings, traces: Mapping[str, Requests]) -> Iterator[str]:
    """Say what the settings ask of workloads that the fleet does not have, or that cannot be."""
    for name in dict.fromkeys((*settings.concurrency, *traces)):
        if name not in fleet.workloads:
            yield f"{name} is no workload of the fleet; it has {', '.join(fleet.workloads)}"
    if settings.arrivals == "trace" and not traces:
        yield "arrivals of a trace need a trace; give one"
    for name, asked in fleet.workloads.items():
        if settings.hit_rate is not None and asked.cached_tokens > settings.hit_rate * (asked.input_tokens - 1):
            least = asked.cached_tokens / asked.input_tokens
            yield f"{name}: with {least:.3g} of its input cached on average, the hit rate must be above that"


def _stated(settings: Settings) -> dict[str, Any]:
    return {key: value for key, value in asdict(settings).items() if value is not None and value != {}}
