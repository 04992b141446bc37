"""``instances_within_nodes``: the GPUs of the instances on a SKU fit the nodes that are rented of it."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def test_gpus_of_instances_fit_the_rented_gpus():
    chat = ("chat", "hand")
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {chat: 0.5}),
            lane("D", "decode", "A", 2, {chat: 0.2}),
            lane("D16", "decode", "B", 16, {chat: 0.1}),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 50.0, 3), ("by-gpu", 1, 6.0, None)],
        required_rps={"chat": 5.0},
    )
    # A: 4 n[P] + 2 n[D] <= 8 N[A]     B: an instance of 16 GPUs takes two nodes of 8: 16 n[D16] <= 8 N[B]
    # nothing runs on the third
    assert rows_of(table, "instances_within_nodes") == {
        "A": Row({("Instances", "P"): 4.0, ("Instances", "D"): 2.0, ("Nodes", "A"): -8.0}, -inf, 0.0),
        "B": Row({("Instances", "D16"): 16.0, ("Nodes", "B"): -8.0}, -inf, 0.0),
    }
