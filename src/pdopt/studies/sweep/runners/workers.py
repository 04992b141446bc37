"""Scenarios solved by Dask's workers: processes on this machine, or a cluster of many."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pdopt
from pdopt.studies.sweep.outcome import Job, Row, Task, failed
from pdopt.studies.sweep.runners import RunnerRefusedError

NEEDS = "needs Dask's workers; pip install 'pdopt[cluster]'"
PATIENCE_S = 60  # for the first worker of a cluster
AHEAD = 2  # tasks handed out per worker thread: one under way, one waiting
GONE = "the cluster is gone; what is finished is kept: start the same command again"


@contextmanager
def processes_here(count: int) -> Iterator[Workers]:
    """Give a runner with so many processes on this machine; one that is killed is replaced.

    Raises
    ------
    RunnerRefusedError
        Dask is not installed.
    """
    distributed = _distributed("--jobs")
    import dask

    few = {
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": True,
        "distributed.admin.log-length": 0,
        "distributed.logging.distributed": "critical",
    }
    with (
        dask.config.set(few),
        distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield Workers(client, ours=True)


@contextmanager
def cluster_at(address: str) -> Iterator[Workers]:
    """Give a runner with the workers of a scheduler, at an address or named by a scheduler file.

    Raises
    ------
    RunnerRefusedError
        Dask is not installed, nobody answers, no worker is there, or one has another version of pdopt.
    """
    distributed = _distributed("--cluster")
    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    try:
        client = distributed.Client(**where, timeout=10)
    except (OSError, ValueError, TypeError) as why:
        told = str(why).partition("\n")[0] or type(why).__name__
        raise RunnerRefusedError(f"--cluster {address}: no scheduler answers ({told}); check the address") from None
    with client:
        _check_workers(client, address)
        yield Workers(client, ours=False)


def _check_workers(client: Any, address: str) -> None:
    from pdopt.studies.sweep.runners.worker import version_here

    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except TimeoutError:
        raise RunnerRefusedError(f"--cluster {address}: no worker has come in {PATIENCE_S} s; start some") from None
    try:
        versions = set(client.run(version_here).values())
    except ModuleNotFoundError:
        versions = {"none"}
    if versions != {pdopt.__version__}:
        told = ", ".join(sorted(versions - {pdopt.__version__}))
        raise RunnerRefusedError(
            f"--cluster {address}: workers have pdopt {told}, this is {pdopt.__version__}; install the same on all"
        )


def _distributed(option: str) -> Any:
    try:
        import distributed
    except ModuleNotFoundError:
        raise RunnerRefusedError(f"{option} {NEEDS}") from None
    return distributed


class Workers:
    """A runner on the workers of a Dask client.

    A worker that dies gives its task to another. A task whose workers die again and again is tried once more when
    nothing else is under way, so that no other can be to blame, and then told as failed.
    """

    def __init__(self, client: Any, ours: bool):
        self._client, self._ours = client, ours

    def run(self, job: Job, tasks: Iterator[Task]) -> Iterator[tuple[int, Row]]:
        """Hand out tasks as workers become free, and give the rows as they come back."""
        from pdopt.studies.sweep.runners.worker import JobPlugin

        name = f"pdopt-{uuid.uuid4().hex}"
        self._client.register_plugin(JobPlugin(name, job, self._ours), name=name)
        suspects: list[Task] = []
        try:
            under_way: dict[Any, Task] = {}
            done = _distributed("").as_completed()
            self._hand_out(name, tasks, under_way, done)
            for future in done:
                task = under_way.pop(future)
                if (row := self._row(future)) is not None:
                    yield task.scenario, row
                else:
                    suspects.append(task)
                self._hand_out(name, tasks, under_way, done)
            for task in suspects:
                yield task.scenario, self._alone(name, task)
        finally:
            if self._client.status == "running":
                self._client.unregister_worker_plugin(name)

    def pids(self) -> set[int]:
        """Give the process numbers of the workers there are."""
        return set(self._client.run(os.getpid).values())

    def _hand_out(self, name: str, tasks: Iterator[Task], under_way: dict[Any, Task], done: Any) -> None:
        room = AHEAD * max(sum(self._client.nthreads().values()), 1) - len(under_way)
        for _, task in zip(range(room), tasks, strict=False):
            future = self._submit(name, task)
            under_way[future] = task
            done.add(future)

    def _submit(self, name: str, task: Task) -> Any:
        from pdopt.studies.sweep.runners.worker import solve_task

        return self._client.submit(solve_task, name, task, key=f"{name}-{task.scenario}-{uuid.uuid4().hex}")

    def _alone(self, name: str, task: Task) -> Row:
        future = self._submit(name, task)
        row = self._row(future)
        return (
            failed("every worker that took it died (out of memory, or a crash); solve it alone") if row is None else row
        )

    def _row(self, future: Any) -> Row | None:
        """Give the row of a task; None where its workers died."""
        from distributed import KilledWorker

        try:
            row: Row = future.result()
        except KilledWorker:
            return None
        except Exception as error:
            if self._client.status != "running":
                raise RunnerRefusedError(GONE) from None
            return failed(f"no worker could take it: {type(error).__name__}: {error}".partition("\n")[0])
        return row
