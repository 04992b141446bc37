"""Shapes whose KV cache no other shape can take, or give."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.catalogue.library import Entry
from pdopt.catalogue.suspicions.worst import Odd, worst_of
from pdopt.fleet.faults import Fault


def lonely_shapes(entry: Entry) -> Iterator[Fault]:
    """Give prefill shapes without decode of their engine and precision on any GPU, and the other way round."""
    prefill, decode = entry.by_shape("prefill"), entry.by_shape("decode")
    for shape, found in prefill.items():
        if not any(shape.hands_over_to(other) for other in decode):
            odd = Odd(found[0], 0, "no decode profile has its engine and precision: it cannot hand over")
            yield from worst_of(shape, [odd])
    for shape, found in entry.by_shape("encode").items():
        if not any(shape.hands_over_to(other) for other in prefill):
            odd = Odd(found[0], 0, "no prefill profile has its engine and precision: it cannot hand over")
            yield from worst_of(shape, [odd])
    for shape, found in decode.items():
        if not any(other.hands_over_to(shape) for other in prefill):
            odd = Odd(found[0], 0, "no prefill profile has its engine and precision: nothing can be handed to it")
            yield from worst_of(shape, [odd])
