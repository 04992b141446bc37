"""The journal of a sweep: one line a scenario, on the disk as soon as it is solved: nothing is lost or repeated."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pdopt.studies.sweep.outcome import Row

KIND = "pdopt sweep"
START = f'{{"kind": "{KIND}", "identity": "'.encode()


class JournalRefusedError(ValueError):
    """Raised when a journal is that of another sweep, or in use; says what to do."""


class Kept(Protocol):
    """Rows of finished scenarios by their number."""

    rows: dict[int, Row]

    def add(self, scenario: int, row: Row) -> None:
        """Keep the row of a scenario."""


class InMemory:
    """Rows that are lost with the process."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def add(self, scenario: int, row: Row) -> None:
        """Keep the row of a scenario."""
        self.rows[scenario] = row

    def close(self) -> None:
        """Do nothing: there is no file."""

    def remove(self) -> None:
        """Do nothing: there is no file."""


def journal_of(output: Path) -> Path:
    """Give the file beside an output that keeps what is finished."""
    return output.with_name(f"{output.name}.journal")


class Journal:
    """Rows of finished scenarios in a file that survives being killed at any time.

    The first line says which sweep it is. Every further line is a scenario; one that was torn as the machine went down
    is dropped. Rows that were noted before are in `rows`.

    Parameters
    ----------
    file : pathlib.Path
    identity : str
        What tells one sweep from another.
    """

    def __init__(self, file: Path, identity: str):
        self.file, self._identity = file, identity
        self.rows: dict[int, Row] = {}
        self._stream: BinaryIO = file.open("a+b")
        try:
            _lock(self._stream, file)
            self._take_up()
        except BaseException:
            self._stream.close()
            raise

    def _take_up(self) -> None:
        """Read what is there, and drop what comes after the last sound line."""
        self._stream.seek(0)
        first = self._stream.readline()
        if not first or (not first.endswith(b"\n") and START.startswith(first[: len(START)])):
            self._stream.truncate(0)
            self._append({"kind": KIND, "identity": self._identity})
            return
        head = _record(first) or {}
        if head.get("kind") != KIND:
            raise JournalRefusedError(f"{self.file}: is no journal of pdopt; name another output, or remove it")
        if head.get("identity") != self._identity:
            raise JournalRefusedError(
                f"{self.file}: keeps another sweep, of another fleet, variations or options; finish that one, name "
                "another output, or remove the journal"
            )
        sound = len(first)
        for line in self._stream:
            if (record := _record(line)) is None or not isinstance(scenario := record.pop("scenario", None), int):
                break
            self.rows.setdefault(scenario, record)
            sound += len(line)
        self._stream.truncate(sound)

    def add(self, scenario: int, row: Row) -> None:
        """Note a finished scenario; it is on the disk when this returns."""
        self.rows[scenario] = row
        self._append({"scenario": scenario, **row})

    def _append(self, record: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(record, allow_nan=False, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Let go of the file; what it holds stays."""
        self._stream.close()

    def remove(self) -> None:
        """Let go of the file and take it away: the output holds all there was."""
        self._stream.close()
        self.file.unlink(missing_ok=True)


def _record(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _lock(stream: BinaryIO, file: Path) -> None:
    """Keep a second sweep from writing into the same journal, where the system can."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise JournalRefusedError(
            f"{file}: another sweep is writing there; wait for it, or name another output"
        ) from None
