"""Slots: the periods of every scenario, those that are alike put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pdopt.fleet.fleet import SURELY, Fleet, Period, Scenario
from pdopt.fleet.profiles import Shape

When = tuple[str, str]  # scenario and period
Deployment = tuple[str, str, str, Shape]  # LLM, role, SKU, shape
Now = dict[When, dict[Deployment, int]]  # instances that run now


@dataclass(frozen=True)
class Slot:
    """A slice of time with its own demand: a period in one scenario.

    Attributes
    ----------
    weight : float
        Part of the expected time: probability of the scenario times the period's part of all hours.
    required_rps, wanted_rps : dict
        Workload → requests per second that must be served, and that are worth serving (both with the margin).
    whens : tuple of (scenario, period)
        What it stands for.
    previous : str
        The slot before it in its scenario, where counts are followed from one to the next; periods form a circle.
    hours : float
        Of one turn of that circle; of the first of `whens`.
    turn : int
        Which circle it is of: a month, where several are planned.
    """

    name: str
    weight: float
    required_rps: dict[str, float]
    wanted_rps: dict[str, float]
    whens: tuple[When, ...] = ()
    previous: str = ""
    hours: float = 24.0
    turn: int = 0

    @property
    def scenario(self) -> str:
        """Name of the scenario, where slots of several are kept apart."""
        return self.whens[0][0] if self.whens else SURELY.name


def slots(fleet: Fleet, now: Now | None = None) -> tuple[Slot, ...]:
    """Give the slots of a fleet with its margins applied.

    Periods with the same demand, the same terms on offer and the same instances running now are one slot, unless
    something follows counts from one period to the next (start and stop costs) or tells scenarios apart (risk): then
    nothing is lost by it.
    """
    if follows_counts(fleet):
        return tuple(_each(fleet))
    found: dict[object, Slot] = {}
    for slot in _each(fleet):
        alike = (
            tuple(slot.required_rps.items()),
            tuple(slot.wanted_rps.items()),
            _offered(fleet, slot.whens[0][1]),
            slot.scenario if fleet.risk.weight else "",
            frozenset(now[slot.whens[0]].items()) if now else (),
        )
        first = found.get(alike)
        if first is not None:
            slot = replace(first, weight=first.weight + slot.weight, whens=first.whens + slot.whens)
        found[alike] = slot
    return tuple(found.values())


def follows_counts(fleet: Fleet) -> bool:
    """Whether what runs in one period matters in the next."""
    if len(fleet.periods) == len({period.turn for period in fleet.periods}):
        return False
    nodes = any(sku.start_usd or sku.stop_usd or sku.min_up_h for sku in fleet.skus.values())
    return nodes or any(llm.start_usd for llm in fleet.llms.values())


def lately(slots: Sequence[Slot], slot: str, hours: float) -> list[str]:
    """Names of the slots that began less than `hours` before the beginning of one, itself included, each once."""
    slot_of = {slot.name: slot for slot in slots}
    found, elapsed_h, name = [slot], 0.0, slot_of[slot].previous
    while name != slot and (elapsed_h := elapsed_h + slot_of[name].hours) < hours:
        found.append(name)
        name = slot_of[name].previous
    return found


def _each(fleet: Fleet) -> Iterator[Slot]:
    hours = sum(period.hours for period in fleet.periods)
    every = {name: fleet.rates_rps(name) for name in fleet.workloads}
    for scenario in fleet.scenarios:
        for period in fleet.periods:
            rates = {name: every[name][scenario.name, period.name] for name in fleet.workloads}
            required = {name: fleet.workloads[name].min_served * rate for name, rate in rates.items()}
            yield Slot(
                name=_name(fleet, scenario, period),
                weight=scenario.probability * period.hours / hours,
                required_rps=required,
                wanted_rps=rates if fleet.budget_usd_per_h is not None else required,
                whens=((scenario.name, period.name),),
                previous=_name(fleet, scenario, fleet.before(period)),
                hours=period.hours,
                turn=period.turn,
            )


def _name(fleet: Fleet, scenario: Scenario, period: Period) -> str:
    return period.name if len(fleet.scenarios) == 1 else f"{scenario.name} {period.name}"


def _offered(fleet: Fleet, period: str) -> tuple[tuple[str, str], ...]:
    terms = ((sku.name, term) for sku in fleet.skus.values() for term in sku.terms if term.periods)
    return tuple((sku, term.name) for sku, term in terms if period in term.periods)
