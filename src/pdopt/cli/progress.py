"""What a solve says on standard error while it runs, and how Ctrl-C ends it with the best plan so far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from rich.console import Console
from rich.status import Status

from pdopt.cli.common import say
from pdopt.cli.ctrl_c import CtrlC
from pdopt.render.text import number, usd
from pdopt.solving.watch import COST, VALUE, Progress, Watch

SILENT_S = 10.0  # in a pipe: what takes less needs no progress
LONGEST_S = 60.0  # between two lines in a pipe, which double their distance until then
REFRESH_S = 0.2  # on a terminal
STOPPING = "stopping: the best plan so far follows; Ctrl-C again ends at once"
T = TypeVar("T")


def watched(quiet: bool, solve: Callable[[Watch], T]) -> T:
    """Solve with a watch that says on standard error what it sees, and that the first Ctrl-C stops.

    On a terminal one line that changes; in a pipe a line after ten seconds and then ever more seldom; with `quiet`
    nothing.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed before the solver had begun, or again.
    """
    watch = Watch()

    def stopped() -> bool:
        begun = watch.solving and not watch.stopped
        watch.stop()  # in any case: should the exception get lost, the solver ends all the same
        if begun:
            with suppress(RuntimeError):  # pressed in the middle of writing to standard error
                say(STOPPING, quiet)
                sys.stderr.flush()
        return begun

    with CtrlC(stopped) as ctrl_c, _shown(watch, quiet):
        return ctrl_c.broken_off(solve, watch)


@contextmanager
def _shown(watch: Watch, quiet: bool) -> Iterator[None]:
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield
    elif console.is_terminal:
        with console.status("reading and building the program", spinner="line") as status:
            watch.tell = _Line(status)
            yield
    else:
        watch.tell = _Lines()
        yield


class _Line:
    """One line on a terminal, written over."""

    def __init__(self, status: Status):
        self._status, self._next_s = status, 0.0

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= self._next_s:
            self._next_s = progress.seconds + REFRESH_S
            self._status.update(words(progress))


class _Lines:
    """A few lines in a pipe: where a log is read later, how a long solve went."""

    def __init__(self) -> None:
        self._next_s = SILENT_S

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= self._next_s:
            self._next_s = progress.seconds + min(progress.seconds, LONGEST_S)
            say(words(progress))


def words(progress: Progress) -> str:
    """Say how far a solve is: seconds, the best plan, what none is better than, the gap."""
    parts = [f"{progress.seconds:.0f} s"]
    parts.append("no plan yet" if progress.best is None else f"best plan {_amount(progress.goal, progress.best)}")
    if progress.bound is not None:
        better = "none above" if progress.goal == VALUE else "none below"
        parts.append(f"{better} {_amount(progress.goal, progress.bound)}")
    if progress.gap is not None:
        parts.append(f"gap {progress.gap * 100:.2f} %")
    return ", ".join(parts)


def _amount(goal: str, amount: float) -> str:
    if goal == COST:
        return f"{usd(amount)} per hour"
    return f"{number(3600 * amount)} of value per hour" if goal == VALUE else f"{amount:.1f} GPUs on SKUs not preferred"
