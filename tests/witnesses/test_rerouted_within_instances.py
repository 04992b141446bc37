"""``rerouted_within_instances``: what goes to a lane when sites are gone is within its instances; else no row."""

from math import inf

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


def within(gone: str, name: str, loads: dict[str, float]) -> Row:
    rates = {rerouted(gone, name, handover): load for handover, load in loads.items()}
    return Row({**rates, ("Instances", name): -1.0}, -inf, 0.0)


def test_the_instances_that_run_in_any_case_carry_it():
    table = table_with(EACH)
    assert rows_of(table, "rerouted_within_instances") == {
        ("paris", "Q", 0): within("paris", "Q", {"far": 0.7}),
        ("paris", "E", 0): within("paris", "E", {"far": 0.3}),
        ("paris", "M", 0): within("paris", "M", {"": 1.25}),
        ("paris", "M", 1): within("paris", "M", {"": 1.5}),
        ("oslo", "P", 0): within("oslo", "P", {"near": 0.5, "far": 0.6}),
        ("oslo", "D", 0): within("oslo", "D", {"near": 0.2}),
    }


def test_a_fleet_without_sites_to_lose_has_no_such_row():
    assert rows_of(table_with(), "rerouted_within_instances") == {}
