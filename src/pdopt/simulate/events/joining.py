"""Choosing a queue of a pool, and joining it."""

from __future__ import annotations

from typing import Any

from pdopt.simulate.compiled import compiled
from pdopt.simulate.events.batches import admit, plan_batch
from pdopt.simulate.events.passing import pass_time
from pdopt.simulate.events.serving import serve
from pdopt.simulate.world import FEWEST_REQUESTS, IN_TURN, NEVER, RANDOM, SHARED, World


@compiled
def work_left(w: World, queue: Any, now_s: float) -> float:
    """Work that is left at a queue: seconds, or output tokens of a batch."""
    if queue.serving == 0:
        return 0.0
    if w.pools[queue.pool].way == SHARED:
        virtual = queue.virtual + (now_s - queue.since_s) / queue.pace
        return queue.backlog + queue.goals - queue.serving * virtual
    return queue.backlog - (now_s - queue.start_s)


@compiled
def at_random(w: World, pool: Any, pick: float) -> int:
    """Choose among the queues that are up, each as likely."""
    if pool.up == pool.queues:
        return pool.first + int(pick * pool.queues)
    left, index = int(pick * pool.up), pool.first
    while w.queues[index].down or left > 0:
        left -= 0 if w.queues[index].down else 1
        index += 1
    return index


@compiled
def in_turn(w: World, pool: Any) -> int:
    """Choose the next one that is up."""
    pool.turn = (pool.turn + 1) % pool.queues
    while w.queues[pool.first + pool.turn].down:
        pool.turn = (pool.turn + 1) % pool.queues
    return pool.first + pool.turn


@compiled
def least_loaded(w: World, pool: Any, pick: float, now_s: float) -> int:
    """Choose the one with the fewest requests, or the least work; among equals the first from a random one on."""
    best, least, offset = -1, NEVER, int(pick * pool.queues)
    for step in range(pool.queues):
        queue = w.queues[pool.first + (offset + step) % pool.queues]
        if not queue.down:
            load = work_left(w, queue, now_s)
            if pool.rule == FEWEST_REQUESTS:
                load = float(queue.serving + queue.waiting)
            if load < least:
                best, least = queue.index, load
    return best


@compiled
def join(w: World, number: int, now_s: float) -> None:
    """Send a request to a queue of its pool, where it waits or is served at once."""
    request = w.requests[number]
    pool = w.pools[request.place[request.stage]]
    request.following = -1
    if pool.up == 0:
        request.following, pool.limbo = pool.limbo, number
        return
    pick = request.pick[request.stage]
    if pool.rule == RANDOM or pool.queues == 1:
        index = at_random(w, pool, pick)
    elif pool.rule == IN_TURN:
        index = in_turn(w, pool)
    else:
        index = least_loaded(w, pool, pick, now_s)
    queue = w.queues[index]
    pass_time(w, queue, now_s)
    if queue.head < 0:
        queue.head = number
    else:
        w.requests[queue.tail].following = number
    queue.tail = number
    queue.waiting += 1
    queue.backlog += request.work[request.stage]
    if pool.way == SHARED:
        admit(w, queue)
        plan_batch(w, queue, now_s)
    elif queue.serving == 0:
        serve(w, queue, now_s)
    queue.longest = max(queue.longest, queue.waiting)
