"""Numbers and tables as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pdopt.fleet.hours import HOURS_PER_MONTH

WIDTH = 1000  # tables take the width they need; a terminal wraps what is longer than its lines

Line = str | Table


def show(lines: Iterable[Line]) -> None:
    """Print lines and tables on standard output, without the blanks that pad a table's last column."""
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True, width=WIDTH)
    for line in lines:
        with console.capture() as captured:
            console.print(line)
        for text in captured.get().splitlines():
            console.file.write(text.rstrip() + "\n")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Lay out a table; columns whose header ends in a blank are flush left, the others flush right."""
    result = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in header:
        result.add_column(Text(title.strip()), justify="left" if title.endswith(" ") else "right", no_wrap=True)
    for row in rows:
        result.add_row(*(Text(cell) for cell in row))
    return result


def usd(amount: float) -> str:
    """Dollars and cents."""
    return f"${amount:,.2f}"


def usd_per_month(usd_per_hour: float) -> str:
    """Whole dollars of an average month."""
    return f"${usd_per_hour * HOURS_PER_MONTH:,.0f}"


def number(value: float) -> str:
    """Four significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(fraction: float) -> str:
    """Give a percentage with one decimal, rounded down, so that nothing is promised that does not hold."""
    return f"{int(fraction * 1000 + 1e-6) / 10:g} %"
