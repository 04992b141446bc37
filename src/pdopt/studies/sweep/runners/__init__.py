"""Who solves the scenarios of a sweep: this process, processes beside it, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pdopt.studies.sweep.outcome import Job, Row, Task


class RunnerRefusedError(ValueError):
    """Raised when a runner cannot start, or its workers are gone for good; says what to do."""


class Runner(Protocol):
    """Solves tasks, in any order; a task that cannot be solved, for whatever reason, comes back as a failed row."""

    def run(self, job: Job, tasks: Iterator[Task]) -> Iterator[tuple[int, Row]]:
        """Give the number and the row of every task as they are finished.

        Tasks are taken from the iterator as workers become free, not before.
        """
