"""What runs on a worker: it keeps the job, with the LLMs, and solves the tasks that name it."""

from __future__ import annotations

import signal
from threading import Lock, current_thread, main_thread
from typing import Any

from distributed import WorkerPlugin

import pdopt
from pdopt.studies.sweep.outcome import Job, Row, Task, solved

_jobs: dict[str, Job] = {}
_one_at_a_time = Lock()  # HiGHS and Pyomo know processes, not threads


class JobPlugin(WorkerPlugin):
    """Gives a job to every worker there is, and to those that join or are started again later.

    Workers that are ours alone leave Ctrl-C to the process that started them.
    """

    def __init__(self, name: str, job: Job, ours: bool):
        self.job_name, self.job, self.ours = name, job, ours

    def setup(self, worker: Any) -> None:
        """Take the job."""
        _jobs[self.job_name] = self.job
        if self.ours and current_thread() is main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: Any) -> None:
        """Let go of the job."""
        _jobs.pop(self.job_name, None)


def solve_task(name: str, task: Task) -> Row:
    """Solve a task of a job."""
    with _one_at_a_time:
        return solved(task, _jobs[name])


def version_here() -> str:
    """Give the version of pdopt on a worker."""
    return pdopt.__version__
