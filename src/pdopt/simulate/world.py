"""What the event loop works on: rows of a few tables, so that the same code runs compiled and as plain Python.

Compiled, a table is an array of records; in plain Python it is a list of objects. Stages: 0 encode, 1 prefill, 2 decode
(or an ordinary instance). A *queue* is a line of its own: an instance, or one of its dp groups.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ENCODE, PREFILL, DECODE = 0, 1, 2
ONE_BY_ONE, IN_STEPS, SHARED = 0, 1, 2
RANDOM, IN_TURN, FEWEST_REQUESTS, LEAST_WORK = 0, 1, 2, 3
NEVER = np.inf
NOBODY = -1

Columns = list[tuple[Any, ...]]


def _columns(kind: type, *names: str) -> Columns:
    return [(name, kind) for name in names]


# By stage: `place` is the pool (-1: none), `work` seconds (or output tokens when decoding), `after_s` the time to the
# next stage, `pick` a number in [0, 1) that chooses among queues. `rank`: order of entering, from 0. `following`:
# next in a line. `loop`: the closed one it belongs to (-1: none), in which it enters `think_s` after another is done.
# `tokens`: input tokens computed, `rest` of them when prefill goes in steps. `context`, `held`: mean context, KV
# tokens. `met`: size of the batch joined.
REQUEST = np.dtype(
    [
        *_columns(float, "arrival_s", "first_token_s", "done_s", "think_s", "tokens", "rest", "context", "held"),
        *_columns(int, "rank", "stage", "following", "loop", "met"),
        *[(name, kind, (3,)) for name, kind in (("place", int), ("work", float), ("after_s", float), ("pick", float))],
    ]
)
# `first`, `queues`, `up`: its queues, and how many are not down. `way`: one by one, in steps of `chunk` tokens,
# shared. `turn`: queue last chosen in turn. `limbo`: first of those that wait for any queue to be up. `lengths`
# measured speeds of prefill stand at `speeds`; `contexts` tables of `rows` batches, three for each context, at
# `tables`, the contexts themselves at `grid`, the largest batches (at a context, and between it and the next) at
# `most`. `memory`: KV tokens.
POOL = np.dtype(
    [
        *_columns(int, "first", "queues", "up", "rule", "way", "turn", "limbo"),
        *_columns(int, "lengths", "speeds", "contexts", "rows", "tables", "grid", "most"),
        *_columns(float, "chunk", "memory"),
    ]
)
# `head`, `tail`: of its line, those served one by one included. `serving`: so many are served (in the batch);
# `backlog`: work of the line. `start_s`: of what is served. Batches: `virtual`: tokens that each request of it would
# have by now, `goals`: sum of where its requests are done, `pace`: seconds per token, `contexts`, `holds`: sums over
# it; it is a heap of slots from `slots` on. `busy_s`, `serving_s`, `waiting_s`: areas over the time watched;
# `longest`: most waiting.
QUEUE = np.dtype(
    [
        *_columns(int, "index", "pool", "head", "tail", "waiting", "serving", "down", "slots", "longest"),
        *_columns(float, "backlog", "since_s", "start_s", "virtual", "pace", "contexts", "holds", "goals"),
        *_columns(float, "busy_s", "serving_s", "waiting_s"),
    ]
)
LOOP = np.dtype(_columns(int, "next", "end"))
INSTANCE = np.dtype([*_columns(int, "first", "queues"), *_columns(float, "lasts_s", "repair_s")])
COMING = np.dtype([("time_s", float), ("request", int)])
SLOT = np.dtype([("goal", float), ("request", int)])
TALLY = np.dtype(
    [
        *_columns(int, "later", "entered", "left", "events", "opened", "restarts", "drawn"),
        *_columns(float, "seen_from_s", "seen_to_s"),
    ]
)


class World(NamedTuple):
    """The tables.

    Attributes
    ----------
    opens : arrivals of the open-loop requests, which come first, and a last one that never comes
    tree : when the next thing happens at each queue and instance: a tournament
    later : requests on their way, a heap
    slots : heaps of the batches
    measured : all curves and tables, one after the other
    chances : exponential random numbers, for failures
    tally : one row of counts and times
    """

    requests: Any
    pools: Any
    queues: Any
    instances: Any
    loops: Any
    opens: Any
    tree: Any
    later: Any
    slots: Any
    measured: Any
    chances: Any
    tally: Any


class _Row:
    """One row of a table in plain Python."""

    def __init__(self, names: tuple[str, ...], values: tuple[Any, ...]):
        self.__dict__.update(zip(names, values, strict=True))


def plain(world: World) -> World:
    """Give the tables as lists, which plain Python reads faster than arrays."""
    return World(*map(_listed, world))


def _listed(table: NDArray[Any]) -> list[Any]:
    if table.dtype.names is None:
        return list(table.tolist())
    names = table.dtype.names
    columns = [table[name].tolist() for name in names]
    return [_Row(names, values) for values in zip(*columns, strict=True)]


def column(table: Any, name: str) -> NDArray[Any]:
    """Give a column of a table of either kind."""
    return table[name] if isinstance(table, np.ndarray) else np.array([getattr(row, name) for row in table])
