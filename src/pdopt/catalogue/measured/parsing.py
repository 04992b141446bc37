"""What importers share: liberal in keys, strict in units."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf, isfinite
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from pdopt.catalogue.measured.measurement import Latency, Unreadable

SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
STATISTICS = {"mean": ("mean", "avg"), "p50": ("p50", "median"), "p90": ("p90",), "p95": ("p95",), "p99": ("p99",)}
ENGINES = {"vllm": "vllm", "sglang": "sglang", "trtllm": "trtllm", "tensorrt-llm": "trtllm", "tensorrtllm": "trtllm"}


def has(head: str, *keys: str) -> bool:
    """Whether JSON text holds all of the keys, as keys."""
    return all(re.search(rf'"{re.escape(key)}"\s*:', head) for key in keys)


def read_json(path: Path) -> Any:
    """Read JSON; bare Infinity and NaN, which some tools write, are let through."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"is not JSON ({error})") from None


def read_lines(path: Path) -> tuple[list[Any], tuple[str, ...]]:
    """Read JSON lines, or a JSON list or object: the records, and a note on each line that is cut off or broken."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(text)
        return (whole if isinstance(whole, list) else [whole]), ()
    except ValueError:
        return _complete_lines(text)


def _complete_lines(text: str) -> tuple[list[Any], tuple[str, ...]]:
    records, notes = [], []
    for line, words in enumerate(text.split("\n"), start=1):
        try:
            records += [json.loads(words)] if words.strip() else []
        except ValueError as error:
            notes.append(f"line {line} is not complete JSON, left out ({error})")
    if not records:
        raise Unreadable(f"is not JSON: no line of it is complete ({notes[0] if notes else 'it is empty'})")
    return records, tuple(notes)


def number(record: Mapping[str, Any], *keys: str) -> float | None:
    """Give the first of the keys that has a value, as a number; "inf" is one."""
    for key in keys:
        value = record.get(key)
        if value is not None and value != "":
            try:
                return float(value)
            except (TypeError, ValueError):
                raise Unreadable(f"{key} is not a number: {value!r}") from None
    return None


def count(record: Mapping[str, Any], *keys: str) -> int | None:
    """Give the first of the keys that has a value, as a whole number."""
    value = number(record, *keys)
    return None if value is None or not isfinite(value) else round(value)


def finite(value: float | None) -> float | None:
    """Give a positive, finite number, or None: request_rate inf or -1 means that there is none."""
    return value if value is not None and 0 < value < inf else None


def seconds(value: float | None, unit: str) -> float | None:
    """Turn a value into seconds; an unknown unit makes the file unreadable rather than wrong."""
    if unit not in SECONDS:
        raise Unreadable(f"has a latency in {unit!r}, which is no unit of time known here")
    return None if value is None else value * SECONDS[unit]


def latency(record: Mapping[str, Any], unit: str, key: str = "{}") -> Latency:
    """Read a latency's statistics.

    Parameters
    ----------
    record : Mapping
    unit : str
    key : str
        How a statistic's key is written, with {} for the statistic ("{}_ttft_ms").
    """
    return Latency(
        **{
            name: seconds(number(record, *(key.format(word) for word in words)), unit)
            for name, words in STATISTICS.items()
        }
    )


def variation(values: object) -> float | None:
    """Coefficient of variation of a list of lengths, None of anything else."""
    known = values if isinstance(values, list) else []
    mean = fmean(known) if known else 0.0
    return pstdev(known) / mean if mean else None


def ratio(part: float | None, whole: float | None) -> float | None:
    """Give part / whole where both are known."""
    return None if part is None or not whole else part / whole


def day(text: object) -> str:
    """Give the day of a date as tools write it (20261123-041805, 2026-11-23T03:57, seconds since 1970), or ""."""
    if isinstance(text, int | float) and 0 < text < 1e10:
        return datetime.fromtimestamp(text, UTC).date().isoformat()
    found = re.search(r"(20\d\d)-?(\d\d)-?(\d\d)", str(text or ""))
    return "-".join(found.groups()) if found else ""


def engine_named(text: object) -> str:
    """Give an engine's name in the catalogue, or "" where the text names none (openai, a URL)."""
    word = str(text or "").lower()
    return next((name for key, name in ENGINES.items() if word == key or word.startswith(f"{key}-")), "")


def beside(path: Path) -> str:
    """Give a file's name together with its folder's, where its own says little."""
    return f"{path.resolve().parent.name}/{path.name}"
