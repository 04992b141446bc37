"""Scenarios solved in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.studies.sweep.outcome import Job, Row, Task, solved


class Here:
    """The runner without workers."""

    def run(self, job: Job, tasks: Iterator[Task]) -> Iterator[tuple[int, Row]]:
        """Solve one task after the other."""
        for task in tasks:
            yield task.scenario, solved(task, job)
