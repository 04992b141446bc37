"""Queues served one by one, or in steps of so many tokens."""

from __future__ import annotations

from typing import Any

from pdopt.simulate.compiled import compiled
from pdopt.simulate.events.passing import pass_time
from pdopt.simulate.events.upcoming import push_later, set_next
from pdopt.simulate.world import IN_STEPS, NEVER, PREFILL, World


@compiled
def speed(w: World, pool: Any, tokens: float) -> float:
    """Tokens per second of one queue at a length: linear between the measured ones, held outside them."""
    x, y, last = pool.speeds, pool.speeds + pool.lengths, pool.lengths - 1
    if tokens <= w.measured[x]:
        return w.measured[y]
    if tokens >= w.measured[x + last]:
        return w.measured[y + last]
    at = 0
    while w.measured[x + at + 1] < tokens:
        at += 1
    part = (tokens - w.measured[x + at]) / (w.measured[x + at + 1] - w.measured[x + at])
    return w.measured[y + at] + part * (w.measured[y + at + 1] - w.measured[y + at])


@compiled
def serve(w: World, queue: Any, now_s: float) -> None:
    """Begin with the next request in line, or with a step of as many as it takes."""
    queue.start_s = now_s
    if w.pools[queue.pool].way == IN_STEPS:
        serve_step(w, queue, now_s)
        return
    request = w.requests[queue.head]
    queue.serving = 1
    queue.waiting -= 1
    set_next(w, queue.index, now_s + request.work[request.stage])


@compiled
def serve_step(w: World, queue: Any, now_s: float) -> None:
    """Begin a step: each part of it at the speed of its own length, or of the step if that is longer."""
    pool = w.pools[queue.pool]
    number, room, served = queue.head, pool.chunk, 0
    while number >= 0 and room > 0:
        room -= min(room, w.requests[number].rest)
        served += 1
        number = w.requests[number].following
    filled = pool.chunk - room
    number, room, time_s = queue.head, pool.chunk, 0.0
    for _ in range(served):
        request = w.requests[number]
        part = min(room, request.rest)
        varied = request.work[PREFILL] * speed(w, pool, request.tokens) / request.tokens
        time_s += part / speed(w, pool, max(request.tokens, filled)) * varied
        room -= part
        request.rest -= part
        number = request.following
    queue.serving = served
    queue.waiting -= served
    set_next(w, queue.index, now_s + time_s)


@compiled
def finish_served(w: World, queue: Any, now_s: float) -> None:
    """Send on what was served; what a step left of its last request goes on in the next one."""
    pass_time(w, queue, now_s)
    served, in_steps = queue.serving, w.pools[queue.pool].way == IN_STEPS
    queue.serving = 0
    for _ in range(served):
        number = queue.head
        request = w.requests[number]
        if in_steps and request.rest > 0:
            queue.waiting += 1
            break
        queue.head = request.following
        queue.backlog -= request.work[request.stage]
        reached_s = now_s + request.after_s[request.stage]
        if request.stage == PREFILL and request.first_token_s < 0:
            request.first_token_s = reached_s
        request.stage += 1
        push_later(w, number, reached_s)
    if queue.head < 0:
        queue.backlog = 0.0
        set_next(w, queue.index, NEVER)
    else:
        serve(w, queue, now_s)
