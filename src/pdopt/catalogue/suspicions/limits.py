"""Rows that are faster than their GPUs can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pdopt.catalogue.card import BITS, Card, weight_word
from pdopt.catalogue.library import Entry
from pdopt.catalogue.suspicions.worst import Odd, worst_of
from pdopt.fleet.faults import Fault
from pdopt.fleet.gpus import Gpu
from pdopt.fleet.grouping import FoundRow
from pdopt.fleet.profiles import Shape


def beyond_limits(entry: Entry, gpus: dict[str, Gpu]) -> Iterator[Fault]:
    """Compare prefill with the GPUs' arithmetic and decode with their memory, from the card and the specification."""
    for role, faster in (("prefill", _prefill), ("decode", _decode)):
        for shape, found in entry.by_shape(role).items():
            gpu = gpus.get(shape.gpu)
            if gpu is None:
                odd = Odd(found[0], 0, f"{shape.gpu} is not in gpus.csv: its limits were not checked")
                yield from worst_of(shape, [odd])
            elif entry.card is not None:
                yield from worst_of(shape, faster(entry.card, gpu, shape, found))


def _prefill(card: Card, gpu: Gpu, shape: Shape, found: Iterable[FoundRow]) -> Iterator[Odd]:
    """Two operations per active parameter and token are the least there is to do."""
    tflops = gpu.fastest_tflops(BITS.get(weight_word(shape.precision), 4))
    for item in found if tflops else ():
        share = 2 * card.active_params_b * 1e9 * item.row.tokens_per_s / (shape.gpus * (tflops or 1) * 1e12)
        if share > 1:
            at = f"{item.row.tokens_per_s:,.0f} tokens/s at {item.row.input_tokens:g} tokens"
            yield Odd(item, share, f"prefill of {at} is {share:.2f} of what its GPUs can compute")


def _decode(card: Card, gpu: Gpu, shape: Shape, found: Iterable[FoundRow]) -> Iterator[Odd]:
    """Every step reads the weights that a token uses, at the least."""
    used = card.active_params_b / card.total_params_b
    least_s = card.weight_bytes(shape.precision) * used / (shape.gpus * gpu.memory_bw_tb_s * 1e12)
    for item in found:
        step_s = item.row.tpot_s * (item.row.tokens_per_step or 1)
        if step_s < least_s:
            said = f"a step of {step_s * 1e3:.3g} ms at batch {item.row.batch:g}"
            hint = "" if item.row.tokens_per_step else "; if it yields several tokens, state tokens_per_step"
            sentence = f"{said} is less than reading the weights takes ({least_s * 1e3:.3g} ms){hint}"
            yield Odd(item, least_s / step_s, sentence)
