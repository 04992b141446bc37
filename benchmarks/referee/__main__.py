"""``python -m benchmarks.referee [--python PYTHON]``: have AISimulate replay pdopt's plans, write docs/referee.md.

PYTHON is an interpreter with AISimulate (or $PDOPT_REFEREE_PYTHON; see benchmarks/README.md). Without one the page is
written from the tables of the last run, plans.csv and replays.csv beside this file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from benchmarks.referee.asking import Referee, version
from benchmarks.referee.balanced import by_formula
from benchmarks.referee.cases import CASES, HERE, Case
from benchmarks.referee.deployment import Deployment, of_words
from benchmarks.referee.judge import replayed
from benchmarks.referee.page import page
from benchmarks.referee.plans import plans
from benchmarks.referee.replay import rate_rps
from benchmarks.referee.results import ABOUT, DECODE, PLANS, REPLAYS, About, Decoded, Planned, Replayed, read, write

import pdopt

DOCS = HERE.parents[1] / "docs"


def main() -> None:
    """Replay where there is a referee; write the page in any case."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.referee", description=__doc__)
    parser.add_argument("--python", default=os.environ.get("PDOPT_REFEREE_PYTHON"), metavar="PYTHON")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the replays, to go on where a run ended")
    options = parser.parse_args()
    python = options.python
    if python:
        told = version(python)
        with tempfile.TemporaryDirectory() as folder:
            found, seen, formulas = run(python, options.keep or Path(folder))
        write(PLANS, found)
        write(REPLAYS, seen)
        write(DECODE, formulas)
        write(ABOUT, [About(date.today().isoformat(), told, pdopt.__version__)])
    (DOCS / "referee.md").write_text(written(), encoding="utf-8")
    print("docs/referee.md written" + ("" if python else " from the tables of the last run"))


def written() -> str:
    """Give the page that the tables make."""
    return page(read(PLANS, Planned), read(REPLAYS, Replayed), read(DECODE, Decoded), read(ABOUT, About)[0])


def run(python: str, folder: Path) -> tuple[list[Planned], list[Replayed], list[Decoded]]:
    """Plan all cases, replay every deployment once."""
    found, seen, formulas = [], [], []
    folder.mkdir(exist_ok=True)
    with Referee(python, folder) as referee:
        for case in CASES:
            asked: dict[str, Deployment] = {}
            for row, deployment in plans(case):
                found.append(row)
                if deployment is not None:
                    asked.setdefault(deployment.name, deployment)
            for deployment in others(case):
                asked.setdefault(deployment.name, deployment)
            for deployment in asked.values():
                seen.append(judged(referee, case, deployment))
                formulas += by_formula(case, deployment)
                print(_in_short(case, seen[-1]), file=sys.stderr, flush=True)
    return found, seen, formulas


def _in_short(case: Case, seen: Replayed) -> str:
    ttft, tpot = f"{seen.ttft_mean_ms:.0f}, {seen.ttft_p99_ms:.0f}", f"{seen.tpot_mean_ms:.1f}, {seen.tpot_p99_ms:.1f}"
    return f"{case.name}: {seen.deployment}, {seen.gpus} GPUs: TTFT {ttft} ms, TPOT {tpot} ms"


def others(case: Case) -> Iterator[Deployment]:
    """Yield what others plan, and the neighbours of the best."""
    (gpu,) = {sku["gpu"] for sku in case.stated["skus"].values()} if case.others else {""}
    for words in case.others.values():
        yield of_words(words, gpu, rate_rps(case))


def judged(referee: Referee, case: Case, deployment: Deployment) -> Replayed:
    """Replay one deployment; give its row."""
    seen = replayed(referee, case, deployment)
    return Replayed(
        case.name,
        deployment.name,
        deployment.gpus,
        len(case.seeds),
        seen.requests,
        *(1e3 * time for time in (seen.ttft_mean_s, seen.ttft_p99_s, *seen.ttft_spread_s)),
        *(1e3 * time for time in (seen.tpot_mean_s, seen.tpot_p99_s, *seen.tpot_spread_s)),
    )


if __name__ == "__main__":
    main()
