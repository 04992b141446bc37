"""The runner that somebody asks for."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from pdopt.studies.sweep.runners import Runner


def chosen(jobs: int | None, cluster: str | None) -> AbstractContextManager[Runner]:
    """Give this process, so many processes beside it, or the workers of a scheduler.

    Raises
    ------
    RunnerRefusedError
        As it is entered: Dask is not installed, or the cluster is not fit.
    """
    if jobs is None and cluster is None:
        from pdopt.studies.sweep.runners.here import Here

        return nullcontext(Here())
    from pdopt.studies.sweep.runners.workers import cluster_at, processes_here

    return cluster_at(cluster) if cluster is not None else processes_here(jobs or 1)
