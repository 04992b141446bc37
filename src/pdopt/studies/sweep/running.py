"""A prepared sweep run to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

from pdopt.studies.sweep import Prepared
from pdopt.studies.sweep.answers import Sweep
from pdopt.studies.sweep.journal import InMemory, Journal
from pdopt.studies.sweep.outcome import Row
from pdopt.studies.sweep.progress import Progress
from pdopt.studies.sweep.runners.chosen import chosen


def run(
    prepared: Prepared,
    jobs: int | None = None,
    cluster: str | None = None,
    journal: Path | None = None,
    tell: Callable[[str], None] = lambda words: None,
) -> Sweep:
    """Solve all scenarios that a journal does not have yet, and give the answer.

    Raises
    ------
    JournalRefusedError
        The journal is that of another sweep, or in use.
    RunnerRefusedError
        Workers cannot be had.
    """
    identity = prepared.identity()
    with nullcontext(InMemory()) if journal is None else closing(Journal(journal, identity)) as kept:
        progress = Progress(len(prepared.scenarios), len(kept.rows))

        def seen(row: Row) -> None:
            progress.saw(row)
            tell(progress.words())

        if progress.done < progress.total:
            with chosen(jobs, cluster) as runner:
                prepared.run(runner, kept, seen)
        return prepared.answer(kept)
