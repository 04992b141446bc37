"""Ask AIConfigurator: ``python benchmarks/peers/aiconfigurator/ask.py``, with ``pip install aiconfigurator==0.12.0``.

Runs its `recommend` for every case and rate and writes recommended.csv (its best answer of either kind) and workers.csv
(what it says of single workers, its corrections included) beside this file. It needs nothing of pdopt; the comparison
needs only the CSVs. About half a minute of CPU per rate.
"""

import csv
from importlib.metadata import version
from pathlib import Path

from aiconfigurator.cli.api import cli_recommend

HERE = Path(__file__).parent
CASES = {  # Hugging Face id, system and backend as it names them
    "qwen3-32b-fp8 on h200-sxm, trtllm": ("Qwen/Qwen3-32B-FP8", "h200_sxm", "trtllm"),
    "llama-3.1-8b on h100-sxm, vllm": ("meta-llama/Meta-Llama-3.1-8B", "h100_sxm", "vllm"),
    "gpt-oss-120b on h200-sxm, trtllm": ("openai/gpt-oss-120b", "h200_sxm", "trtllm"),
}
RATES_RPS = (3, 8, 20, 50, 100, 200)
INPUT, OUTPUT, TTFT_MS, TPOT_MS = 4000, 1000, 2000, 30  # its defaults
ANSWER = (
    "case",
    "rate_rps",
    "kind",
    "gpus",
    "replicas",
    "prefill",
    "prefill_tp",
    "decode",
    "decode_tp",
    "decode_batch",
)
WORKER = ("case", "role", "tp", "batch", "latency_ms", "requests_per_s")


def main() -> None:
    answers, workers = [], set()
    for case, (model, system, backend) in CASES.items():
        for rate in RATES_RPS:
            found = cli_recommend(
                model_path=model,
                system=system,
                backend=backend,
                target_request_rate=float(rate),
                isl=INPUT,
                osl=OUTPUT,
                ttft=TTFT_MS,
                tpot=TPOT_MS,
                top_n=50,
            )
            for kind, table in found.best_configs.items():
                if table is not None and len(table):
                    answers.append([case, rate, kind, *_answer(kind, table.iloc[0])])
            for tables in (found.best_configs, found.pareto_fronts):
                for kind, table in tables.items():
                    for _, row in () if table is None else table.iterrows():
                        workers |= {(case, *worker) for worker in _workers(kind, row)}
            _write("recommended.csv", ANSWER, answers)
            _write("workers.csv", WORKER, sorted(workers, key=str))


def _answer(kind: str, row) -> list:
    total = [row["total_gpus_needed"], row["replicas_needed"]]
    if kind == "disagg":
        return [*total, row["(p)workers"], row["(p)tp"], row["(d)workers"], row["(d)tp"], row["(d)bs"]]
    return [*total, "", "", "", row["tp"], row["bs"]]


def _workers(kind: str, row) -> list[tuple]:
    if kind == "disagg":
        prefill = ("prefill", row["(p)tp"], row["(p)bs"], row["ttft"], row["(p)seq/s/worker"])
        return [prefill, ("decode", row["(d)tp"], row["(d)bs"], row["tpot"], row["(d)seq/s/worker"])]
    return [("mixed", row["tp"], row["bs"], row["tpot"], row["seq/s"])]


def _write(name: str, head: tuple[str, ...], rows: list) -> None:
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow([*head, "source"])
        source = f"aiconfigurator {version('aiconfigurator')}, {INPUT}/{OUTPUT} tokens, {TTFT_MS}/{TPOT_MS} ms"
        lines.writerows([*row, source] for row in rows)


if __name__ == "__main__":
    main()
