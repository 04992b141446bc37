"""Prices of nodes as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pdopt.fleet.prices import STALE_AFTER_DAYS, Price
from pdopt.render.text import Line, table

HEADER = ["$/GPU/h", "$/h", "provider ", "node type ", "region ", "GPUs ", "term ", "date ", "age", "source "]


def price_lines(prices: Iterable[Price], today: date) -> Iterator[Line]:
    """Give prices in their order, and how to read the marks."""
    every = list(prices)
    yield table(HEADER, (_cells(price, today) for price in every))
    yield ""
    stale = sum(price.stale(today) for price in every)
    count = f"{len(every)} {'price' if len(every) == 1 else 'prices'}"
    yield f"{count} in dollars per hour, without tax or support; ask for a quote"
    if stale:
        yield f"! {stale} older than {STALE_AFTER_DAYS} days or undated: check them before buying"


def _cells(price: Price, today: date) -> list[str]:
    row, age = price.row, price.age_days(today)
    mark = " !" if price.stale(today) else "  "
    days = f"{'undated' if age is None else f'{age} d'}{mark}"
    money = [f"{price.usd_per_gpu_h:.3f}", f"{row.usd_per_hour:,.2f}"]
    gpus = f"{row.gpus} x {row.gpu}"
    return [
        *money,
        price.provider,
        row.instance_type,
        row.region or "all",
        gpus,
        row.term,
        "-" if price.day is None else row.source_date,
        days,
        row.source or "-",
    ]


def price_facts(price: Price, today: date) -> dict[str, Any]:
    """Give one price as plain values for JSON."""
    row = price.row
    return {
        "provider": price.provider,
        "instance_type": row.instance_type,
        "region": row.region or "all",
        "gpu": row.gpu,
        "gpus": row.gpus,
        "term": row.term,
        "usd_per_hour": row.usd_per_hour,
        "usd_per_gpu_hour": price.usd_per_gpu_h,
        "date": row.source_date if price.day else None,
        "age_days": price.age_days(today),
        "stale": price.stale(today),
        "source": row.source,
        "file": price.file,
    }
