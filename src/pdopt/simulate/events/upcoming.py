"""What is to come: a tournament over queues and instances, a heap of requests on their way."""

from __future__ import annotations

from pdopt.simulate.compiled import compiled
from pdopt.simulate.world import World


@compiled
def set_next(w: World, leaf: int, time_s: float) -> None:
    """Say when something happens next at a leaf; every node holds the earlier of the two below it."""
    node = leaf + len(w.tree) // 2
    w.tree[node] = time_s
    while node > 1:
        node //= 2
        earlier = min(w.tree[2 * node], w.tree[2 * node + 1])
        if w.tree[node] == earlier:
            return
        w.tree[node] = earlier


@compiled
def push_later(w: World, request: int, time_s: float) -> None:
    """Let a request enter its next stage later."""
    at = w.tally[0].later
    w.tally[0].later += 1
    while at > 0 and w.later[(at - 1) // 2].time_s > time_s:
        above = (at - 1) // 2
        w.later[at].time_s, w.later[at].request = w.later[above].time_s, w.later[above].request
        at = above
    w.later[at].time_s, w.later[at].request = time_s, request


@compiled
def pop_later(w: World) -> int:
    """Take out the request that enters first."""
    request = w.later[0].request
    size = w.tally[0].later - 1
    w.tally[0].later = size
    time_s, moved, at = w.later[size].time_s, w.later[size].request, 0
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and w.later[below + 1].time_s < w.later[below].time_s:
            below += 1
        if w.later[below].time_s >= time_s:
            break
        w.later[at].time_s, w.later[at].request = w.later[below].time_s, w.later[below].request
        at = below
    w.later[at].time_s, w.later[at].request = time_s, moved
    return request
