"""``encode_feeds_prefill``: per workload with images and split of its TTFT, what is encoded is what prefill takes."""

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

ENCODED = {
    "near after early": ("early", "near"),
    "near after late": ("late", "near"),
    "far after late": ("late", "far"),
}


def x(lane_name, workload, way):
    return "Routed_rps", (lane_name, workload, way)


def test_rates_balance_at_every_split_whatever_the_handover():
    table = table_of(
        lanes=[
            lane("E1", "encode", "A", 1, {("look", "early"): 0.3, ("look", "late"): 0.2}),
            lane("E2", "encode", "B", 1, {("look", "late"): 0.1}),
            lane("P1", "prefill", "A", 4, {("look", "near after early"): 0.5, ("chat", "near"): 0.4}),
            lane("P2", "prefill", "B", 4, {("look", "near after late"): 0.6, ("look", "far after late"): 0.7}),
            lane("D1", "decode", "A", 4, {("look", "near"): 0.2, ("chat", "near"): 0.3}),
            lane("D2", "decode", "B", 4, {("look", "far"): 0.2}),
            lane("M", "mixed", "A", 8, {("look", ""): 0.9}),
        ],
        nodes=[("A", 8, 40.0, None), ("B", 8, 50.0, None)],
        required_rps={"look": 5.0, "chat": 1.0},
        encoded=ENCODED,
    )
    # early: x[E1] = x[P1]      late: x[E1] + x[E2] = x[P2 near] + x[P2 far];      chat has no images, M encodes itself
    assert rows_of(table, "encode_feeds_prefill") == {
        ("look", "early"): Row({x("E1", "look", "early"): 1.0, x("P1", "look", "near after early"): -1.0}, 0.0, 0.0),
        ("look", "late"): Row(
            {
                x("E1", "look", "late"): 1.0,
                x("E2", "look", "late"): 1.0,
                x("P2", "look", "near after late"): -1.0,
                x("P2", "look", "far after late"): -1.0,
            },
            0.0,
            0.0,
        ),
    }
    # and at a handover all splits add up: x[P1] + x[P2 near] = x[D1]
    assert rows_of(table, "prefill_feeds_decode")[("look", "near")] == Row(
        {
            x("P1", "look", "near after early"): 1.0,
            x("P2", "look", "near after late"): 1.0,
            x("D1", "look", "near"): -1.0,
        },
        0.0,
        0.0,
    )


def test_no_row_without_images():
    table = table_of(
        lanes=[
            lane("P", "prefill", "A", 4, {("chat", "near"): 0.5}),
            lane("D", "decode", "A", 4, {("chat", "near"): 0.2}),
        ],
        nodes=[("A", 8, 40.0, None)],
        required_rps={"chat": 5.0},
    )
    assert rows_of(table, "encode_feeds_prefill") == {}
