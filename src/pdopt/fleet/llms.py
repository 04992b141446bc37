"""One entry of ``models`` → an LLM with its profiles, wherever they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pdopt.fleet.entries import ModelEntry
from pdopt.fleet.faults import Complaints, FleetFaults, did_you_mean
from pdopt.fleet.fields import validate
from pdopt.fleet.fleet import Llm
from pdopt.fleet.grouping import GROUPERS, FoundRow
from pdopt.fleet.located import read_yaml
from pdopt.fleet.rows import ROWS
from pdopt.fleet.tables import read_folder

if TYPE_CHECKING:
    from pdopt.fleet.read import Catalogue


NO_PROFILES = (
    "has a card in the catalogue but no profiles; bring yours (rows here, or profiles: FOLDER), or make some with "
    "pdopt profile aic or pdopt profile analytic"
)


MOST_KNOWN = 256
Known = dict[Hashable, tuple[Llm, tuple[str, ...]]]


@dataclass(frozen=True)
class Surroundings:
    """What reading an LLM may look at: the fleet file's folder, the catalogue, the GPU types on offer.

    `known` holds LLMs (and the notes on them) that were read before, so that many fleets read them once.
    """

    base: FilePath
    catalogue: Catalogue
    gpus: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    known: Known = field(default_factory=dict)


def read_llm(name: str, entry: ModelEntry, around: Surroundings, complaints: Complaints) -> Llm | None:
    """Gather the profiles of one LLM; note every fault and give None when there is one."""
    key = (name, entry.model_dump_json(), around.gpus if entry.analytic else ())
    if key not in around.known:
        faults, notes = len(complaints.faults), len(around.notes)
        llm = _read_llm(name, entry, around, complaints)
        if llm is not None and len(complaints.faults) == faults and len(around.known) < MOST_KNOWN:
            around.known[key] = llm, tuple(around.notes[notes:])
        return llm
    llm, noted = around.known[key]
    around.notes.extend(noted)
    return llm


def _read_llm(name: str, entry: ModelEntry, around: Surroundings, complaints: Complaints) -> Llm | None:
    before = len(complaints.faults)
    rows = _rows(name, entry, around, complaints)
    estimates = _estimates(name, entry, rows, around) if entry.analytic and rows is not None else {}
    if rows and entry.engine is not None:
        rows = _of_engine(rows, entry.engine, ("models", name, "engine"), complaints)
    if rows is None:
        return None
    rows = {role: [*rows.get(role, ()), *estimates.get(role, ())] for role in {**rows, **estimates}}
    groups = _grouped(rows, complaints)
    if len(complaints.faults) > before:
        return None
    if not groups.get("mixed") and not (groups.get("prefill") and groups.get("decode")):
        lacking = " and ".join(role for role in ("prefill", "decode") if not groups.get(role))
        complaints.add(("models", name), f"has no {lacking} rows; {_remedy(entry)}")
    card_kv_bytes = _card_kv_bytes(around.catalogue.card_of(name), complaints)
    kv_bytes_per_token = entry.kv_bytes_per_token or card_kv_bytes
    return Llm(
        name=name,
        kv_bytes_per_token=kv_bytes_per_token,
        start_usd=entry.start_usd,
        embedding_bytes_per_token=entry.embedding_bytes_per_token,
        **groups,
    )


def check_rows(name: str, written: dict[str, Any], complaints: Complaints) -> None:
    """Note the faults of rows in place whose entry has faults of its own, so that all are told at once."""
    lists = {role: written[role] for role in ROWS if isinstance(written.get(role), list)}
    _grouped(_inline_rows(name, lists, complaints), complaints)


def _grouped(rows: dict[str, list[FoundRow]], complaints: Complaints) -> dict[str, Any]:
    groups: dict[str, Any] = {role: GROUPERS[role](found) for role, found in rows.items()}
    _note_repetitions(rows, complaints)
    return groups


def _rows(
    name: str, entry: ModelEntry, around: Surroundings, complaints: Complaints
) -> dict[str, list[FoundRow]] | None:
    if entry.inline:
        return _inline_rows(name, {role: getattr(entry, role) or [] for role in ROWS}, complaints)
    if entry.profiles is not None:
        return _folder_rows(around.base / entry.profiles, ("models", name, "profiles"), complaints)
    folder = around.catalogue.folder_of(name)
    if folder is None:
        complaints.add(
            ("models", name),
            "is not in the catalogue; add prefill and decode rows, or profiles: FOLDER "
            f"({did_you_mean(name, around.catalogue.names())})",
        )
        return None
    if not entry.analytic and not any((folder / f"{role}.csv").exists() for role in ROWS):
        complaints.add(("models", name), NO_PROFILES + _same_as(name, around))
        return None
    return _folder_rows(folder, ("models", name), complaints)


def _same_as(name: str, around: Surroundings) -> str:
    """Name the LLM whose profiles hold for this one too, if its card states one."""
    file = around.catalogue.card_of(name)
    card = read_yaml(file)[0] if file is not None else None
    other = card.get("same_dimensions_as") if isinstance(card, dict) else None
    if not other or around.catalogue.folder_of(str(other)) is None:
        return ""
    return f"; {other} has the same dimensions and profiles: name that one, here and in the workloads"


def _estimates(
    name: str, entry: ModelEntry, rows: dict[str, list[FoundRow]], around: Surroundings
) -> dict[str, list[FoundRow]]:
    """Give estimated rows on the GPU types on offer that have no profile of the LLM, in any role, of any engine."""
    folder = around.catalogue.folder_of(name) if entry.profiles is None else around.base / entry.profiles
    measured = {item.row.gpu for found in rows.values() for item in found}
    made: dict[str, list[FoundRow]] = defaultdict(list)
    nowhere = Complaints("estimates")
    for gpu in sorted(set(around.gpus) - measured):
        try:
            tables = around.catalogue.estimates(folder, name, gpu, entry.engine or "")
        except ValueError as error:
            around.notes.append(f"{name}: no analytic estimate on {gpu}: {error}")
            continue
        for role, table in tables.items():
            made[role] += [FoundRow(ROWS[role].model_validate(row), nowhere, ()) for row in table]
    return made


def _remedy(entry: ModelEntry) -> str:
    if entry.analytic:
        return "an analytic estimate was possible on no GPU on offer (it needs a card.yaml and gpus.csv); add rows"
    return "add them, or mixed rows of ordinary instances"


def _inline_rows(name: str, written: dict[str, list[Any]], complaints: Complaints) -> dict[str, list[FoundRow]]:
    rows: dict[str, list[FoundRow]] = {}
    for role, records in written.items():
        found = []
        for i, raw in enumerate(records):
            path = ("models", name, role, i)
            row = validate(ROWS[role], raw, path, complaints)
            if row is not None:
                found.append(FoundRow(row, complaints, path))
        rows[role] = found
    return rows


def _folder_rows(folder: FilePath, path: tuple[str, ...], complaints: Complaints) -> dict[str, list[FoundRow]] | None:
    if not folder.is_dir():
        complaints.add(path, f"there is no folder {folder}; give a folder with prefill.csv and decode.csv")
        return None
    try:
        return read_folder(folder)[0]
    except FleetFaults as error:
        complaints.faults += error.faults
        return None


def _note_repetitions(rows: dict[str, list[FoundRow]], complaints: Complaints) -> None:
    """Carry the faults that grouping noted at the rows of other files over to the fleet's own."""
    for other in {id(found[0].complaints): found[0].complaints for found in rows.values() if found}.values():
        if other is not complaints:
            complaints.faults += other.faults


def _of_engine(
    rows: dict[str, list[FoundRow]], engine: str, path: tuple[str, ...], complaints: Complaints
) -> dict[str, list[FoundRow]] | None:
    engines = {item.row.engine for found in rows.values() for item in found}
    if engine not in engines:
        complaints.add(path, f"no profile was made with {engine!r}; {did_you_mean(engine, engines - {''})}")
        return None
    return {role: [item for item in found if item.row.engine == engine] for role, found in rows.items()}


def _card_kv_bytes(file: FilePath | None, complaints: Complaints) -> float | None:
    """KV bytes per token from the LLM's card; the widest precision it lists, which transfers slowest."""
    if file is None:
        return None
    card, lines = read_yaml(file)
    stated = card.get("kv_bytes_per_token") if isinstance(card, dict) else "nothing"
    widths: list[Any] = list(stated.values()) if isinstance(stated, dict) else [stated]
    if stated is None:
        return None
    if not widths or not all(isinstance(width, int | float) and width > 0 for width in widths):
        lines.add(("kv_bytes_per_token",), f"must be bytes per token by precision, got {stated!r}; mend the card")
        complaints.faults += lines.faults
        return None
    return float(max(widths))
