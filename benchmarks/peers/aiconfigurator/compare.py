"""AIConfigurator's `recommend` against pdopt on AIConfigurator's own numbers of single workers: GPUs needed.

It has no prices, so a GPU costs pdopt one dollar per hour. pdopt gets the workers that `recommend` weighs, with the
parts it holds back (a tenth of prefill, 8 % of decode) held back, and no queueing, which it does not know either
(a TTFT target that nothing misses). Third, pdopt as it is: nothing held back, but queueing to the TTFT target.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from benchmarks.peers.ours import planned
from benchmarks.peers.tables import Rows, read_rows

HERE = Path(__file__).parent
INPUT, OUTPUT, TTFT_MS, TPOT_MS = 4000, 1000, 2000, 30
HELD_BACK = {"prefill": 0.9, "decode": 0.92}
NEVER_MISSED_MS = 1e7


def gpu_rows(folder: Path) -> Iterator[dict[str, object]]:
    """Compare every case and rate; `folder` is for the fleet files."""
    answers, workers = read_rows(HERE / "recommended.csv"), read_rows(HERE / "workers.csv")
    for case, rate in dict.fromkeys((row["case"], row["rate_rps"]) for row in answers):
        mine = [row for row in workers if row["case"] == case]
        asked = {row["kind"]: row for row in answers if (row["case"], row["rate_rps"]) == (case, rate)}
        usable = _usable(mine, [row for row in answers if row["case"] == case])
        split = [row for row in usable if row["role"] != "mixed"]
        yield {
            "case": case,
            "rate_rps": rate,
            "aic_separate": asked["disagg"]["gpus"] if "disagg" in asked else "",
            "pdopt_separate": _gpus(folder, split, float(rate)),
            "aic_ordinary": asked["agg"]["gpus"] if "agg" in asked else "",
            "pdopt_either": _gpus(folder, usable, float(rate)),
            "pdopt_separate_queueing": _gpus(folder, split, float(rate), queueing=True),
        }


def _usable(workers: Rows, answers: Rows) -> Rows:
    """Keep workers within the TPOT target; of ordinary ones, whose TTFT is not stated, those it recommends itself."""
    named = {(row["decode_tp"], row["decode_batch"]) for row in answers if row["kind"] == "agg"}
    return [
        row
        for row in workers
        if row["role"] == "prefill"
        or (row["role"] == "decode" and float(row["latency_ms"]) <= TPOT_MS)
        or (row["role"] == "mixed" and (row["tp"], row["batch"]) in named)
    ]


def _gpus(folder: Path, workers: Rows, rate_rps: float, *, queueing: bool = False) -> int | str:
    roles = {row["role"] for row in workers}
    if not {"prefill", "decode"} <= roles and "mixed" not in roles:
        return ""
    file = folder / "fleet.yaml"
    file.write_text(yaml.safe_dump(document(workers, rate_rps, queueing=queueing)), encoding="utf-8")
    found = planned(file)
    assert found.status == "optimal"
    return round(found.usd_per_h)


def document(workers: Rows, rate_rps: float, *, queueing: bool = False) -> dict[str, object]:
    """Give the fleet of one LLM on one GPU type."""
    part = {"prefill": 1.0, "decode": 1.0} if queueing else HELD_BACK
    ttft_ms = TTFT_MS if queueing else NEVER_MISSED_MS
    rows: dict[str, list[dict[str, object]]] = {"prefill": [], "decode": [], "mixed": []}
    for worker in workers:
        shape: dict[str, object] = {"gpu": "gpu", "gpus": int(worker["tp"])}
        rate, batch, tpot_ms = float(worker["requests_per_s"]), int(worker["batch"]), float(worker["latency_ms"])
        if worker["role"] == "prefill":
            rows["prefill"].append(shape | {"input_tokens": INPUT, "tokens_per_s": rate * INPUT * part["prefill"]})
        elif worker["role"] == "decode":
            lengths = {"input_tokens": INPUT, "output_tokens": OUTPUT}
            rows["decode"].append(shape | lengths | {"batch": batch * part["decode"], "tpot_ms": tpot_ms})
        else:
            lengths = {"input_tokens": INPUT, "output_tokens": OUTPUT, "parallelism": f"b{batch}"}
            kept = {"requests_per_s": rate, "ttft_mean_ms": ttft_ms, "tpot_mean_ms": TPOT_MS}
            rows["mixed"].append(shape | lengths | kept)
    return {
        "skus": {"node": {"gpu": "gpu", "gpus": 8, "usd_per_hour": 8, "billing": "gpu"}},
        "models": {"llm": {role: found for role, found in rows.items() if found}},
        "workloads": {
            "chat": {
                "model": "llm",
                "input_tokens": INPUT,
                "output_tokens": OUTPUT,
                "requests_per_second": rate_rps,
                "slo": {"ttft_mean_ms": ttft_ms, "tpot_mean_ms": TPOT_MS},
            }
        },
        "assumptions": {"prefill_service_cv2": 0.0},
    }
