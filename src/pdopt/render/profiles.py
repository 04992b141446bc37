"""Profiles as people read them: a list of what there is, and the tables of one LLM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.table import Table

from pdopt.catalogue.card import Card
from pdopt.catalogue.library import Entry
from pdopt.catalogue.summary import Summary
from pdopt.fleet.grouping import FoundRow
from pdopt.render.curves import decode_lines, encode_table, mixed_table, prefill_table, shape_table
from pdopt.render.text import Line, number, table

SHAPES_IN_FULL = 4


def list_lines(summaries: Iterable[Summary], bare: list[str]) -> Iterator[Line]:
    """Give one line per LLM, GPU, engine and role, and the LLMs that have a card alone."""
    header = ["LLM ", "GPU ", "engine ", "role ", "shapes", "points", "kind ", "input tokens", "batch", "newest "]
    rows = [_summary(line) for line in summaries]
    if rows:
        yield table(header, rows)
    if rows and bare:
        yield ""
    if bare:
        yield f"with a card but no profiles: {', '.join(bare)} (bring yours, or pdopt profile aic or analytic)"


def _summary(line: Summary) -> list[str]:
    batches = "" if line.batches is None else span(line.batches)
    counts = [str(line.shapes), f"{line.points:,}", "+".join(line.kinds)]
    return [line.llm, line.gpu, line.engine, line.role, *counts, span(line.input_tokens), batches, line.newest or "-"]


def span(ends: tuple[float, float]) -> str:
    """Write two ends, once where they agree."""
    low, high = (f"{end:g}" for end in ends)
    return low if low == high else f"{low}-{high}"


def profile_lines(entry: Entry) -> Iterator[Line]:
    """Give card, tables and sources of one LLM; only a line per shape where there are many."""
    yield from _card_lines(entry.name, entry.card)
    if not entry.rows:
        yield ""
        yield "no profiles: bring yours, or make some with pdopt profile aic or pdopt profile analytic"
        return
    shapes = {shape for role in entry.rows for shape in entry.by_shape(role)}
    yield from _tables(entry) if len(shapes) <= SHAPES_IN_FULL else _overview(entry, len(shapes))
    yield ""
    yield "sources"
    yield _sources(item for found in entry.rows.values() for item in found)


def _card_lines(name: str, card: Card | None) -> Iterator[str]:
    if card is None:
        yield f"{name} (no card)"
        return
    kv = ", ".join(f"{number(size)} B {precision}" for precision, size in card.kv_bytes_per_token.items())
    weights = ", ".join(f"{size:g} GiB {precision}" for precision, size in card.weights_gib.items())
    yield f"{name}  {card.name}"
    yield (
        f"{card.total_params_b:g} B parameters ({card.active_params_b:g} B active), {card.layers} layers; "
        f"weights {weights}; KV cache per token {kv}; context up to {card.max_context or '?'}"
    )
    if card.note:
        yield f"note: {card.note}"


def _tables(entry: Entry) -> Iterator[Line]:
    if entry.rows.get("encode"):
        yield ""
        yield "encode: images per second of one busy instance, by tokens of an image"
        yield encode_table(entry.by_shape("encode"))
    if entry.rows.get("prefill"):
        yield ""
        yield "prefill: input tokens per second of one busy instance, by input length"
        yield prefill_table(entry.by_shape("prefill"))
    for shape, found in entry.by_shape("decode").items():
        yield ""
        yield from decode_lines(shape, found)
    for shape, found in entry.by_shape("mixed").items():
        yield ""
        yield f"mixed on {shape}: latencies by requests per second"
        yield mixed_table(found)


def _overview(entry: Entry, shapes: int) -> Iterator[Line]:
    for role in entry.rows:
        yield ""
        yield shape_table(role, entry.by_shape(role))
    yield ""
    yield f"{shapes} shapes: narrow down to {SHAPES_IN_FULL} with --gpu, --engine, --role or --kind to see the tables"


def _sources(found: Iterable[FoundRow]) -> Table:
    counts = Counter(
        (row.kind or "unstated", row.date or "undated", row.engine, row.engine_version, row.source or "-", row.licence)
        for row in (item.row for item in found)
    )
    header = ["kind ", "date ", "engine ", "version ", "source ", "licence ", "rows"]
    return table(header, ([*key, str(count)] for key, count in counts.most_common()))
