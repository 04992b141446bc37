"""The profiles that measurements are compared with: a fleet's, a folder's, or the catalogue's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pdopt.catalogue.folder import CatalogueFolder
from pdopt.fleet.faults import FleetFaults, did_you_mean
from pdopt.fleet.fleet import Llm
from pdopt.fleet.grouping import GROUPERS, FoundRow
from pdopt.fleet.load_points import LoadPointRow
from pdopt.fleet.profiles import DecodeProfile, PrefillProfile
from pdopt.fleet.tables import read_folder

Some = TypeVar("Some", PrefillProfile, DecodeProfile)


class NoBase(ValueError):  # noqa: N818 - a fact about the profiles
    """No profile, or more than one, fits a measurement."""


@dataclass(frozen=True)
class Bases:
    """Profiles by LLM: those of a fleet, else one folder for all, else the catalogue's."""

    llms: Mapping[str, Llm] | None = None
    folder: Path | None = None
    catalogue: CatalogueFolder = field(default_factory=CatalogueFolder.find)

    def of(self, model: str) -> Llm:
        """Give an LLM with its profiles.

        Raises
        ------
        NoBase
            The fleet, or the catalogue, has other LLMs.
        FleetFaults
            Every fault of the tables.
        """
        if self.llms is not None and self.folder is None:
            if model not in self.llms:
                raise NoBase(f"{model} is not in the fleet; {did_you_mean(model, self.llms)}")
            return self.llms[model]
        folder = self.folder or self.catalogue.folder_of(model)
        if folder is None:
            remedy = "name a folder with --profiles or a fleet with --fleet, or add tokens_per_s"
            raise NoBase(f"{model} is not in the catalogue; {remedy}; {did_you_mean(model, self.catalogue.names())}")
        rows: dict[str, list[FoundRow]] = read_folder(folder)[0]
        groups: dict[str, Any] = {role: GROUPERS[role](found) for role, found in rows.items()}
        faults = [fault for found in rows.values() for item in found[:1] for fault in item.complaints.faults]
        if faults:
            raise FleetFaults(faults)
        return Llm(model, **groups)


def prefill_base(llm: Llm, row: LoadPointRow) -> PrefillProfile:
    """Give the prefill profile of a measurement.

    Raises
    ------
    NoBase
        There is none that covers its length, or there are several.
    """
    new = row.input_tokens - row.cached_tokens
    shape = (row.gpu, row.gpus, row.parallelism)
    here = [p for p in llm.prefill if _fits(p, shape, row)]
    covering = [p for p in here if p.input_tokens[0] <= new <= p.input_tokens[-1]]
    if here and not covering:
        spans = ", ".join(f"{p.input_tokens[0]:g} to {p.input_tokens[-1]:g}" for p in here)
        raise NoBase(f"prefill of {llm.name} was measured at {spans} input tokens, not at {new:g}; add tokens_per_s")
    return _only(covering, llm, "prefill", shape, "add tokens_per_s, or name a folder with --profiles")


def decode_base(llm: Llm, row: LoadPointRow) -> DecodeProfile:
    """Give the decode profile of a measurement.

    Raises
    ------
    NoBase
        There is none, or there are several.
    """
    shape = (row.decode_gpu or row.gpu, row.decode_gpus or row.gpus, row.decode_parallelism)
    here = [p for p in llm.decode if _fits(p, shape, row)]
    return _only(here, llm, "decode", shape, "name a folder with --profiles, or leave tpot_mean_ms out")


def _fits(profile: PrefillProfile | DecodeProfile, shape: tuple[str, int, str], row: LoadPointRow) -> bool:
    own = profile.shape
    wanted = ((shape[2], own.parallelism), (row.engine, own.engine), (row.precision, own.precision))
    return (own.gpu, own.gpus) == shape[:2] and all(not asked or asked == has for asked, has in wanted)


def _only(found: Sequence[Some], llm: Llm, role: str, shape: tuple[str, int, str], remedy: str) -> Some:
    if not found:
        known = ", ".join(sorted(map(str, _shapes(llm, role)))) or "none at all"
        wanted = " ".join(filter(None, (f"{shape[1]}x{shape[0]}", shape[2])))
        raise NoBase(f"{llm.name} has no {role} profile on {wanted} (known: {known}); {remedy}")
    if len(found) > 1:
        column = "parallelism" if role == "prefill" else "decode_parallelism"
        raise NoBase(
            f"{len(found)} {role} profiles fit ({', '.join(str(p.shape) for p in found)}); "
            f"tell them apart with {column}, engine or precision"
        )
    return found[0]


def _shapes(llm: Llm, role: str) -> Iterator[object]:
    yield from (p.shape for p in (llm.prefill if role == "prefill" else llm.decode))
