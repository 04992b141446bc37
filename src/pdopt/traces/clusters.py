"""Requests grouped by their lengths: k-means on standardised logarithms, the same groups every time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import ClusterError, kmeans2, vq

from pdopt.traces.requests import Floats, Requests

SAMPLE = 20_000
CHUNK = 1_000_000
STARTS = 8
SEED = 20260304
FIXED_TOKENS = 128.0  # lengths under the fixed cost of a step differ in nothing that costs time
OUTPUT_WEIGHT = 0.5  # the wait for prefill feels how inputs vary; decode feels the mean output only

Groups = NDArray[np.int8]


def group(requests: Requests, count: int) -> Groups:
    """Group requests by input tokens to compute and output tokens.

    K-means rather than a grid of quantiles: it puts the borders where few requests are, so that the groups are
    narrow. Logarithms, because service times are proportional to lengths: what counts within a group is the ratio
    of one length to another; `FIXED_TOKENS` are added first, so that 2 tokens and 20 count as alike. The centres
    come from a sample; then every request goes to the nearest.

    Returns
    -------
    groups : array
        The group of each request, 0 to at most `count` - 1; fewer groups when there are fewer distinct lengths.
    """
    points = _features(requests, _sampled(len(requests)))
    middle, scale = points.mean(axis=0), points.std(axis=0)
    scale[scale == 0] = 1
    scale[1] /= OUTPUT_WEIGHT
    points = (points - middle) / scale
    centres = _centres(points, min(count, len(np.unique(points, axis=0))))
    found = [vq((_features(requests, rows) - middle) / scale, centres)[0] for rows in _chunks(len(requests))]
    used, groups = np.unique(np.concatenate(found), return_inverse=True)
    assert len(used) < 128
    return groups.astype(np.int8)


def sample(requests: Requests) -> Requests:
    """Give a trace of at most `SAMPLE` of the requests, the same ones every time."""
    rows = _sampled(len(requests))
    cached = requests.cached_tokens
    return replace(
        requests,
        arrival_s=requests.arrival_s[rows],
        input_tokens=requests.input_tokens[rows],
        output_tokens=requests.output_tokens[rows],
        cached_tokens=None if cached is None else cached[rows],
    )


def _sampled(total: int) -> NDArray[Any] | slice:
    if total <= SAMPLE:
        return slice(None)
    return np.sort(np.random.default_rng(SEED).choice(total, SAMPLE, replace=False))


def _chunks(total: int) -> Iterator[slice]:
    for start in range(0, total, CHUNK):
        yield slice(start, start + CHUNK)


def _features(requests: Requests, rows: NDArray[Any] | slice) -> Floats:
    new_tokens = requests.input_tokens[rows]
    if requests.cached_tokens is not None:
        new_tokens = new_tokens - requests.cached_tokens[rows]
    features: Floats = np.log(np.column_stack([new_tokens, requests.output_tokens[rows]]) + FIXED_TOKENS)
    return features


def _centres(points: Floats, count: int) -> Floats:
    """Give the best centres of several k-means runs, each from a k-means++ start of its own."""
    best, least = points[:1], math.inf
    for start in range(STARTS):
        try:
            centres, _ = kmeans2(points, _spread_start(points, count, start), minit="matrix", iter=50, missing="raise")
        except ClusterError:
            continue
        distortion = float(np.sum(vq(points, centres)[1] ** 2))
        if distortion < least * (1 - 1e-9):
            best, least = centres, distortion
    return best if least < math.inf else _spread_start(points, count, 0)


def _spread_start(points: Floats, count: int, start: int) -> Floats:
    """Choose starting centres far from one another (k-means++)."""
    random = np.random.default_rng(SEED + start)
    centres: Floats = points[random.integers(len(points))][None]
    while len(centres) < count:
        nearest = vq(points, centres)[1] ** 2
        centres = np.vstack([centres, points[random.choice(len(points), p=nearest / nearest.sum())]])
    return centres
