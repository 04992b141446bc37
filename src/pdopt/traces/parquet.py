"""Rows written as Parquet, here because this is the room with Polars."""

from __future__ import annotations

from io import BytesIO
from typing import Any

NEEDS = "Parquet needs polars; pip install 'pdopt[trace]', or name a file that ends in .csv or .json"


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    """Give rows (mappings of plain values with the same keys) as a Parquet file.

    Raises
    ------
    ModuleNotFoundError
        Polars is not installed; the message says what to do.
    """
    try:
        import polars
    except ModuleNotFoundError:
        raise ModuleNotFoundError(NEEDS) from None
    stream = BytesIO()
    polars.DataFrame(rows, infer_schema_length=None).write_parquet(stream)
    return stream.getvalue()
