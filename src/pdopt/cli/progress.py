"""What a solve says on standard error while it runs, and how Ctrl-C ends it with the best plan so far."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from rich.console import Console
from rich.status import Status

from pdopt.cli.common import say
from pdopt.render.text import number, usd
from pdopt.solving.watch import COST, VALUE, Progress, Watch

SILENT_S = 10.0  # in a pipe: what takes less needs no progress
LONGEST_S = 60.0  # between two lines in a pipe, which double their distance until then
REFRESH_S = 0.2  # on a terminal
STOPPING = "stopping: the best plan so far follows; Ctrl-C again ends at once"


@contextmanager
def watched(quiet: bool) -> Iterator[Watch]:
    """Give a watch that says on standard error what it sees, and that the first Ctrl-C stops.

    On a terminal one line that changes; in a pipe a line after ten seconds and then ever more seldom; with `quiet`
    nothing. Before the solver has begun, and when it is pressed again, Ctrl-C raises KeyboardInterrupt.
    """
    console = Console(stderr=True, highlight=False)
    watch = Watch()
    with _stopped_by_ctrl_c(watch, quiet):
        if quiet:
            yield watch
        elif console.is_terminal:
            with console.status("reading and building the program", spinner="line") as status:
                watch.tell = _Line(status)
                yield watch
        else:
            watch.tell = _Lines()
            yield watch


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


@contextmanager
def _stopped_by_ctrl_c(watch: Watch, quiet: bool) -> Iterator[None]:
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as a shell asks of what runs in the background
    if ignored or current_thread() is not main_thread():  # only there may handlers be set
        yield
        return

    def pressed(which: int, frame: FrameType | None) -> None:
        if not watch.solving or watch.stopped:
            raise KeyboardInterrupt
        watch.stop()
        say(STOPPING, quiet)
        sys.stderr.flush()

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
