"""``pdopt prices``: what GPUs cost where, and since when that is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pdopt.cli.common import BAD_INPUT, AsJson, Models, catalogue_or_exit, refuse, say

if TYPE_CHECKING:
    from pathlib import Path

    from pdopt.fleet.prices import Price

prices_app = typer.Typer(name="prices", help="Look at price lists.", no_args_is_help=True)

Gpu = Annotated[str | None, typer.Option("--gpu", help="One GPU type; h200 stands for h200-sxm too.")]
Cloud = Annotated[str | None, typer.Option("--cloud", help="One provider.")]
Region = Annotated[str | None, typer.Option("--region", help="One region.")]
Term = Annotated[str, typer.Option("--term", help="on_demand, reserved_1y, reserved_3y, spot, or any.")]


@prices_app.callback()
def _group() -> None:
    pass


@prices_app.command("list")
def list_prices(
    gpu: Gpu = None,
    cloud: Cloud = None,
    region: Region = None,
    term: Term = "on_demand",
    as_json: AsJson = False,
    models: Models = None,
) -> None:
    """List the newest known prices, cheapest GPU first, with their age and source."""
    from pdopt.fleet.prices import current_day
    from pdopt.render.prices import price_facts, price_lines
    from pdopt.render.text import show

    found = _prices_or_exit(models)
    asked: dict[str, tuple[str | None, Callable[[Price], str]]] = {
        "--gpu": (gpu, lambda price: price.row.gpu),
        "--cloud": (cloud, lambda price: price.provider),
        "--region": (region, lambda price: price.row.region or "all"),
        "--term": (None if term == "any" else term, lambda price: price.row.term),
    }
    for option, (word, word_of) in asked.items():
        found = _narrowed(found, option, word, word_of)
    found.sort(key=lambda price: (price.usd_per_gpu_h, price.provider, price.row.instance_type, price.row.region))
    if as_json:
        typer.echo(json.dumps([price_facts(price, current_day()) for price in found], indent=2))
    else:
        show(price_lines(found, current_day()))


def _prices_or_exit(models: Path | None) -> list[Price]:
    from pdopt.fleet.faults import FleetFaults
    from pdopt.fleet.prices import read_prices

    try:
        return read_prices(catalogue_or_exit(models).files("prices/*.csv"))
    except FleetFaults as error:
        for fault in error.faults:
            say(str(fault))
        raise typer.Exit(BAD_INPUT) from None


def _narrowed(prices: list[Price], option: str, word: str | None, word_of: Callable[[Price], str]) -> list[Price]:
    """Keep the prices of one word; refuse a word that none of those left has."""
    from pdopt.catalogue.library import is_gpu
    from pdopt.fleet.faults import did_you_mean

    if word is None:
        return prices
    kept = [p for p in prices if word_of(p) == word or (option == "--gpu" and is_gpu(word_of(p), word))]
    if not kept:
        raise refuse(f"{option} {word}: no such price; {did_you_mean(word, {word_of(p) for p in prices})}")
    return kept
