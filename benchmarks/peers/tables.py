"""CSV files of results and tables of the page."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count, getloadavg, sysconf
from pathlib import Path
from typing import Any

Rows = list[dict[str, str]]


def write_rows(file: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write results; the first row's keys are the columns."""
    file.parent.mkdir(exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as opened:
        lines = csv.DictWriter(opened, list(rows[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)


def write_as_they_come(file: Path, rows: Iterable[dict[str, object]], keeping: str | None = None) -> None:
    """Write results after each one, so that a run that is stopped leaves those it has.

    Those of before stay where `keeping` names the column that tells them apart, until they are measured again.
    """
    found: list[dict[str, object]] = [] if keeping is None else [dict(row) for row in read_rows(file)]
    for row in rows:
        same = [place for place, one in enumerate(found) if keeping is not None and one[keeping] == row[keeping]]
        if same:
            found[same[0]] = row
        else:
            found.append(row)
        every = dict.fromkeys((name for one in found for name in one), "")
        write_rows(file, [every | one for one in found])


def read_rows(file: Path) -> Rows:
    """Read results; none where they were never made."""
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def write_setting(file: Path, packages: Iterable[str], **more: object) -> None:
    """Note on what results were made: machine, date, versions."""
    file.parent.mkdir(exist_ok=True)
    found = {
        "date": date.today().isoformat(),
        "machine": f"{_processor()}, {_cores()} cores, {_memory_gb():.0f} GB",
        "load": round(getloadavg()[2], 1),
        "versions": {"Python": platform.python_version(), **{name: _version(name) for name in packages}},
        **more,
    }
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def setting_words(file: Path) -> str:
    """Give what `write_setting` noted as a sentence."""
    found = json.loads(file.read_text(encoding="utf-8"))
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    shared = f" Others kept it busy (load average {found['load']:g})." if found["load"] > 3 else ""
    return f"Measured on {found['date']}: {found['machine']}; {versions}.{_limits(found)}{shared}"


def _limits(found: dict[str, Any]) -> str:
    limits = found.get("limits")
    if limits is None:
        return ""
    return (
        f" CBC had {limits['limit_s']:g} CPU seconds for an input of Mélange's and {limits['region_limit_s']:g} for "
        f"one of SageServe's; pdopt {limits['our_limit_s']:g} seconds of the clock for the latter."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table of Markdown."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n\n"


def seconds(text: str | float) -> str:
    """Give seconds with two digits that count."""
    number = float(text)
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _cores() -> int:
    return cpu_count() or 1


def _memory_gb() -> float:
    return sysconf("SC_PAGE_SIZE") * sysconf("SC_PHYS_PAGES") / 1e9
