"""``deviations_covered``: what a workload may bring is kept free; only where there are more than deviate at once."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.fleet.fleet import Uncertainty


def table_with(workloads: int):
    return table_of(
        lanes=[
            lane("P", "prefill", "A", 8, {("chat", "near"): 0.5, ("chat", "far"): 0.6, ("code", "far"): 2.0}),
            lane("D", "decode", "A", 4, {("chat", "near"): 0.9}),
            lane("F", "decode", "A", 4, {("chat", "far"): 0.9, ("code", "far"): 1.0}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0, "code": 1.0},
        uncertainty=Uncertainty(workloads, {"chat": 0.2, "code": 0.5}),
    )


def row(name: str, workload: str, coefficients: dict) -> Row:
    routed = {("Routed_rps", (name, workload, handover)): value for handover, value in coefficients.items()}
    kept = {("DeviationOfEach", (name, 0)): -1.0, ("DeviationBeyond", (name, 0, workload)): -1.0}
    return Row({**routed, **kept}, -inf, 0.0)


def test_one_of_two_may_deviate():
    table = table_with(1)
    # P: 0.2 (0.5 near + 0.6 far) <= z + p of chat, 0.5 x 2 code <= z + p of code; D has one workload: nothing to choose
    assert rows_of(table, "deviations_covered") == {
        ("P", 0, "chat"): row("P", "chat", {"near": 0.1, "far": 0.12}),
        ("P", 0, "code"): row("P", "code", {"far": 1.0}),
        ("F", 0, "chat"): row("F", "chat", {"far": 0.9 * 0.2}),
        ("F", 0, "code"): row("F", "code", {"far": 0.5}),
    }


def test_no_row_where_all_may_deviate_or_none():
    assert rows_of(table_with(2), "deviations_covered") == {}
    assert rows_of(table_with(0), "deviations_covered") == {}
