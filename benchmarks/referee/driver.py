"""Replay deployments with AISimulate; runs in the interpreter that has it, and imports nothing of pdopt.

Takes one configuration of ``aisimulate predict`` per line on standard input, as JSON; gives, per line, the requests as
[arrival, TTFT, ITL] in milliseconds. ``run_prediction`` is what the command `predict` itself calls, in the same way; a
process of the command per replay would spend eight seconds on starting.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from aisimulate.config.cli import CorePredictionConfig
from aisimulate.config.common import split_config_sections
from aisimulate.predict import run_prediction
from aisimulate.stack import resolve_runner_factory
from aisimulate.sweeper.replay import ReplayOutputRequirements


def replay(config: dict[str, object]) -> list[list[float]]:
    """Predict one deployment; give every request that completed."""
    core, _ = split_config_sections(config, command="predict")
    result = run_prediction(
        CorePredictionConfig.model_validate(core),
        stack="engine",
        runner_factory=resolve_runner_factory("engine"),
        output_requirements=ReplayOutputRequirements(include_raw_report=True, capture_per_request=True),
    )
    told = result.native["per_request"]
    unfinished = [request for request in told if request["terminal_status"] != "completed"]
    if unfinished:
        raise RuntimeError(f"{len(unfinished)} of {len(told)} requests did not complete")
    return [[request["arrival_time_ms"], request["ttft_ms"], request["itl_ms"]] for request in told]


def main() -> None:
    """Answer line by line."""
    logging.disable(logging.WARNING)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the package prints to standard output, which is for answers
    for line in sys.stdin:
        answers.write(json.dumps(replay(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
