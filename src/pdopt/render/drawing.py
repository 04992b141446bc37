"""What every picture needs: an empty figure of matplotlib (the extra ``pdopt[plot]``), and to be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class PlotRefusedError(ValueError):
    """Raised when something cannot be drawn; says what to do."""


def blank(width: float, height: float) -> Any:
    """Give an empty figure of so many inches.

    Raises
    ------
    PlotRefusedError
        matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotRefusedError("drawing needs matplotlib; pip install 'pdopt[plot]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def write(figure: Any, file: Path) -> None:
    """Write a figure, in the format that the file's name ends with.

    Raises
    ------
    PlotRefusedError
        The file cannot be written.
    """
    try:
        figure.savefig(file, dpi=130)
    except OSError as why:
        raise PlotRefusedError(f"cannot be written ({why.strerror})") from None
