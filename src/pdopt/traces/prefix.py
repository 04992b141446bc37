"""How much of each input a prefix cache without limit would answer, from the hashes of its blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pdopt.traces.requests import Tokens


def prefix_hits(hashes: pl.LazyFrame, rows: NDArray[Any], input_tokens: Tokens) -> tuple[Tokens, int]:
    """Count the input tokens in leading blocks that earlier requests had already.

    Parameters
    ----------
    hashes : polars.LazyFrame
        One column of text or lists: the hashes of each row's blocks; a hash stands for all up to its block.
    rows : array
        The usable rows in the order of arrival; `input_tokens` are theirs.

    Returns
    -------
    hits : array
        Cached tokens of each request.
    block_tokens : int
        The size of a block that fits all requests.
    """
    flat, blocks = _flat(hashes)
    starts = np.concatenate(([0], np.cumsum(blocks)))[rows]
    blocks = blocks[rows]
    ends = np.cumsum(blocks)
    flat = flat[np.repeat(starts - (ends - blocks), blocks) + np.arange(ends[-1])]
    hit_blocks = _leading_seen(flat, ends - blocks, blocks)
    block_tokens = _block_tokens(input_tokens, blocks)
    return np.minimum(hit_blocks * block_tokens, input_tokens).astype(np.int32), block_tokens


def _flat(hashes: pl.LazyFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    name = hashes.collect_schema().names()[0]
    text = pl.col(name).cast(pl.String).str.replace_all(r"[\[\]\s,;]+", " ").str.strip_chars()
    ids = pl.when(text.str.len_bytes() > 0).then(text).str.split(" ")
    table = hashes.select(ids.alias("ids")).collect(engine="streaming")
    blocks = table["ids"].list.len().fill_null(0).to_numpy().astype(np.int64)
    return table["ids"].explode().drop_nulls().hash().to_numpy(), blocks


def _leading_seen(flat: NDArray[Any], starts: NDArray[Any], blocks: NDArray[Any]) -> NDArray[Any]:
    """Count, for each request, the blocks before its first block that no earlier request had."""
    owner = np.repeat(np.arange(len(blocks)), blocks)
    _, first, which = np.unique(flat, return_index=True, return_inverse=True)
    unseen = np.flatnonzero(owner[first[which]] == owner)
    hits = blocks.copy()
    np.minimum.at(hits, owner[unseen], unseen - starts[owner[unseen]])
    return hits


def _block_tokens(input_tokens: Tokens, blocks: NDArray[Any]) -> int:
    """Find the block size: n blocks hold more than n - 1 and at most n sizes; a power of two if one fits."""
    some = blocks > 0
    if not some.any():
        return 1
    least = int(np.max(-(-input_tokens[some] // blocks[some])))
    power = 1 << (least - 1).bit_length()
    several = blocks > 1
    most = np.min(input_tokens[several] / (blocks[several] - 1)) if several.any() else np.inf
    return power if power < most or power == least else least
