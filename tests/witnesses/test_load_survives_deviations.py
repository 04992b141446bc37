"""``load_survives_deviations``: room for the largest deviations; with few workloads, for all; without any, no row."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.fleet.fleet import Uncertainty


def table_with(workloads: int, **more):
    return table_of(
        lanes=[
            lane("M", "mixed", "A", 8, {("chat", ""): 0.5, ("code", ""): 2.0, ("mail", ""): 1.0}, **more),
            lane("N", "mixed", "A", 4, {("chat", ""): 0.9, ("mail", ""): 1.5}, **more),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0, "code": 1.0, "mail": 1.0},
        uncertainty=Uncertainty(workloads, {"chat": 0.2, "code": 0.5}),
    )


def routed(name: str, workload: str):
    return ("Routed_rps", (name, workload, ""))


def test_a_pool_with_more_workloads_than_deviate_at_once_keeps_room_for_any_of_them():
    table = table_with(1)
    # M: 0.5 chat + 2 code + mail + z + p_chat + p_code <= n; in N only chat deviates: 0.9 x 1.2 chat + 1.5 mail <= n
    assert rows_of(table, "load_survives_deviations") == {
        ("M", 0): Row(
            {
                routed("M", "chat"): 0.5,
                routed("M", "code"): 2.0,
                routed("M", "mail"): 1.0,
                ("DeviationOfEach", ("M", 0)): 1.0,
                ("DeviationBeyond", ("M", 0, "chat")): 1.0,
                ("DeviationBeyond", ("M", 0, "code")): 1.0,
                ("Instances", "M"): -1.0,
            },
            -inf,
            0.0,
        ),
        ("N", 0): Row(
            {routed("N", "chat"): 1.08, routed("N", "mail"): 1.5, ("Instances", "N"): -1.0},
            -inf,
            0.0,
        ),
    }


def test_where_all_may_deviate_at_once_no_choice_is_left():
    # 0.5 x 1.2 chat + 2 x 1.5 code + 1 mail <= n
    assert rows_of(table_with(2), "load_survives_deviations")["M", 0] == Row(
        {routed("M", "chat"): 0.6, routed("M", "code"): 3.0, routed("M", "mail"): 1.0, ("Instances", "M"): -1.0},
        -inf,
        0.0,
    )


def test_spares_are_on_top():
    """Of 0.5 chat + 2 code + 1 mail + z + p_chat + p_code, and one instance gone."""
    row = rows_of(table_with(1, spares=1), "load_survives_losses")["M", 0]
    assert row.coefficients[("DeviationOfEach", ("M", 0))] == 1.0
    assert row.coefficients[("DeviationBeyond", ("M", 0, "code"))] == 1.0
    assert (row.coefficients[("Used", "M")], row.coefficients[("Instances", "M")]) == (1.0, -1.0)


def test_a_fleet_that_is_sure_has_no_such_row():
    assert rows_of(table_with(0), "load_survives_deviations") == {}
