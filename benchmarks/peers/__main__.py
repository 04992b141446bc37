"""``python -m benchmarks.peers [PART …] [--limit S] [--only N]``: write the results and docs/peers.md.

Parts are melange, aibrix, sageserve and aiconfigurator; without any, all. `--page` only writes the page anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers.aiconfigurator.compare import gpu_rows
from benchmarks.peers.buckets import aibrix_rows, ladder_rows
from benchmarks.peers.page import page
from benchmarks.peers.regions import region_rows
from benchmarks.peers.tables import Rows, read_rows, setting_words, write_rows, write_setting

RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parents[2] / "docs"
PARTS = ("melange", "aibrix", "sageserve", "aiconfigurator")


def composed(results: Path = RESULTS) -> str:
    """Compose the page from the files of results."""
    found: dict[str, Rows] = {part: read_rows(results / f"{part}.csv") for part in PARTS}
    return page(found, setting_words(results / "setting.json"))


def main(arguments: list[str] | None = None) -> None:
    """Run the parts asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=", ".join(PARTS))
    parser.add_argument("--limit", type=float, default=60.0, help="CPU seconds that CBC has for an input of Mélange's")
    parser.add_argument("--region-limit", type=float, default=360.0, help="the same for one of SageServe's")
    parser.add_argument("--our-limit", type=float, default=60.0, help="seconds that pdopt has for one of SageServe's")
    parser.add_argument("--only", type=int, help="the smallest inputs only, so many of each kind")
    parser.add_argument("--ours", action="store_true", help="keep what CBC came to on SageServe's inputs, 20 minutes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", action="store_true", help="only write docs/peers.md from the results")
    wanted = parser.parse_args(arguments)
    before = read_rows(wanted.results / "sageserve.csv") if wanted.ours else None
    with TemporaryDirectory() as folder:
        work: dict[str, Callable[[], list[dict[str, object]]]] = {
            "melange": lambda: ladder_rows(wanted.limit, wanted.only),
            "aibrix": lambda: list(aibrix_rows(wanted.limit)),
            "sageserve": lambda: list(region_rows(wanted.region_limit, wanted.our_limit, wanted.only or 3, before)),
            "aiconfigurator": lambda: list(gpu_rows(Path(folder))),
        }
        for part in () if wanted.page else wanted.parts:
            write_rows(wanted.results / f"{part}.csv", work[part]())
    if not wanted.page:
        limits = {"limit_s": wanted.limit, "region_limit_s": wanted.region_limit, "our_limit_s": wanted.our_limit}
        write_setting(wanted.results / "setting.json", ("pdopt", "highspy", "pyomo", "PuLP"), limits=limits)
    if wanted.results == RESULTS:
        (DOCS / "peers.md").write_text(composed(), encoding="utf-8")
    print(composed(wanted.results))


if __name__ == "__main__":
    main()
