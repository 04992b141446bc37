"""``load_within_instances``: the work routed to a lane fits its instances, once per thing that saturates."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_each_limit_bounds_the_work_of_all_workloads_in_the_lane():
    chat, code = ("chat", "hand"), ("code", "hand")
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {chat: (0.5, 0.8), code: (0.7, 0.6)}, limits=("mean wait", "wait percentile")),
            lane("D", "decode", "A", 8, {chat: 0.2, code: 0.3}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0, "code": 1.0},
    )
    # P, mean:       0.5 x[chat] + 0.7 x[code] <= n[P]
    # P, percentile: 0.8 x[chat] + 0.6 x[code] <= n[P]
    # D:             0.2 x[chat] + 0.3 x[code] <= n[D]
    assert rows_of(table, "load_within_instances") == {
        ("P", 0): Row(
            {("Routed_rps", ("P", *chat)): 0.5, ("Routed_rps", ("P", *code)): 0.7, ("Instances", "P"): -1.0}, -inf, 0.0
        ),
        ("P", 1): Row(
            {("Routed_rps", ("P", *chat)): 0.8, ("Routed_rps", ("P", *code)): 0.6, ("Instances", "P"): -1.0}, -inf, 0.0
        ),
        ("D", 0): Row(
            {("Routed_rps", ("D", *chat)): 0.2, ("Routed_rps", ("D", *code)): 0.3, ("Instances", "D"): -1.0}, -inf, 0.0
        ),
    }


def test_a_workload_sent_two_ways_works_twice():
    near, far = ("chat", "near"), ("chat", "far")
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {near: 0.5, far: 0.6}),
            lane("D1", "decode", "A", 8, {near: 0.2}),
            lane("D2", "decode", "B", 8, {far: 0.1}),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 50.0, None)],
        required_rps={"chat": 5.0},
    )
    assert rows_of(table, "load_within_instances")["P", 0] == Row(
        {("Routed_rps", ("P", *near)): 0.5, ("Routed_rps", ("P", *far)): 0.6, ("Instances", "P"): -1.0}, -inf, 0.0
    )


def test_with_one_line_a_pool_carries_what_its_size_does():
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}, sizes=((1.0, 2.5, 4.0),))],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 12.0},
    )
    # 0.5 x <= 1 (one) or 2.5 (two) or 4 and 1.5 for each further one (three and more)
    sized = {("Sized", ("M", n)): -carried for n, carried in ((1, 1.0), (2, 2.5), (3, 4.0))}
    assert rows_of(table, "load_within_instances") == {
        ("M", 0): Row({("Routed_rps", ("M", "chat", "")): 0.5, **sized, ("SizedBeyond", "M"): -1.5}, -inf, 0.0)
    }
