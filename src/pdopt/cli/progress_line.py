"""Progress on standard error: one line rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from time import monotonic

OFTEN_S, SELDOM_S = 0.3, 15.0


class ProgressLine:
    """Shows the latest words on how far something is."""

    def __init__(self, quiet: bool):
        self._quiet, self._terminal = quiet, sys.stderr.isatty()
        self._every_s = OFTEN_S if self._terminal else SELDOM_S
        self._shown_at, self._width = monotonic() - self._every_s + 0.5, 0

    def due(self) -> bool:
        """Whether it is time to show something."""
        return not self._quiet and monotonic() - self._shown_at >= self._every_s

    def show(self, words: str) -> None:
        """Show words."""
        self._shown_at = monotonic()
        if self._terminal:
            sys.stderr.write("\r" + words.ljust(self._width))
            self._width = len(words)
        else:
            sys.stderr.write(words + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self._width:
            sys.stderr.write("\n")
            self._width = 0
