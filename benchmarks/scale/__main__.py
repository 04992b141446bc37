"""``python -m benchmarks.scale [PART …] [--sizes …] [--most-s S]``: results, docs/scale.md and docs/peers.md.

Parts are sizes, growth and peers (that is ``python -m benchmarks.peers``, which needs PuLP); without any, all.
With `--sizes` only these are measured again. `--page` only writes the pages anew.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.peers.tables import read_rows, setting_words, write_as_they_come, write_setting
from benchmarks.scale.dominance import best_somewhere, dominated
from benchmarks.scale.page import page
from benchmarks.scale.points import growth_rows, size_rows
from benchmarks.scale.sizes import SIZES, Size, written

RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parents[2] / "docs"
PARTS = ("sizes", "growth", "peers")


def composed(results: Path = RESULTS) -> str:
    """Compose docs/scale.md from the files of results."""
    sizes, growth = (read_rows(results / f"{name}.csv") for name in ("sizes", "growth"))
    words = (results / "skus.txt").read_text(encoding="utf-8").strip()
    return page(sizes, growth, words, setting_words(results / "setting.json"))


def sku_words(llms: int = 40) -> str:
    """Say whether the SKUs of the generator are all worth having."""
    import pdopt
    from pdopt.capacity.lanes import lane_table

    with tempfile.TemporaryDirectory() as folder:
        table = lane_table(pdopt.read_fleet(written(Size(llms, 12), 0, Path(folder))))
    best = best_somewhere(table)
    cheapest = ", ".join(f"{sku} {count}" for sku, count in sorted(best.items(), key=lambda of: -of[1]) if count)
    pairs = "; ".join(f"a node of {one} replaces one of {other} in any plan" for one, other in dominated(table))
    none = "no node costs less than that of another and carries as much of everything"
    idle = sum(not count for count in best.values())
    return (
        f"Of the twelve SKUs for {llms} LLMs, {pairs or none}. Where nodes are full, these are cheapest for so many "
        f"workloads and roles: {cheapest}; the other {idle} are worth having for small loads and where those are short."
    )


def main() -> None:
    """Measure the parts asked for and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=", ".join(PARTS))
    parser.add_argument("--sizes", nargs="+", help=", ".join(SIZES))
    parser.add_argument("--most-s", type=float, default=1e9, help="seconds that the solver has for a size at most")
    parser.add_argument(
        "--growth-limit", type=float, default=10.0, help="seconds that the solver has while something grows"
    )
    parser.add_argument("--largest", type=int, help="so many steps of growth at most")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", action="store_true")
    wanted = parser.parse_args()
    if not wanted.page:
        _measure(wanted)
    if wanted.results == RESULTS:
        (DOCS / "scale.md").write_text(composed(), encoding="utf-8")
    print(composed(wanted.results))
    if "peers" in wanted.parts:
        from benchmarks.peers.__main__ import main as peers

        peers(["--page"] if wanted.page else [])


def _measure(wanted: argparse.Namespace) -> None:
    if "sizes" in wanted.parts:
        keeping = "size" if wanted.sizes else None
        write_as_they_come(wanted.results / "sizes.csv", size_rows(wanted.sizes, wanted.most_s), keeping)
    if "growth" in wanted.parts:
        write_as_they_come(wanted.results / "growth.csv", growth_rows(wanted.growth_limit, wanted.largest))
    wanted.results.mkdir(exist_ok=True)
    (wanted.results / "skus.txt").write_text(sku_words() + "\n", encoding="utf-8")
    write_setting(wanted.results / "setting.json", ("pdopt", "highspy", "pyomo"))


if __name__ == "__main__":
    main()
