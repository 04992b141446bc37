"""Batches that share an instance: every request in it gets its tokens at the pace of the batch.

All requests of a batch advance alike, so a request that joins when each would have got `virtual` tokens is done when
that has grown by its own tokens: only the nearest of these goals has to be known, however often the pace changes.
"""

from __future__ import annotations

from typing import Any

from pdopt.simulate.compiled import compiled
from pdopt.simulate.events.upcoming import set_next
from pdopt.simulate.world import DECODE, NEVER, World


@compiled
def context_at(w: World, pool: Any, context: float) -> int:
    """Give the place of the largest measured context that is no longer than this one."""
    at = 0
    while at + 1 < pool.contexts and context >= w.measured[pool.grid + at + 1] * (1 - 1e-12):
        at += 1
    return at


@compiled
def between(w: World, pool: Any, at: int, context: float) -> bool:
    """Whether a context lies between the measured one at a place and the next."""
    return at + 1 < pool.contexts and context > w.measured[pool.grid + at] * (1 + 1e-12)


@compiled
def seconds_per_token(w: World, pool: Any, batch: int, context: float) -> float:
    """Time a token takes in a batch: at a measured mean context, or between the nearest two."""
    at = context_at(w, pool, context)
    place = pool.tables + 3 * at * pool.rows + min(batch, pool.rows - 1)
    beyond = max(1.0, batch / (pool.rows - 1))
    if not between(w, pool, at, context):
        return w.measured[place] * beyond
    below = w.measured[pool.grid + at]
    part = (context - below) / (w.measured[pool.grid + at + 1] - below)
    return (w.measured[place + pool.rows] * (1 - part) + w.measured[place + 2 * pool.rows] * part) * beyond


@compiled
def fits(w: World, queue: Any, request: Any) -> bool:
    """Whether a batch may grow by a request: measured that large, and its KV cache held; one always may."""
    batch = queue.serving + 1
    if batch == 1:
        return True
    pool = w.pools[queue.pool]
    context = (queue.contexts + request.context) / batch
    at = context_at(w, pool, context)
    most = w.measured[pool.most + 2 * at + (1 if between(w, pool, at, context) else 0)]
    return batch <= most and queue.holds + request.held <= pool.memory


@compiled
def admit(w: World, queue: Any) -> None:
    """Take waiting requests into the batch, in the order they came, as long as they fit."""
    while queue.head >= 0 and fits(w, queue, w.requests[queue.head]):
        number = queue.head
        request = w.requests[number]
        queue.head = request.following
        goal, at, base = queue.virtual + request.work[DECODE], queue.serving, queue.slots
        while at > 0 and w.slots[base + (at - 1) // 2].goal > goal:
            above = (at - 1) // 2
            w.slots[base + at].goal = w.slots[base + above].goal
            w.slots[base + at].request = w.slots[base + above].request
            at = above
        w.slots[base + at].goal, w.slots[base + at].request = goal, number
        queue.serving += 1
        queue.waiting -= 1
        queue.backlog -= request.work[DECODE]
        queue.goals += goal
        queue.contexts += request.context
        queue.holds += request.held
        request.met = queue.serving


@compiled
def plan_batch(w: World, queue: Any, now_s: float) -> None:
    """Say when the first of a batch is done at the pace it has now; an empty one starts its virtual time anew."""
    if queue.serving == 0:
        queue.virtual = queue.goals = queue.contexts = queue.holds = queue.backlog = 0.0
        set_next(w, queue.index, NEVER)
        return
    queue.pace = seconds_per_token(w, w.pools[queue.pool], queue.serving, queue.contexts / queue.serving)
    left = w.slots[queue.slots].goal - queue.virtual
    set_next(w, queue.index, now_s + max(left, 0.0) * queue.pace)


@compiled
def take_out(w: World, queue: Any) -> int:
    """Take the request out of a batch that is done first."""
    base, size = queue.slots, queue.serving - 1
    number, goal, moved, at = w.slots[base].request, w.slots[base + size].goal, w.slots[base + size].request, 0
    queue.serving = size
    queue.goals -= w.slots[base].goal
    queue.contexts -= w.requests[number].context
    queue.holds -= w.requests[number].held
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and w.slots[base + below + 1].goal < w.slots[base + below].goal:
            below += 1
        if w.slots[base + below].goal >= goal:
            break
        w.slots[base + at].goal = w.slots[base + below].goal
        w.slots[base + at].request = w.slots[base + below].request
        at = below
    w.slots[base + at].goal, w.slots[base + at].request = goal, moved
    return number
