"""Ctrl-C ends what runs as KeyboardInterrupt, whatever the libraries that it meets make of it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, ParamSpec, TypeVar

import typer
from typer.core import TyperGroup

from pdopt.cli.common import say

STOPPED = 130  # what a shell says of a command that ended on Ctrl-C
ENDS = (typer.Exit, SystemExit, GeneratorExit)  # an exit code that was chosen stays
P = ParamSpec("P")
T = TypeVar("T")


def _no() -> bool:
    return False


class CtrlC:
    """Handles Ctrl-C while it is entered; raises KeyboardInterrupt only out of `broken_off`.

    A library that is broken off may raise something else instead, and may log that it failed: Pyomo does, on standard
    output, where the answer alone belongs. So the exception is made good and nothing is logged from then on. Outside
    of `broken_off`, where things are opened and closed, Ctrl-C waits.

    Parameters
    ----------
    calmly : function
        Ends the work in a better way, if it can: then gives true, and nothing is raised.
    """

    def __init__(self, calmly: Callable[[], bool] = _no) -> None:
        self._calmly, self._held, self._waits, self._raised = calmly, True, False, False
        self._before: Any = None

    def __enter__(self) -> CtrlC:
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as a shell asks of what runs in the background
        if not ignored and current_thread() is main_thread():  # only there may handlers be set
            self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._raised:
            logging.disable(logging.NOTSET)

    def broken_off(self, work: Callable[P, T], *args: P.args, **keys: P.kwargs) -> T:
        """Do work that Ctrl-C may break off.

        Raises
        ------
        KeyboardInterrupt
            It did.
        """
        try:
            self._held = False
            if self._waits:
                self._break_off()
            return work(*args, **keys)
        except BaseException as error:
            if self._raised and not isinstance(error, ENDS):
                raise KeyboardInterrupt from error
            raise
        finally:
            self._held = True

    def _pressed(self, which: int, frame: FrameType | None) -> None:
        if self._held:
            self._waits = True
        elif not self._calmly():
            self._break_off()

    def _break_off(self) -> None:
        self._raised = True
        logging.disable()
        raise KeyboardInterrupt


class Interruptible(TyperGroup):
    """Commands that Ctrl-C ends without a traceback: those that have no answer then, with a word and exit code 130."""

    def invoke(self, ctx: Any) -> Any:  # of click, or typer's own, as its version has it
        """Run the command."""
        try:
            with CtrlC() as ctrl_c:
                return ctrl_c.broken_off(super().invoke, ctx)
        except KeyboardInterrupt:
            say("stopped")
            raise typer.Exit(STOPPED) from None
