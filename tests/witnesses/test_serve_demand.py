"""``serve_demand``: what leaves decode and mixed lanes covers what must be served; prefill does not count."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_decode_and_mixed_lanes_carry_the_demand():
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {("chat", "hand"): 0.5, ("code", "hand"): 0.7}),
            lane("D1", "decode", "A", 4, {("chat", "hand"): 0.2, ("code", "hand"): 0.3}),
            lane("D2", "decode", "A", 8, {("chat", "hand"): 0.1}),
            lane("M", "mixed", "A", 8, {("code", ""): 0.9}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 12.5, "code": 3.0},
    )
    # chat: x[D1] + x[D2] >= 12.5          code: x[D1] + x[M] >= 3
    assert rows_of(table, "serve_demand") == {
        "chat": Row(
            {("Routed_rps", ("D1", "chat", "hand")): 1.0, ("Routed_rps", ("D2", "chat", "hand")): 1.0}, 12.5, inf
        ),
        "code": Row({("Routed_rps", ("D1", "code", "hand")): 1.0, ("Routed_rps", ("M", "code", "")): 1.0}, 3.0, inf),
    }


def test_a_workload_that_asks_nothing_and_has_no_lane_has_no_row():
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.9})],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 0.0, "idle": 0.0},
    )
    # chat: x[M] >= 0 stands (harmless); nothing can be said about idle
    assert rows_of(table, "serve_demand") == {"chat": Row({("Routed_rps", ("M", "chat", "")): 1.0}, 0.0, inf)}
