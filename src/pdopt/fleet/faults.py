"""Faults of an input file: each with file, line, path and remedy; all of them raised together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """Write a path as users read it: ``workloads.chat.slo`` or ``models.a.prefill[0].gpu``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known words, or list them all when none is near."""
    names = sorted(known)
    near = get_close_matches(word, names, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(names)}" if names else "none is defined"


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it stands and what to do about it."""

    file: str
    line: int
    path: str
    sentence: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.path}: {self.sentence}" if self.path else f"{where}: {self.sentence}"


class FleetFaults(ValueError):  # noqa: N818 - many faults, one answer
    """Raised when an input cannot be used; carries every fault found.

    Attributes
    ----------
    faults : tuple of Fault
        In the order of file and line.
    """

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Complaints:
    """Collects the faults of one file while it is read; `sha256` is that of its text."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    sha256: str = ""

    def add(self, path: Path, sentence: str, line: int | None = None) -> None:
        """Note a fault at `path`; its line is that of the deepest part of the path that exists."""
        self.faults.append(Fault(self.file, line or self.line_of(path), dotted(path), sentence))

    def line_of(self, path: Path) -> int:
        """Line of a path, or of its nearest existing ancestor (0 when the file has no lines)."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def raise_any(self) -> None:
        """Raise all faults noted so far, if there are any."""
        if self.faults:
            raise FleetFaults(self.faults)
