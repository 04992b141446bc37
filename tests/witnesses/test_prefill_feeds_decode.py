"""``prefill_feeds_decode``: per workload and handover, what prefill sends in is what decode takes out."""

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_rates_balance_at_every_handover():
    table = table_of(
        lanes=[
            lane("P1", "prefill", "A", 4, {("chat", "near"): 0.5, ("chat", "far"): 0.6, ("code", "near"): 0.7}),
            lane("P2", "prefill", "B", 4, {("chat", "far"): 0.4}),
            lane("D1", "decode", "A", 4, {("chat", "near"): 0.2, ("code", "near"): 0.3}),
            lane("D2", "decode", "B", 8, {("chat", "far"): 0.1}),
            lane("M", "mixed", "A", 8, {("chat", ""): 0.9}),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 50.0, None)],
        required_rps={"chat": 5.0, "code": 1.0},
    )
    # chat near: x[P1] = x[D1]     chat far: x[P1] + x[P2] = x[D2]     code near: x[P1] = x[D1];   mixed needs none
    assert rows_of(table, "prefill_feeds_decode") == {
        ("chat", "near"): Row(
            {("Routed_rps", ("P1", "chat", "near")): 1.0, ("Routed_rps", ("D1", "chat", "near")): -1.0}, 0.0, 0.0
        ),
        ("chat", "far"): Row(
            {
                ("Routed_rps", ("P1", "chat", "far")): 1.0,
                ("Routed_rps", ("P2", "chat", "far")): 1.0,
                ("Routed_rps", ("D2", "chat", "far")): -1.0,
            },
            0.0,
            0.0,
        ),
        ("code", "near"): Row(
            {("Routed_rps", ("P1", "code", "near")): 1.0, ("Routed_rps", ("D1", "code", "near")): -1.0}, 0.0, 0.0
        ),
    }


def test_decode_that_nothing_feeds_stays_empty():
    table = table_of(
        lanes=[
            lane("D", "decode", "A", 4, {("chat", "island"): 0.2}),
            lane("M", "mixed", "A", 8, {("chat", ""): 0.9}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0},
    )
    # 0 = x[D]
    assert rows_of(table, "prefill_feeds_decode") == {
        ("chat", "island"): Row({("Routed_rps", ("D", "chat", "island")): -1.0}, 0.0, 0.0)
    }
