"""The event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pdopt.simulate.compiled import compiled, entry
from pdopt.simulate.events.batches import admit, plan_batch, take_out
from pdopt.simulate.events.failing import chance, turn_over
from pdopt.simulate.events.joining import join
from pdopt.simulate.events.passing import look, pass_time
from pdopt.simulate.events.serving import finish_served
from pdopt.simulate.events.upcoming import pop_later, push_later, set_next
from pdopt.simulate.world import NEVER, SHARED, World


@compiled
def enter(w: World, number: int, now_s: float, from_rank: int, to_rank: int) -> None:
    """Let a request enter the stage it is at, or the next one it has; the first time it is counted."""
    request = w.requests[number]
    if request.rank < 0:
        rank = w.tally[0].entered
        w.tally[0].entered = rank + 1
        request.rank, request.arrival_s = rank, now_s
        if rank in (from_rank, to_rank):
            look(w, now_s, rank == from_rank)
    while request.place[request.stage] < 0:
        request.stage += 1
    join(w, number, now_s)


@compiled
def finish_shared(w: World, queue: Any, now_s: float, from_rank: int, to_rank: int) -> None:
    """Let the request of a batch go that is done; the next of its closed loop comes after a time to think."""
    pass_time(w, queue, now_s)
    request = w.requests[take_out(w, queue)]
    request.done_s = now_s
    if from_rank <= request.rank < to_rank:
        w.tally[0].left -= 1
    if request.loop >= 0:
        loop = w.loops[request.loop]
        if loop.next < loop.end:
            push_later(w, loop.next, now_s + w.requests[loop.next].think_s)
            loop.next += 1
    admit(w, queue)
    plan_batch(w, queue, now_s)


@entry
def begin(w: World, requests: Any, waited_for: int) -> None:
    """Set out: requests that closed loops begin with come after their time to think, instances fail when they do."""
    w.tally[0].left = waited_for
    for request in requests:
        push_later(w, request, w.requests[request].think_s)
    for number in range(len(w.instances)):
        set_next(w, len(w.queues) + number, w.instances[number].lasts_s * chance(w))


def loop(stamp: int) -> tuple[Callable[..., None], Callable[..., None]]:
    """Give the event loop, and what sets it out.

    Parameters
    ----------
    stamp : int
        Says which sources the loop is compiled from: the compiler keeps what it made by the file of one function and
        the values that it closes over, and would not see that another file has changed.
    """

    @entry
    def run(w: World, from_rank: int, to_rank: int) -> None:
        """Let events happen until all requests that entered in the order from..to (exclusive) are done."""
        leaves, queues, tally, now_s = len(w.tree) // 2, len(w.queues), w.tally[0], 0.0
        while tally.left > 0 and stamp >= 0:
            queue_s, open_s = w.tree[1], w.opens[tally.opened]
            later_s = w.later[0].time_s if tally.later > 0 else NEVER
            earliest = min(queue_s, open_s, later_s)
            if earliest == NEVER:
                break
            now_s = earliest
            tally.events += 1
            if queue_s == earliest:
                leaf = 1
                while leaf < leaves:
                    leaf = 2 * leaf if w.tree[2 * leaf] == queue_s else 2 * leaf + 1
                leaf -= leaves
                if leaf >= queues:
                    turn_over(w, leaf - queues, queue_s)
                elif w.pools[w.queues[leaf].pool].way == SHARED:
                    finish_shared(w, w.queues[leaf], queue_s, from_rank, to_rank)
                else:
                    finish_served(w, w.queues[leaf], queue_s)
            elif later_s == earliest:
                enter(w, pop_later(w), later_s, from_rank, to_rank)
            else:
                tally.opened += 1
                enter(w, tally.opened - 1, open_s, from_rank, to_rank)
        if tally.seen_to_s == NEVER:
            look(w, now_s, False)

    return run, begin
