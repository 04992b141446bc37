"""Find what an estimate needs in catalogue folders: a card, the GPU's specification, the calibration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pdopt.catalogue.analytic.calibration import FILE, read_calibrations
from pdopt.catalogue.analytic.estimates import NoEstimate, Rows, estimate
from pdopt.catalogue.analytic.hardware import Card, Gpu, dimensions, specification
from pdopt.catalogue.card import read_card
from pdopt.fleet.faults import FleetFaults, did_you_mean
from pdopt.fleet.gpus import read_gpus


def find_estimates(
    folders: Sequence[Path],
    own: Path | None,
    name: str,
    gpu: str,
    sizes: Iterable[int] | None = None,
    engine: str = "",
) -> Rows:
    """Estimate the rows of an LLM on a GPU type.

    Parameters
    ----------
    folders : sequence of pathlib.Path
        Catalogues, searched in order.
    own : pathlib.Path or None
        A folder that may hold the LLM's card; by default that of the LLM in the catalogues.

    Raises
    ------
    NoEstimate
        A card or a specification is missing or faulty, or the LLM does not fit.
    """
    places = [own] if own is not None else [folder / "llms" / name for folder in folders]
    table = next(read_calibrations(folder / FILE) for folder in folders if (folder / FILE).is_file())
    return estimate(_dimensions(name, places), _specification(gpu, folders), table, sizes, engine)


def _dimensions(name: str, places: Iterable[Path]) -> Card:
    try:
        known = next(filter(None, map(read_card, places)), None)
    except FleetFaults as error:
        raise NoEstimate(str(error)) from error
    if known is None:
        raise NoEstimate(f"there is no card.yaml of {name}; write one (models/README.md)")
    if "bf16" not in known.kv_bytes_per_token or not known.weights_gib:
        raise NoEstimate(f"the card of {name} lacks kv_bytes_per_token of bf16 or weights_gib; models/README.md")
    return dimensions(name, known)


def _specification(name: str, folders: Sequence[Path]) -> Gpu:
    known = read_gpus(folder / "gpus.csv" for folder in folders if (folder / "gpus.csv").is_file())
    if name not in known:
        raise NoEstimate(f"{name} is not in gpus.csv; {did_you_mean(name, known)}")
    if not known[name].bf16_dense_tflops:
        raise NoEstimate(f"gpus.csv states no bf16_dense_tflops of {name}; add it")
    return specification(known[name])
