"""``pdopt profile aic``: profile rows computed by AIConfigurator or AISimulate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import Quiet, print_notes, refuse, say
from pdopt.cli.merging import merge_or_exit

if TYPE_CHECKING:
    from pdopt.catalogue.aic.layout import Quantisation
    from pdopt.catalogue.aic.request import Request

Folder = Annotated[Path, typer.Option("--to", help="The folder whose prefill.csv and decode.csv get the rows.")]
Numbers = str | None


def aic(
    model: Annotated[str, typer.Option("--model", help="Hugging Face id, or a folder with its config.json.")],
    gpu: Annotated[str, typer.Option("--gpu", help="GPU type as in the catalogue (h200-sxm).")],
    engine: Annotated[str, typer.Option("--engine", help="sglang, trtllm or vllm.")],
    to: Folder,
    gpus: Annotated[int | None, typer.Option("--gpus", min=1, help="GPUs of the instance.")] = None,
    tp: Annotated[
        int | None, typer.Option("--tp", min=1, help="Tensor-parallel degree; gpus / dp if left out.")
    ] = None,
    dp: Annotated[int, typer.Option("--dp", min=1, help="Attention data-parallel degree.")] = 1,
    ep: Annotated[int, typer.Option("--ep", min=1, help="Expert-parallel degree.")] = 1,
    engine_version: Annotated[
        str | None, typer.Option("--engine-version", help="Of the data; current if left out.")
    ] = None,
    kv: Annotated[str | None, typer.Option("--kv", help="KV cache and attention: bf16 or fp8.")] = None,
    nextn: Annotated[int, typer.Option("--nextn", min=0, help="Draft tokens of speculative decoding.")] = 0,
    tokens_per_step: Annotated[
        float | None, typer.Option("--tokens-per-step", help="Tokens a step yields with drafts: TPOT = step / this.")
    ] = None,
    lengths: Annotated[Numbers, typer.Option("--lengths", help="Input lengths of prefill: 1024,4096.")] = None,
    contexts: Annotated[Numbers, typer.Option("--contexts", help="Contexts of decode: 1024,4096.")] = None,
    batches: Annotated[
        Numbers, typer.Option("--batches", help="Batches of decode, per attention rank: 1,8,64.")
    ] = None,
    prefill_scale: Annotated[float, typer.Option("--prefill-scale", help="Measured over computed speed.")] = 1.0,
    decode_scale: Annotated[float, typer.Option("--decode-scale", help="Measured over computed speed.")] = 1.0,
    quiet: Quiet = False,
) -> None:
    """Compute profile rows with AIConfigurator.

    Needs pip install 'pdopt[aic]'; merges prefill and decode rows into a folder. They are composed from
    measured kernels, not measured end to end; calibrate them with a measurement of yours.
    Exit codes: 0 rows written or there already, 2 no data, a bad option, or rows that contradict those in the folder.
    """
    from pdopt.catalogue.aic.layout import Layout
    from pdopt.catalogue.aic.request import BATCHES, CONTEXTS, LENGTHS, Request

    try:
        request = Request(
            model=model,
            gpu=gpu,
            engine=engine,
            layout=Layout.of(gpus, tp, dp, ep),
            version=engine_version,
            wanted=_modes(kv),
            lengths=_numbers(lengths, LENGTHS),
            contexts=_numbers(contexts, CONTEXTS),
            batches=_numbers(batches, BATCHES),
            nextn=nextn,
            tokens_per_step=tokens_per_step,
            prefill_scale=prefill_scale,
            decode_scale=decode_scale,
        )
    except ValueError as error:
        raise refuse(f"profile aic: {error}") from None
    _run(request, to, quiet)


def _run(request: Request, to: Path, quiet: bool) -> None:
    from pdopt.catalogue.aic.curves import compute
    from pdopt.catalogue.aic.sdk import AicRefusal, load

    faults = request.faults()
    for fault in faults:
        say(f"profile aic: {fault}")
    if faults:
        raise typer.Exit(2)
    try:
        computed = compute(load(), request)
    except AicRefusal as refusal:
        raise refuse(f"profile aic: {refusal}") from None
    print_notes(computed.notes, quiet)
    merge_or_exit(to, computed.rows)


def _numbers(text: str | None, default: tuple[int, ...]) -> tuple[int, ...]:
    if text is None:
        return default
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} must be whole numbers with commas between, such as 1024,4096") from None


def _modes(kv: str | None) -> Quantisation:
    from pdopt.catalogue.aic.layout import Quantisation

    names = {None: None, "bf16": "bfloat16", "fp8": "fp8"}
    if kv not in names:
        raise ValueError(f"--kv {kv}: must be bf16 or fp8")
    return Quantisation(kv=names[kv], fmha=names[kv])
