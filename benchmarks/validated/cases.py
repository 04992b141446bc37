"""Which fleets are validated, and under which loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONV = "azure2023_conv.csv.gz"
CODE = "azure2023_code.csv.gz"
SIX = {
    **dict.fromkeys(("helpdesk", "chat-32b", "chat-70b"), CONV),
    **dict.fromkeys(("autocomplete", "code-120b"), CODE),
}


@dataclass(frozen=True)
class Case:
    """A fleet of instances/, a load, and the logs that are replayed (workload → excerpt in tests/data/traces)."""

    fleet: str
    load: str
    arrivals: str = "poisson"
    gap_cv: float = 1.0
    traces: dict[str, str] = field(default_factory=dict)
    time_limit_s: float = 30.0
    gap: float = 0.0
    requests: int = 100_000

    @property
    def name(self) -> str:
        """Name it in tables."""
        return f"{self.fleet}, {self.load}"


FLEETS = (
    "paper/deepseek-v3.1-h200",
    "paper/deepseek-v3.1-h200-min-served-96",
    "realistic/a100-h100-aws",
    "realistic/a100-h100-azure",
    "realistic/aws-price-list",
    "realistic/qwen2.5-vl-7b-h100",
)
REFEREED = tuple(
    f"realistic/{name}"
    for name in (
        "qwen3-32b-fp8-h200-sglang",
        "qwen3-32b-fp8-h200-trtllm",
        "qwen3-32b-fp8-h100-chat",
        "qwen3-235b-h200-trtllm",
    )
)
CASES = (
    *(Case(fleet, "Poisson") for fleet in FLEETS),
    *(Case(fleet, "bursts (gaps with a cv of 2)", "gamma", 2.0) for fleet in FLEETS),
    Case("realistic/six-llms", "Poisson"),
    Case("realistic/six-llms", "bursts (gaps with a cv of 2)", "gamma", 2.0),
    Case(
        "realistic/six-llms",
        "Azure's conversations",
        "trace",
        traces={name: log for name, log in SIX.items() if log == CONV},
    ),
    Case("realistic/six-llms", "Azure's conversations and code", "trace", traces=SIX),
    *(Case(fleet, "Poisson") for fleet in REFEREED),
    Case("realistic/two-sites-day", "Poisson", time_limit_s=60.0, gap=0.02, requests=20_000),
)
