"""What an import understood, refused and changed, in lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pdopt.catalogue.measured.gpus import unknown_gpu
from pdopt.catalogue.measured.importing import Imported, Outcome
from pdopt.catalogue.measured.measurement import Measurement


def file_lines(outcome: Outcome) -> Iterator[str]:
    """Give a line per file that could be read: tool, model, lengths, load → rows."""
    for file in outcome.files:
        if file.measurements:
            runs, first = file.measurements, file.measurements[0]
            tool = " ".join(word for word in (first.tool, first.tool_version) if word)
            count = f"{len(runs)} runs, " if len(runs) > 1 else ""
            model = next((m.model for m in runs if m.model), "LLM not named")
            yield f"{file.path}: {tool}, {model}, {count}{_lengths(runs)}, {_loads(runs)} → {_rows(file)}"


def refusal_lines(outcome: Outcome) -> Iterator[str]:
    """Give a line per file or run that was refused, with the reason."""
    for file in outcome.files:
        yield from (f"refused: {file.path}: {reason}" for reason in file.refusals)


def table_lines(outcome: Outcome) -> Iterator[str]:
    """Give a line per table: what was added, was there, differs."""
    for table in outcome.merged:
        counts = {
            "added": table.added,
            "already there": table.kept,
            "completed": table.completed,
            "replaced": table.replaced,
            "conflicting": len(table.conflicts),
        }
        shown = [f"{n} {word}" for word, n in counts.items() if n or word in ("added", "already there", "conflicting")]
        yield f"{table.file}: rows {', '.join(shown)}"


def notes(outcome: Outcome) -> list[str]:
    """Give what a user should know of the rows: what was assumed, what is not stated."""
    points = [point for file in outcome.files for point in file.points]
    found = [f"{file.path}: {note}" for file in outcome.files for note in file.notes]
    found += filter(None, map(unknown_gpu, sorted({point.row["gpu"] for point in points})))
    if any(point.role == "mixed" and point.measurement.phase == "served" for point in points):
        found.append(
            "a server that does both phases was measured: mixed rows; --role decode if its prefill did not disturb it "
            "(prefix-cached or one-token inputs, a decode instance)"
        )
    if any(point.role == "decode" and point.measurement.phase == "served" for point in points):
        found.append("batches of decode rows are output throughput x mean TPOT (Little's law)")
    silent = sum(point.measurement.phase == "served" and point.measurement.input_cv is None for point in points)
    if silent:
        found.append(
            f"{silent} of {len(points)} runs do not say how their lengths vary; rows suppose that they were fixed"
        )
    found += [
        f"the {fact} is not stated; --{fact} keeps its rows apart from those of another"
        for fact in ("engine", "precision")
        if any(not point.row.get(fact) for point in points)
    ]
    return list(dict.fromkeys(found))


def _rows(file: Imported) -> str:
    roles = Counter(point.role for point in file.points)
    shown = ", ".join(f"{n} {role} {'row' if n == 1 else 'rows'}" for role, n in roles.items())
    return shown or "nothing usable"


def _lengths(runs: Iterable[Measurement]) -> str:
    known = list(runs)
    return f"{_span(m.isl for m in known)} input and {_span(m.osl for m in known)} output tokens"


def _span(values: Iterable[float | None]) -> str:
    known = sorted(value for value in values if value is not None)
    if not known:
        return "unknown"
    low, high = f"{known[0]:.0f}", f"{known[-1]:.0f}"
    return low if low == high else f"{low} to {high}"


def _loads(runs: Iterable[Measurement]) -> str:
    """Give the loads of the runs: one, or the first and last of the same kind without saying the kind twice."""
    known = sorted(runs, key=lambda m: m.rate_rps or m.concurrency or 0.0)
    first, last = known[0].load, known[-1].load
    word, _, _ = first.partition(" ")
    return first if first == last else f"{first.removesuffix(' requests/s')} to {last.removeprefix(word + ' ')}"
