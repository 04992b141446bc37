"""``demand_survives_site_loss``: what leaves decode elsewhere is the part that must survive; else no row."""

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


def test_what_is_left_serves_its_part():
    table = table_with(EACH, serve=0.7)
    # 0.7 of 10 requests per second, on D when oslo is gone, on E and M when paris is; code must not be served at all
    assert rows_of(table, "demand_survives_site_loss") == {
        ("paris", "chat"): Row({rerouted("paris", "E", "far"): 1.0, rerouted("paris", "M"): 1.0}, 7.0, 7.0),
        ("oslo", "chat"): Row({rerouted("oslo", "D", "near"): 1.0}, 7.0, 7.0),
    }


def test_a_fleet_without_sites_to_lose_has_no_such_row():
    assert rows_of(table_with(), "demand_survives_site_loss") == {}
