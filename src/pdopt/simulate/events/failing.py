"""Instances that fail and come back; their requests start again elsewhere."""

from __future__ import annotations

from typing import Any

from pdopt.simulate.compiled import compiled
from pdopt.simulate.events.batches import take_out
from pdopt.simulate.events.joining import join
from pdopt.simulate.events.passing import pass_time
from pdopt.simulate.events.upcoming import set_next
from pdopt.simulate.world import NEVER, SHARED, World


@compiled
def chance(w: World) -> float:
    """Give the next exponential random number of mean 1."""
    tally = w.tally[0]
    tally.drawn = (tally.drawn + 1) % len(w.chances)
    return w.chances[tally.drawn]


@compiled
def turn_over(w: World, number: int, now_s: float) -> None:
    """Let an instance fail, or come back."""
    instance = w.instances[number]
    pool, fails = w.pools[w.queues[instance.first].pool], w.queues[instance.first].down == 0
    mean_s = instance.repair_s if fails else instance.lasts_s
    set_next(w, len(w.queues) + number, now_s + mean_s * chance(w))
    pool.up += -instance.queues if fails else instance.queues
    for index in range(instance.first, instance.first + instance.queues):
        w.queues[index].down = 1 if fails else 0
    if fails:
        for index in range(instance.first, instance.first + instance.queues):
            abandon(w, w.queues[index], now_s)
    else:
        again = pool.limbo
        pool.limbo = -1
        while again >= 0:
            following = w.requests[again].following
            join(w, again, now_s)
            again = following


@compiled
def abandon(w: World, queue: Any, now_s: float) -> None:
    """Empty a queue; what was being decoded there has lost its KV cache and starts from its first stage."""
    pass_time(w, queue, now_s)
    number, shared = queue.head, w.pools[queue.pool].way == SHARED
    while shared and queue.serving > 0:
        lost = take_out(w, queue)
        w.requests[lost].following = number
        number = lost
    queue.head = -1
    queue.waiting = queue.serving = 0
    queue.virtual = queue.goals = queue.contexts = queue.holds = queue.backlog = 0.0
    set_next(w, queue.index, NEVER)
    while number >= 0:
        request = w.requests[number]
        following = request.following
        request.rest = request.tokens
        w.tally[0].restarts += 1
        if shared:
            request.stage = 0
        while request.place[request.stage] < 0:
            request.stage += 1
        join(w, number, now_s)
        number = following
