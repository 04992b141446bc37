"""What one run of a benchmark tool measured, in seconds, tokens and requests per second, whatever the tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

Phase = Literal["served", "prefill", "decode", "given"]


@dataclass(frozen=True)
class Latency:
    """Statistics of a latency over the requests of a run, in seconds; None where the tool does not say."""

    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None

    def stated(self) -> dict[str, float]:
        """Give the statistics that are known."""
        named = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Facts:
    """The instance that was measured, as far as a file or a user says."""

    gpu: str = ""
    gpus: int | None = None
    parallelism: str = ""
    dp: int | None = None
    engine: str = ""
    engine_version: str = ""
    precision: str = ""
    date: str = ""

    def over(self, other: Facts) -> Facts:
        """Give the facts stated here, and the other's where nothing is stated here."""
        stated = {item.name: getattr(self, item.name) for item in fields(self)}
        return replace(other, **{name: value for name, value in stated.items() if value not in ("", None)})


@dataclass(frozen=True)
class Measurement:
    """One run.

    Attributes
    ----------
    source : str
        The file, as the ``source`` column names it.
    phase : str
        "served": requests through a server, both phases; "prefill", "decode": a static batch, that phase alone;
        "given": a profile row as it stands (`given`, of the table `table`).
    isl, osl : float
        Mean tokens per request as measured, not as asked for.
    concurrency : float or None
        Requests in flight that a closed loop holds; the batch of a static phase.
    rate_rps : float or None
        Requests per second that an open loop asks for. Neither this nor `concurrency`: all requests at once.
    input_cv, output_cv : float or None
        Standard deviation of the lengths over their mean.
    per_gpu : bool
        Whether the throughputs are those of one GPU.
    given : Mapping
        Columns that the file states itself (``kv_tokens``).
    """

    source: str
    tool: str
    tool_version: str = ""
    phase: Phase = "served"
    table: str = ""
    model: str = ""
    facts: Facts = Facts()
    isl: float | None = None
    osl: float | None = None
    completed: int | None = None
    failed: int = 0
    duration_s: float | None = None
    concurrency: float | None = None
    rate_rps: float | None = None
    ttft: Latency = Latency()
    tpot: Latency = Latency()
    request_rps: float | None = None
    output_tps: float | None = None
    input_tps: float | None = None
    input_cv: float | None = None
    output_cv: float | None = None
    cached_tokens: float = 0.0
    per_gpu: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def load(self) -> str:
        """How the run was loaded, in words."""
        if self.phase == "given":
            return "as stated"
        if self.phase != "served":
            return f"batch {self.concurrency:.4g}" if self.concurrency else "static batch"
        if self.rate_rps is not None:
            return f"{self.rate_rps:.4g} requests/s"
        return "all at once" if self.concurrency is None else f"concurrency {self.concurrency:.4g}"

    @property
    def origin(self) -> str:
        """Tool, version and file, for the ``source`` column."""
        return f"{' '.join(word for word in (self.tool, self.tool_version) if word)}: {self.source}"


class Unreadable(ValueError):  # noqa: N818 - says so of a file
    """Raised by an importer for a file that it detects and cannot use; the sentence says why."""
