"""Find what an estimate needs in catalogue folders: a card, the GPU's specification, the calibration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pdopt.catalogue.analytic.calibration import FILE, read_calibrations
from pdopt.catalogue.analytic.estimates import NoEstimate, Rows, estimate
from pdopt.catalogue.analytic.hardware import Card, Gpu, card, gpus
from pdopt.fleet.faults import FleetFaults, did_you_mean
from pdopt.fleet.located import read_yaml


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
    file = next((place / "card.yaml" for place in places if (place / "card.yaml").is_file()), None)
    if file is None:
        raise NoEstimate(f"there is no card.yaml of {name}; write one (models/README.md)")
    table = next(read_calibrations(folder / FILE) for folder in folders if (folder / FILE).is_file())
    return estimate(_card(name, file), _gpu(gpu, folders), table, sizes, engine)


def _card(name: str, file: Path) -> Card:
    try:
        raw, complaints = read_yaml(file)
        complaints.raise_any()
        return card(name, raw)
    except (FleetFaults, KeyError, TypeError, ValueError, AttributeError) as error:
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise NoEstimate(f"{file}: {said}; models/README.md tells what a card needs") from error


def _gpu(name: str, folders: Sequence[Path]) -> Gpu:
    known: dict[str, Gpu] = {}
    for folder in reversed(folders):
        if (folder / "gpus.csv").is_file():
            known |= gpus(folder / "gpus.csv")
    if name not in known:
        raise NoEstimate(f"{name} is not in gpus.csv; {did_you_mean(name, known)}")
    return known[name]
