"""One entry of ``models`` → an LLM with its profiles, wherever they stand."""

from __future__ import annotations

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


def read_llm(name: str, entry: ModelEntry, base: FilePath, catalogue: Catalogue, complaints: Complaints) -> Llm | None:
    """Gather the profiles of one LLM; note every fault and give None when there is one."""
    before = len(complaints.faults)
    rows = _rows(name, entry, base, catalogue, complaints)
    if rows is not None and entry.engine is not None:
        rows = _of_engine(rows, entry.engine, ("models", name, "engine"), complaints)
    if rows is None:
        return None
    groups = _grouped(rows, complaints)
    if len(complaints.faults) > before:
        return None
    if not groups.get("mixed") and not (groups.get("prefill") and groups.get("decode")):
        lacking = " and ".join(role for role in ("prefill", "decode") if not groups.get(role))
        complaints.add(("models", name), f"has no {lacking} rows; add them, or mixed rows of ordinary instances")
    return Llm(
        name=name, kv_bytes_per_token=entry.kv_bytes_per_token or _card_kv_bytes(catalogue.folder_of(name)), **groups
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
    name: str, entry: ModelEntry, base: FilePath, catalogue: Catalogue, complaints: Complaints
) -> dict[str, list[FoundRow]] | None:
    if entry.inline:
        return _inline_rows(name, {role: getattr(entry, role) or [] for role in ROWS}, complaints)
    if entry.profiles is not None:
        return _folder_rows(base / entry.profiles, ("models", name, "profiles"), complaints)
    folder = catalogue.folder_of(name)
    if folder is None:
        complaints.add(
            ("models", name),
            "is not in the catalogue; add prefill and decode rows, or profiles: FOLDER "
            f"({did_you_mean(name, catalogue.names())})",
        )
        return None
    if not any((folder / f"{role}.csv").exists() for role in ROWS):
        complaints.add(("models", name), NO_PROFILES)
        return None
    return _folder_rows(folder, ("models", name), complaints)


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


def _card_kv_bytes(folder: FilePath | None) -> float | None:
    """KV bytes per token from the LLM's card; the widest precision it lists, which transfers slowest."""
    if folder is None or not (folder / "card.yaml").exists():
        return None
    card, _ = read_yaml(folder / "card.yaml")
    widths = (card or {}).get("kv_bytes_per_token")
    return max(widths.values()) if isinstance(widths, dict) else widths
