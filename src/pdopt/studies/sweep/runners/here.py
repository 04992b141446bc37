"""Scenarios solved in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.solving.highs import threads
from pdopt.studies.sweep.outcome import Job, Row, Task, solved


class Here:
    """The runner without workers."""

    def run(self, job: Job, tasks: Iterator[Task]) -> Iterator[tuple[int, Row]]:
        """Solve one task after the other, with one thread as workers do."""
        with threads(1):
            for task in tasks:
                yield task.scenario, solved(task, job)
