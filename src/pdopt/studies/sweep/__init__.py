"""Grids and samples over any key of a fleet file: thousands of scenarios, each solved once, none lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pdopt
from pdopt.fleet.document import Document
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Fleet
from pdopt.fleet.key_paths import as_if_written
from pdopt.fleet.llms import Known
from pdopt.fleet.prices import current_day
from pdopt.fleet.read import Catalogue, read_document
from pdopt.studies.sweep.answers import Sweep, as_table
from pdopt.studies.sweep.asked import Asked, SweepRefusedError, scenarios_of
from pdopt.studies.sweep.axes import Scenarios
from pdopt.studies.sweep.effects import effects
from pdopt.studies.sweep.journal import Kept
from pdopt.studies.sweep.outcome import Job, Row, Task, broken
from pdopt.studies.sweep.probes import probed
from pdopt.studies.sweep.runners import Runner

__all__ = ["Asked", "Prepared", "SweepRefusedError", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A sweep that can start: the fleet file is sound, the varied keys are there, and their values can be read.

    Attributes
    ----------
    fleet : Fleet
        The fleet as the file has it.
    notes : tuple of str
    """

    fleet: Fleet
    scenarios: Scenarios
    notes: tuple[str, ...]
    job: Job
    read: Callable[[Document], Fleet]

    def identity(self) -> str:
        """Tell this sweep from any other: the fleet, what is varied, how each is solved, and by which pdopt."""
        varied = [[[(field.name, value) for field, value in s] for s in axis.settings] for axis in self.scenarios.axes]
        fleet = hashlib.sha256(repr(replace(self.fleet, notes=())).encode()).hexdigest()
        told = [pdopt.__version__, fleet, varied, self.job.time_limit_s, self.job.gap]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()

    def run(self, runner: Runner, kept: Kept, seen: Callable[[Row], None]) -> None:
        """Solve the scenarios that have no row yet; each is kept, and then told, as it is finished."""

        def done(number: int, row: Row) -> None:
            kept.add(number, row)
            seen(row)

        def tasks() -> Iterator[Task]:
            for number in range(len(self.scenarios)):
                if number in kept.rows:
                    continue
                try:
                    fleet = self.read(self.scenarios.written(self.scenarios.setting(number)))
                except FleetFaults as faults:
                    done(number, broken(faults))
                else:
                    yield Task.of(number, fleet, self.job)

        for number, row in runner.run(self.job, tasks()):
            done(number, row)

    def answer(self, kept: Kept) -> Sweep:
        """Give the answer from the rows of all scenarios, in their order."""
        fields = self.scenarios.fields
        names = tuple(field.name for field in fields)
        table = as_table(names, [(self.scenarios.values(i), kept.rows[i]) for i in range(len(self.scenarios))])
        return Sweep(
            name=self.fleet.name,
            varied=names,
            factors=tuple(field.name for field in fields if field.factor),
            effects=effects(table, names),
            scenarios=tuple(table),
            fleet_sha256=self.fleet.source_hash,
            pdopt_version=pdopt.__version__,
        )


def prepare(
    file: str | Path,
    asked: Asked,
    catalogue: Catalogue,
    time_limit_s: float | None = 20.0,
    gap: float = 0.01,
) -> Prepared:
    """Read a fleet file and what is to be varied.

    Raises
    ------
    FleetFaults
        The file itself cannot be used.
    SweepRefusedError
        Names that do not exist, values that cannot be read or used: all of them.
    """
    known: Known = {}
    today, document = current_day(), Document.read(file)
    fleet = read_document(document, catalogue, today, known)
    scenarios, notes = scenarios_of(document, as_if_written(document, fleet), asked)

    def read(changed: Document) -> Fleet:
        return read_document(changed, catalogue, today, known)

    return Prepared(fleet, scenarios, (*notes, *probed(scenarios, read)), Job(fleet.llms, time_limit_s, gap), read)
