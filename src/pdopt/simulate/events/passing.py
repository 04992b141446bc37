"""Time that passes at a queue, and over which stretch of it queues are watched."""

from __future__ import annotations

from typing import Any

from pdopt.simulate.compiled import compiled
from pdopt.simulate.world import NEVER, SHARED, World


@compiled
def pass_time(w: World, queue: Any, now_s: float) -> None:
    """Let time pass at a queue: note what it was at, and serve its batch."""
    spent_s = now_s - queue.since_s
    queue.since_s = now_s
    watched = w.tally[0].seen_to_s == NEVER
    if queue.serving > 0:
        if w.pools[queue.pool].way == SHARED:
            queue.virtual += spent_s / queue.pace
        if watched:
            queue.busy_s += spent_s
            queue.serving_s += spent_s * queue.serving
    if queue.waiting > 0 and watched:
        queue.waiting_s += spent_s * queue.waiting


@compiled
def look(w: World, now_s: float, begins: bool) -> None:
    """Begin, or end, the time over which the queues are watched."""
    for index in range(len(w.queues)):
        queue = w.queues[index]
        pass_time(w, queue, now_s)
        if begins:
            queue.busy_s = queue.serving_s = queue.waiting_s = 0.0
            queue.longest = queue.waiting
    if begins:
        w.tally[0].seen_from_s = now_s
    else:
        w.tally[0].seen_to_s = now_s
