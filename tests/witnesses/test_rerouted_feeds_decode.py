"""``rerouted_feeds_decode``: prefill elsewhere into a handover is decode elsewhere out of it; else no row."""

from tests.samples import lane, table_of
from tests.witness import Row, rows_of


def table_with(lost_sites=(), **more):
    return table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {("chat", "near"): 0.5, ("chat", "far"): 0.6}, site="paris"),
            lane("Q", "prefill", "B", 4, {("chat", "far"): 0.7}, site="oslo"),
            lane("D", "decode", "A", 4, {("chat", "near"): 0.2}, site="paris"),
            lane("E", "decode", "B", 4, {("chat", "far"): 0.3}, site="oslo"),
            lane("M", "mixed", "B", 8, {("chat", ""): (1.25, 1.5)}, limits=("wait", "tail"), site="oslo"),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 40.0, None)],
        required_rps={"chat": 10.0, "code": 0.0},
        lost_sites=lost_sites,
        **more,
    )


def rerouted(gone: str, name: str, handover: str = ""):
    return ("Rerouted_rps", (gone, name, "chat", handover))


EACH = (("paris",), ("oslo",))


def test_balance_of_what_is_left():
    table = table_with(EACH)
    # with oslo gone nobody decodes what P sends far
    assert rows_of(table, "rerouted_feeds_decode") == {
        ("paris", "chat", "far"): Row(
            {rerouted("paris", "Q", "far"): 1.0, rerouted("paris", "E", "far"): -1.0}, 0.0, 0.0
        ),
        ("oslo", "chat", "near"): Row(
            {rerouted("oslo", "P", "near"): 1.0, rerouted("oslo", "D", "near"): -1.0}, 0.0, 0.0
        ),
        ("oslo", "chat", "far"): Row({rerouted("oslo", "P", "far"): 1.0}, 0.0, 0.0),
    }


def test_a_fleet_without_sites_to_lose_has_no_such_row():
    assert rows_of(table_with(), "rerouted_feeds_decode") == {}
