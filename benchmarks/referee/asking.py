"""AISimulate in an interpreter of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.referee.cases import HERE
from benchmarks.referee.replay import Replay

Floats = npt.NDArray[np.float64]


class Referee:
    """AISimulate in an interpreter of its own, asked line by line; answers are kept in a folder."""

    def __init__(self, python: str, folder: Path):
        self._folder = folder
        with (folder / "errors.txt").open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [python, str(HERE / "driver.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __enter__(self) -> Referee:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def requests(self, replay: Replay) -> Floats:
        """Give arrival, TTFT and TPOT of every request in seconds."""
        asked = json.dumps(replay.config(self._folder))
        file = self._folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:20]}.npy"
        if not file.exists():
            np.save(file, self._ask(asked))
        return np.asarray(np.load(file))

    def _ask(self, asked: str) -> Floats:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(asked + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            said = (self._folder / "errors.txt").read_text(encoding="utf-8").strip().splitlines()
            raise SystemExit(f"AISimulate failed on {asked}: {said[-1] if said else 'it does not say why'}")
        return np.array(json.loads(answer), dtype=float) / 1e3


def version(python: str) -> str:
    """Ask which AISimulate an interpreter has.

    Raises
    ------
    SystemExit
        It has none, or there is no such interpreter.
    """
    code = "from importlib.metadata import version; print(version('aisimulate'))"
    try:
        told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"{python}: no interpreter with AISimulate; see benchmarks/README.md")
    return told.stdout.strip()
