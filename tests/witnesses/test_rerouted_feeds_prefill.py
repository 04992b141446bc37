"""``rerouted_feeds_prefill``: encode elsewhere for a split is prefill elsewhere out of it; else no row."""

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

ENCODED = {"near after early": ("early", "near"), "near after late": ("late", "near")}


def table_with(lost_sites=()):
    return table_of(
        lanes=[
            lane("E1", "encode", "A", 1, {("look", "early"): 0.3, ("look", "late"): 0.2}, site="paris"),
            lane("E2", "encode", "B", 1, {("look", "late"): 0.1}, site="oslo"),
            lane("P1", "prefill", "A", 4, {("look", "near after early"): 0.5, ("chat", "near"): 0.4}, site="paris"),
            lane("P2", "prefill", "B", 4, {("look", "near after early"): 0.6, ("look", "near after late"): 0.5}),
            lane("D", "decode", "A", 4, {("look", "near"): 0.2, ("chat", "near"): 0.3}),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 50.0, None)],
        required_rps={"look": 5.0, "chat": 1.0},
        encoded=ENCODED,
        lost_sites=lost_sites,
    )


def rerouted(lane_name, way, workload="look"):
    return "Rerouted_rps", ("paris", lane_name, workload, way)


def test_balance_of_what_is_left():
    table = table_with((("paris",),))
    # nobody in oslo encodes early, so what P2 takes there is nothing
    assert rows_of(table, "rerouted_feeds_prefill") == {
        ("paris", "look", "early"): Row({rerouted("P2", "near after early"): -1.0}, 0.0, 0.0),
        ("paris", "look", "late"): Row(
            {rerouted("E2", "late"): 1.0, rerouted("P2", "near after late"): -1.0}, 0.0, 0.0
        ),
    }
    # whatever the split, all of it is decoded: P2 early + P2 late = D
    assert rows_of(table, "rerouted_feeds_decode")["paris", "look", "near"] == Row(
        {rerouted("P2", "near after early"): 1.0, rerouted("P2", "near after late"): 1.0, rerouted("D", "near"): -1.0},
        0.0,
        0.0,
    )


def test_a_fleet_without_sites_to_lose_has_no_such_row():
    assert rows_of(table_with(), "rerouted_feeds_prefill") == {}
