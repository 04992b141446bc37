"""A sweep killed and resumed against one left alone: ``python benchmarks/sweep_survives.py [--scenarios N]``.

Solves the same scenarios of a six-LLM fleet three times on two processes: left alone; killed twice by signal and
started again; on a Dask cluster, one worker of which is killed. Says whether the three tables are equal (seconds
aside), whether any scenario was solved twice, and how long each took. Needs ``pdopt[cluster,trace]``.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep

import polars
import yaml
from distributed import Client

SIX_LLMS = Path(__file__).parents[1] / "instances" / "realistic" / "six-llms.yaml"
NODES = ("h100-node", "b200-node")
PDOPT = [sys.executable, "-m", "pdopt"]


def lean(file: Path) -> str:
    """One workload an LLM on two node types: all six LLMs, and a quarter of a second each to solve."""
    fleet = yaml.safe_load(file.read_text())
    first: dict[str, str] = {}
    for name, workload in fleet["workloads"].items():
        first.setdefault(workload["model"], name)
    fleet["workloads"] = {name: fleet["workloads"][name] for name in first.values()}
    fleet["skus"] = {name: fleet["skus"][name] for name in NODES}
    return yaml.safe_dump(fleet, sort_keys=False)


class Sweeps:
    """The same sweep, started as often as is wanted."""

    def __init__(self, fleet: Path, scenarios: int, gap: float):
        self.fleet, self.scenarios, self.gap = fleet, scenarios, gap
        self.folder = fleet.parent

    def start(self, output: str, *where: str) -> subprocess.Popen[bytes]:
        vary = ["skus.*.usd_per_hour=*uniform(0.8, 1.25)", "workloads.*.requests_per_second=*lognormal(1, 0.35)"]
        vary += ["workloads.*.slo.tpot_mean_ms=*uniform(0.8, 1.5)", "skus.b200-node.available=integer(0, 8)"]
        words = ["sweep", str(self.fleet), *(w for text in vary for w in ("--vary", text)), "--quiet"]
        words += ["--samples", str(self.scenarios), "--seed", "1", "--gap", str(self.gap), "--time-limit", "600"]
        words += ["-o", str(self.folder / output), *where]
        return subprocess.Popen([*PDOPT, *words], stdout=subprocess.DEVNULL, start_new_session=True)

    def journal(self, output: str) -> list[int]:
        """Numbers of the scenarios in the journal."""
        file = self.folder / f"{output}.journal"
        lines = file.read_bytes().split(b"\n")[1:-1] if file.exists() else []
        return [json.loads(line)["scenario"] for line in lines]

    def wait_for(self, output: str, count: int, running: subprocess.Popen[bytes]) -> None:
        while len(self.journal(output)) < count and running.poll() is None:
            sleep(0.2)

    def table(self, output: str) -> polars.DataFrame:
        return polars.read_parquet(self.folder / output).drop("seconds")


def left_alone(sweeps: Sweeps) -> float:
    started = perf_counter()
    assert sweeps.start("alone.parquet", "--jobs", "2").wait() == 0
    return perf_counter() - started


def killed_twice(sweeps: Sweeps) -> tuple[float, list[int]]:
    """Kill a sweep at 30 % (it cannot say a word) and at 65 % (it ends by itself), then let it finish."""
    started, kept = perf_counter(), []
    for part, by in ((0.3, signal.SIGKILL), (0.65, signal.SIGTERM)):
        running = sweeps.start("killed.parquet", "--jobs", "2")
        sweeps.wait_for("killed.parquet", int(part * sweeps.scenarios), running)
        running.send_signal(by)
        running.wait()
        numbers = sweeps.journal("killed.parquet")
        assert len(numbers) == len(set(numbers)), "a scenario was solved twice"
        assert set(kept) <= set(numbers), "a finished scenario was lost"
        kept = numbers
        print(f"  {by.name} with {len(kept)} scenarios finished", flush=True)
    assert sweeps.start("killed.parquet", "--jobs", "2").wait() == 0
    return perf_counter() - started, kept


def worker_killed(sweeps: Sweeps) -> float:
    """Kill one of two workers of a cluster at 30 %; it is not replaced."""
    with cluster() as address:
        started = perf_counter()
        running = sweeps.start("cluster.parquet", "--cluster", address)
        sweeps.wait_for("cluster.parquet", int(0.3 * sweeps.scenarios), running)
        with Client(address) as client:
            pid = next(iter(client.run(os.getpid).values()))
        os.kill(pid, signal.SIGKILL)
        print(f"  worker killed with {len(sweeps.journal('cluster.parquet'))} scenarios finished", flush=True)
        assert running.wait() == 0
        return perf_counter() - started


@contextmanager
def cluster() -> Iterator[str]:
    """Give the address of a scheduler with two workers, each a process of its own without a nanny."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        dask = [sys.executable, "-m", "dask"]
        started = [
            [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
            *2 * [[*dask, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]],
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = [subprocess.Popen(words, cwd=folder, **quiet) for words in started]  # type: ignore[call-overload]
        try:
            while not file.exists() or not file.read_text():
                sleep(0.2)
            yield json.loads(file.read_text())["address"]
        finally:
            for process in running:
                process.kill()
                process.wait()


def compared(what: str, same: bool, seconds: float, alone_s: float) -> bool:
    print(f"{what}: {'equal' if same else 'NOT EQUAL'}, {seconds:.0f} s ({seconds / alone_s:.2f} times)", flush=True)
    return same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--fleet", type=Path, help="another fleet with nodes h100-node and b200-node")
    parser.add_argument("--gap", type=float, default=0.02)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder, "fleet.yaml")
        fleet.write_text(wanted.fleet.read_text() if wanted.fleet else lean(SIX_LLMS))
        sweeps = Sweeps(fleet, wanted.scenarios, wanted.gap)
        alone_s = left_alone(sweeps)
        alone = sweeps.table("alone.parquet")
        counts = dict(alone["status"].value_counts(sort=True).iter_rows())
        print(
            f"left alone: {len(alone)} scenarios in {alone_s:.0f} s, {len(alone) / alone_s:.2f} a second: {counts}",
            flush=True,
        )
        killed_s, _ = killed_twice(sweeps)
        same = compared("killed twice", sweeps.table("killed.parquet").equals(alone), killed_s, alone_s)
        cluster_s = worker_killed(sweeps)
        also = compared("one worker killed", sweeps.table("cluster.parquet").equals(alone), cluster_s, alone_s)
        sys.exit(0 if same and also else 1)


if __name__ == "__main__":
    main()
