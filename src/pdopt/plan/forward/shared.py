"""Decode: the TPOT of a batch that several workloads share."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import NamedTuple

from pdopt.fleet.fleet import Target
from pdopt.plan.forward.arrivals import open_tpot_s
from pdopt.plan.forward.batch import Points, steady_tpot_s
from pdopt.plan.forward.line import largest
from pdopt.plan.forward.quadratic import quadratic_tpot_s

DecodeModel = tuple[str, str]  # decode_load, decode_fit
HALVINGS, STEPS = 32, 150


class Draw(NamedTuple):
    """What one workload draws from an instance: output tokens per second, on the curve of its own lengths."""

    points: Points
    tokens_per_s: float


def within(model: DecodeModel, draws: tuple[Draw, ...], statistic: str, bound_s: float) -> bool:
    """Whether a shared batch keeps a TPOT bound.

    With one curve the tokens add up. With several (contexts differ) every workload takes its share of what it could
    draw alone within the bound, and the shares must fit: ``sum of tokens_c / D_c(bound) <= 1``.
    """
    curves = {draw.points for draw in draws}
    if len(curves) == 1:
        return single_tpot_s(model, curves.pop(), sum(draw.tokens_per_s for draw in draws), statistic) <= bound_s
    return _shares(model, draws, statistic, bound_s) <= 1


def shared_tpot_s(model: DecodeModel, draws: tuple[Draw, ...], statistic: str) -> float:
    """Smallest TPOT at which an instance yields what all its workloads draw; infinite when it is overloaded."""
    curves = {draw.points for draw in draws}
    if len(curves) == 1:
        return single_tpot_s(model, curves.pop(), sum(draw.tokens_per_s for draw in draws), statistic)
    return _least_common_tpot_s(model, draws, statistic)


@lru_cache(maxsize=4096)
def _least_common_tpot_s(model: DecodeModel, draws: tuple[Draw, ...], statistic: str) -> float:
    floor = min(time for draw in draws for _, time in draw.points)
    ceiling = 2 * max(time for draw in draws for _, time in draw.points)
    while _shares(model, draws, statistic, ceiling) > 1:
        ceiling *= 4
        if ceiling > 1e6 * floor:
            return inf
    span = ceiling - floor
    return ceiling - largest(lambda drop: _shares(model, draws, statistic, ceiling - drop) <= 1, span, HALVINGS)


def _shares(model: DecodeModel, draws: tuple[Draw, ...], statistic: str, bound_s: float) -> float:
    total = 0.0
    for draw in draws:
        if draw.tokens_per_s > 0:
            alone = _draw_alone(model, draw.points, bound_s, statistic)
            total += draw.tokens_per_s / alone if alone > 0 else inf
    return total


@lru_cache(maxsize=65536)
def single_tpot_s(model: DecodeModel, points: Points, tokens_per_s: float, statistic: str) -> float:
    """TPOT of one curve at an output rate, by the decode model assumed."""
    decode_load, decode_fit = model
    if decode_load == "open":
        return open_tpot_s(points, tokens_per_s, Target("tpot", statistic, 0.0).tail)
    return (quadratic_tpot_s if decode_fit == "quadratic" else steady_tpot_s)(points, tokens_per_s)


@lru_cache(maxsize=65536)
def _draw_alone(model: DecodeModel, points: Points, bound_s: float, statistic: str) -> float:
    """Largest output rate of one workload alone up to which every smaller rate keeps the bound too."""
    most = max(batch / time for batch, time in points) * 1.5

    def holds(tokens_per_s: float) -> bool:
        return single_tpot_s(model, points, tokens_per_s, statistic) <= bound_s

    if model[0] == "open":  # a dip in the curve may let a higher rate hold again: stop before the first that does not
        steps = (most * i / STEPS for i in range(1, STEPS + 1))
        most = next((tokens_per_s for tokens_per_s in steps if not holds(tokens_per_s)), most)
    return largest(holds, most, HALVINGS)
