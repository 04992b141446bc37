"""Formulas beside the simulation, into docs/simulation.md: ``python benchmarks/simulation_theory.py [requests]``.

Each row is a closed form of queueing theory, and the mean of ten replications with its 95 % interval.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.theory.simulated import Compared, grid

from pdopt.simulate import Settings

PAGE = Path(__file__).parents[1] / "docs/simulation.md"
BUSY, TOKENS_PER_S = (0.5, 0.7, 0.8, 0.9), (800.0, 1200.0)


def main(requests: int) -> None:
    """Compare, and write the table where the page has the last one."""
    found = list(grid(Settings(requests=requests, seed=1), BUSY, TOKENS_PER_S))
    head = "| kind | case | quantity | formula | simulated | interval | off |\n|---|---|---|---|---|---|---|\n"
    inside = sum(one.inside for one in found)
    last = (
        f"\n{inside} of {len(found)} intervals of 95 % hold the formula ({requests:,} requests in each row's case).\n"
    )
    table = head + "".join(map(row, found)) + last
    text = PAGE.read_text(encoding="utf-8")
    page = re.sub(r"(<!-- theory -->\n).*?(<!-- end -->)", lambda m: m[1] + table + m[2], text, flags=re.DOTALL)
    PAGE.write_text(page, encoding="utf-8")
    print(last.strip())


def row(one: Compared) -> str:
    """Give a row of the table."""
    mark = "" if one.inside else " (outside)"
    off = f"{one.seen.mean / one.theory - 1:+.1%}"
    cells = (one.kind, one.case, one.what, f"{one.theory:.4g}", f"{one.seen.mean:.4g}")
    return "| " + " | ".join((*cells, f"{one.seen.low:.4g} to {one.seen.high:.4g}{mark}", off)) + " |\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
