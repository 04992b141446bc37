"""What a simulation is told beyond the plan: arrivals, dispatch, lengths, failures, how many requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ARRIVALS = ("poisson", "gamma", "trace")
DISPATCH = ("random", "round_robin", "least_requests", "least_work")
SPREADS = ("fixed", "exponential", "lognormal")


@dataclass(frozen=True)
class Lengths:
    """How the tokens of requests spread around their mean; `cv` is the coefficient of variation of "lognormal"."""

    spread: str = "fixed"
    cv: float = 1.0


@dataclass(frozen=True)
class Failures:
    """Mean time that an instance lasts, and mean time until it is back, in seconds; both exponential."""

    lasts_s: float
    repair_s: float


@dataclass(frozen=True)
class Settings:
    """What to simulate, and how long.

    Attributes
    ----------
    requests : int
        Requests that count, of all replications together, for each part of the plan that shares no pools with others,
        in each period of each scenario. Those before the queues have settled come on top.
    replications : int
        Independent runs; confidence intervals are Student's t over their means (or quantiles).
    arrivals : str
        "poisson", "gamma" (gaps with coefficient of variation `gap_cv`) or "trace" (the gaps of a trace, in order).
    dispatch : str or None
        How the router of a pool chooses: "random", "round_robin", "least_requests", "least_work"; None: as the fleet
        assumes (split: "random", pooled: "least_work").
    chunk_tokens : int or None
        Prefill in steps of at most so many tokens, filled first come, first served; None: one request at a time.
    outputs, inputs : Lengths
        Spread of tokens. With inputs that spread, so does the time of prefill; else `prefill_service_cv2` says how.
    concurrency : mapping
        Workload → requests in flight: a closed loop, in which one comes `think_s` (exponential) after one is done.
    hit_rate : float or None
        Part of the requests whose prefix is cached; their cached tokens are so many more. None: all have the mean.
    failures : Failures or None
    lost : int
        Instances of every pool that are gone all the time.
    warm_up : float or None
        Requests to leave out at the start, per one that counts; None: a fifth, or three times what is in flight.
    as_recorded : bool
        Replay traces at their own rate, not at the demand of the plan.
    """

    requests: int = 200_000
    replications: int = 10
    seed: int = 0
    confidence: float = 0.95
    arrivals: str = "poisson"
    gap_cv: float = 2.0
    dispatch: str | None = None
    chunk_tokens: int | None = None
    outputs: Lengths = Lengths("fixed")
    inputs: Lengths = Lengths("fixed")
    concurrency: Mapping[str, int] = field(default_factory=dict)
    think_s: float = 0.0
    hit_rate: float | None = None
    failures: Failures | None = None
    lost: int = 0
    warm_up: float | None = None
    as_recorded: bool = False

    def faults(self) -> list[str]:
        """Say what is impossible about the settings, each in a sentence."""
        lengths = (self.outputs, self.inputs)
        rules = (
            (self.replications >= 2, "replications must be 2 or more, for an interval needs them"),
            (self.requests >= 100 * self.replications, "requests must be 100 or more for each replication"),
            (0 < self.confidence < 1, "confidence must lie between 0 and 1"),
            (self.arrivals in ARRIVALS, f"arrivals must be one of {', '.join(ARRIVALS)}"),
            (self.dispatch in (None, *DISPATCH), f"dispatch must be one of {', '.join(DISPATCH)}"),
            (self.gap_cv > 0, "the coefficient of variation of the gaps must be above 0"),
            (self.chunk_tokens is None or self.chunk_tokens >= 1, "a step of prefill has 1 token or more"),
            (all(one.spread in SPREADS for one in lengths), f"lengths spread as one of {', '.join(SPREADS)}"),
            (all(one.cv >= 0 for one in lengths), "the coefficient of variation of lengths must be 0 or more"),
            (all(count >= 1 for count in self.concurrency.values()), "concurrency must be 1 or more"),
            (self.think_s >= 0, "the time to think must be 0 or more"),
            (self.hit_rate is None or 0 < self.hit_rate <= 1, "the hit rate must be above 0 and at most 1"),
            (self.lost >= 0, "the instances that are gone must be 0 or more"),
            (self.warm_up is None or self.warm_up >= 0, "the warm-up must be 0 or more"),
            (
                self.failures is None or min(self.failures.lasts_s, self.failures.repair_s) > 0,
                "the times between failures and until repair must be above 0",
            ),
        )
        return [sentence for holds, sentence in rules if not holds]
