"""Encode: how long the vision encoder works on the images of a request."""

from __future__ import annotations

import numpy as np

from pdopt.capacity.refusal import OutOfRange
from pdopt.fleet.fleet import Fleet, Llm, Workload
from pdopt.fleet.profiles import EncodeProfile


def encode_service_s(profile: EncodeProfile, workload: Workload) -> float:
    """Service time of one request in one queue: its images over the throughput measured at their size.

    Raises
    ------
    OutOfRange
        The size lies outside the measured ones; curves are never extrapolated.
    """
    size, measured = workload.image_tokens, profile.image_tokens
    if not measured[0] <= size <= measured[-1]:
        span = f"{measured[0]:g}" if len(measured) == 1 else f"{measured[0]:g} to {measured[-1]:g}"
        raise OutOfRange(f"encode was measured at images of {span} tokens, not at {size:g}")
    return profile.shape.dp * workload.images / float(np.interp(size, measured, profile.images_per_s))


def embedding_transfer_s(llm: Llm, workload: Workload, gb_per_s: float | None) -> float:
    """Time that the embeddings of a request's images are on their way to prefill."""
    if gb_per_s is None or llm.embedding_bytes_per_token is None:
        return 0.0
    return llm.embedding_bytes_per_token * workload.images * workload.image_tokens / (gb_per_s * 1e9)


def has_encoding(fleet: Fleet, llm: Llm) -> bool:
    """Whether any request of an LLM goes through an encode stage."""
    return bool(llm.encode) and any(w.images for w in fleet.workloads.values() if w.llm == llm.name)
