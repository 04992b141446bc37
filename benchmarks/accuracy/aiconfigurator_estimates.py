"""Ask AIConfigurator for the same deployments: ``python -m benchmarks.accuracy.aiconfigurator_estimates``.

Writes aiconfigurator.csv beside this file: what ``aiconfigurator cli estimate`` says (aiconfigurator 0.12.0; its
Python form, ``cli_estimate``) for each measured deployment, the requests in flight shared evenly among decode ranks
and without speculative decoding. The accuracy run reads the file; this script alone needs the package.
"""

from __future__ import annotations

import csv
from importlib import metadata
from math import ceil

from aiconfigurator.cli.api import cli_estimate
from benchmarks.accuracy.deployments import HERE, HF, Measured, deployments

COLUMNS = (
    *("id", "ttft_ms", "tpot_ms", "requests_per_s", "prefill_rps", "decode_rps"),  # the last two: of one worker
    *("refused", "source", "licence"),
)

SOURCE = f"aiconfigurator {metadata.version('aiconfigurator')} cli estimate"
LICENCE = "Apache-2.0"


def estimate(d: Measured) -> dict[str, object]:
    """Give AIConfigurator's TTFT, TPOT and rate of one deployment."""
    options: dict[str, object] = {}
    for role, side in (("prefill", d.prefill), ("decode", d.decode)):
        degrees = {"tp_size": side.tp, "pp_size": 1, "attention_dp_size": side.dp}
        degrees |= {"moe_tp_size": side.gpus // side.ep, "moe_ep_size": side.ep}
        options |= {f"{role}_{name}": degree for name, degree in degrees.items()}
    if d.llm == "deepseek-v3":
        options |= {"kvcache_quant_mode": "bfloat16", "fmha_quant_mode": "bfloat16"}
    if d.llm == "qwen3-32b-nvfp4":
        options |= {"gemm_quant_mode": "nvfp4"}
    answer = cli_estimate(
        HF[d.llm],
        d.gpu.replace("-", "_"),
        mode="disagg",
        backend_name=d.engine,
        isl=round(d.input_tokens),
        osl=round(d.output_tokens),
        prefill_batch_size=1,
        prefill_num_workers=d.prefill_instances,
        decode_batch_size=ceil(d.concurrency / d.decode_instances / d.decode.dp),
        decode_num_workers=d.decode_instances,
        **options,
    )
    return {
        "id": d.name,
        "ttft_ms": f"{answer.ttft:.5g}",
        "tpot_ms": f"{answer.tpot:.5g}",
        "requests_per_s": f"{answer.raw['request_rate']:.5g}",
        "prefill_rps": f"{answer.raw['(p)seq/s/worker']:.5g}",
        "decode_rps": f"{answer.raw['(d)seq/s/worker']:.5g}",
        "source": f"{SOURCE}; {d.engine} {answer.backend_version} data",
        "licence": LICENCE,
    }


def main() -> None:
    """Write what it answers, or why it does not."""
    rows = []
    for deployment in deployments():
        try:
            rows.append(estimate(deployment))
        except Exception as error:  # it raises many kinds for what it has no data on
            why = (str(error).splitlines() or [type(error).__name__])[0]
            rows.append({"id": deployment.name, "refused": why[:150], "source": SOURCE, "licence": LICENCE})
    with (HERE / "aiconfigurator.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(sum("refused" not in row for row in rows), "estimates of", len(rows))


if __name__ == "__main__":
    main()
