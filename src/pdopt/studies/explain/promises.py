"""What caution costs: redundancy, uncertainty, the last percent served, margins."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.changes import Change
from pdopt.studies.explain.answers import Effect
from pdopt.studies.explain.asking import Asker, Proposal

CAUTION = (
    ("redundancy", "instances", "one instance of redundancy"),
    ("redundancy", "nodes", "one node of redundancy"),
    ("redundancy", "sites", "one site of redundancy"),
    ("uncertainty", "workloads", "one workload that may deviate"),
)
MARGINS = ("demand", "prefill", "decode")
STEPS = (0.10, 0.05)  # the larger first: where it costs nothing, neither does the smaller


def promise_effects(asker: Asker) -> Iterator[Effect]:
    """Ask what each promise costs now, and what the next margins would cost."""
    for about, key, words in CAUTION:
        asked = getattr(getattr(asker.fleet, about), key)
        if asked:
            what = f"{words} fewer ({asked - 1} instead of {asked})"
            yield asker.effect(Proposal(about, "relax", what, (Change((about, key), asked - 1),)))
    yield from asker.all_effects(list(_last_percents(asker)), "the last percent of every workload unserved")
    images = any(workload.images for workload in asker.fleet.workloads.values())
    for name in (*MARGINS, "encode") if images else MARGINS:
        yield from _margin(asker, name)


def _last_percents(asker: Asker) -> Iterator[Proposal]:
    for name, workload in asker.fleet.workloads.items():
        asked = workload.min_served
        if asked > 0 and workload.demand_rps > 0:
            to = round(max(asked - 0.01, 0.0), 9)
            what = f"the last percent of {name} unserved (min_served {to:g} instead of {asked:g})"
            yield Proposal("min_served", "relax", what, (Change(("workloads", name, "min_served"), to),))


def _margin(asker: Asker, name: str) -> Iterator[Effect]:
    held = getattr(asker.fleet.margins, name)
    if held:
        what = f"no {name} margin (instead of {held * 100:g} %)"
        yield asker.effect(Proposal("margins", "relax", what, (Change(("margins", name), 0.0),)))
    nothing = None
    for step in STEPS:
        to = round(held + step, 9)
        if name != "demand" and to >= 1:
            continue
        what = f"{step * 100:g} % more {name} margin ({to * 100:g} % instead of {held * 100:g} %)"
        proposal = Proposal("margins", "tighten", what, (Change(("margins", name), to),))
        effect = asker.stated(proposal, nothing, 0) if nothing else asker.effect(proposal)
        if effect.cost_changes_by is not None and effect.cost_changes_by.nothing:
            nothing = effect.cost_changes_by
        yield effect
