"""``pdopt solve --validate``: plans simulated, and made with more caution until they keep their targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import refuse, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Answer, Plan
    from pdopt.simulate import Settings
    from pdopt.simulate.answers import Simulation
    from pdopt.traces.requests import Requests

NOT_SIMULATED = "stopped before it was known whether this plan keeps its targets in simulation"
REQUESTS, FEWEST = 100_000, 20_000  # of all periods together, and of each

Validate = Annotated[bool, typer.Option("--validate", help="Simulate the plan; replan until its targets hold there.")]


@dataclass(frozen=True)
class Load:
    """How plans are loaded when they are simulated: logs by workload, and what the options say."""

    traces: dict[str, Requests]
    settings: Settings


def load_of(fleet: Fleet, traces: dict[str, Requests], arrivals: str, gap_cv: float, dispatch: str | None) -> Load:
    """Give the load of options; fewer requests for each period where there are many."""
    from pdopt.simulate import Settings

    moments = len(fleet.periods) * len(fleet.scenarios)
    requests = max(REQUESTS // moments, FEWEST)
    return Load(traces, Settings(requests=requests, arrivals=arrivals, gap_cv=gap_cv, dispatch=dispatch))


def validated_or_stopped(
    fleet: Fleet, solve: Callable[[Fleet], tuple[Answer, bool]], load: Load, quiet: bool
) -> Answer:
    """Validate the plan of a fleet; Ctrl-C gives the last plan, with a note that it was not simulated to the end.

    `solve` says whether it was stopped, beside its answer.
    """
    from pdopt.plan.plan import Plan
    from pdopt.simulate import simulate
    from pdopt.studies.validate import validated

    last: list[Answer] = []

    def solved(changed: Fleet) -> Answer:
        answer, stopped = solve(changed)
        last.append(answer)
        if stopped:
            raise KeyboardInterrupt
        return answer

    def simulated(asked: Fleet, plan: Plan, times: int) -> Simulation:
        return simulate(asked, plan, replace(load.settings, requests=times * load.settings.requests), load.traces)

    try:
        return validated(fleet, solved, simulated, lambda words: say(words, quiet))
    except KeyboardInterrupt:
        plans = [answer for answer in last if isinstance(answer, Plan)]
        if not plans:
            raise
        return plans[-1].model_copy(update={"notes": (*plans[-1].notes, NOT_SIMULATED)})
    except ValueError as why:
        raise refuse(str(why)) from None
