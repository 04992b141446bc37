"""What a calibration changes in a fleet: profile rows, and the keys to set."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pdopt
from pdopt.fleet.profiles import DecodeProfile, PrefillProfile
from pdopt.studies.calibrate.answer import Calibrated, Calibration
from pdopt.studies.calibrate.forward import slowed

Row = dict[str, object]
DIGITS = 6
NOT_IN_PROFILES = ("overhead", "variability")


def profile_tables(
    calibration: Calibration, measurements: Path, to: Path, today: date
) -> dict[Path, dict[str, list[Row]]]:
    """Give the rows of calibrated profiles: folder → role → rows.

    Where several LLMs or setups were measured, each has a folder of its own within `to`.
    """
    tables: dict[Path, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for side in calibration.sides:
        tables[folder_of(calibration, side, to)][side.side.role] += list(_rows(side, measurements, today))
    return {folder: dict(roles) for folder, roles in tables.items()}


def folder_of(calibration: Calibration, side: Calibrated, to: Path) -> Path:
    """Give the folder of a side's profiles."""
    if len({(other.side.model, other.side.setup) for other in calibration.sides}) == 1:
        return to
    name = "-".join(filter(None, (side.side.model, side.side.setup)))
    return to / re.sub(r"[^\w.]+", "-", name).strip("-")


def settings(calibration: Calibration, to: Path | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the keys of a fleet to set, by LLM and setup; of several prefill shapes the most cautious numbers.

    The fit is that of instances which queue for themselves, whatever the router, so they are planned as such. With
    `to`, the calibrated profiles are named too, as they will stand there.
    """
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for side in calibration.sides:
        keys, values = found[side.side.model, side.side.setup], side.fit.values
        if to is not None:
            keys["models"] = {side.side.model: {"profiles": str(folder_of(calibration, side, to))}}
        if side.side.role == "prefill":
            transfer, assumed = keys.setdefault("transfer", {}), keys.setdefault("assumptions", {})
            transfer["overhead_ms"] = max(transfer.get("overhead_ms", 0.0), round(values["overhead"] * 1e3, 1))
            cv2 = max(assumed.get("prefill_service_cv2", 0.0), round(values["variability"], 3))
            assumed |= {"prefill_service_cv2": cv2, "dispatch": "split"}
        else:
            keys.setdefault("assumptions", {})["decode_load"] = calibration.decode_load
    return dict(found)


def document(calibration: Calibration, to: Path | None = None) -> dict[str, Any]:
    """Give the whole answer as plain values for JSON."""
    named = [{"model": m, "setup": s, "set": keys} for (m, s), keys in settings(calibration, to).items()]
    return {**calibration.to_dict(), "fleet": named}


def _rows(side: Calibrated, measurements: Path, today: date) -> Iterator[Row]:
    common = _common(side, measurements, today)
    values, base = side.fit.values, side.base
    if isinstance(base, PrefillProfile):
        for length, speed in zip(base.input_tokens, base.tokens_per_s, strict=True):
            yield {**common, "input_tokens": length, "tokens_per_s": _short(speed * values["speed"])}
        return
    assert isinstance(base, DecodeProfile)
    for curve in base.curves:
        lengths = {"input_tokens": curve.input_tokens, "output_tokens": curve.output_tokens}
        points = tuple(zip(curve.batches, curve.tpot_s, strict=True))
        for batch, tpot_s in slowed(points, values):
            yield {**common, **lengths, "batch": batch, "tpot_ms": _short(tpot_s * 1e3), "kv_tokens": base.kv_tokens}


def _common(side: Calibrated, measurements: Path, today: date) -> Row:
    shape = side.side.shape
    fitted = [e for e in side.fit.estimates if e.fitted and e.name not in NOT_IN_PROFILES]
    changes = ", ".join(f"{e.name} {e.value:.4g} ({e.low:.4g} to {e.high:.4g})" for e in fitted)
    sources = sorted({origin.source for origin in side.base.origins if origin.source})
    source = f"calibrated by pdopt {pdopt.__version__} from {measurements.name} on {today}: {changes}"
    return {
        "gpu": shape.gpu,
        "gpus": shape.gpus,
        "parallelism": shape.parallelism,
        "dp": shape.dp,
        "engine": shape.engine,
        "precision": shape.precision,
        "kind": "computed",
        "date": f"{today}",
        "source": "; base: ".join((source, " + ".join(sources))) if sources else source,
    }


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
