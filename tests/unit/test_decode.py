"""One decode instance: the best batch within a TPOT on curves as they are measured; numbers derived by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.samples import PAPER_CURVE, workload_of

from pdopt.capacity.decode import BatchCurve, batch_curve, throughput_tps
from pdopt.capacity.refusal import OutOfRange, Unreachable
from pdopt.fleet.fleet import Assumptions, Target
from pdopt.fleet.profiles import DecodeCurve, DecodeProfile, Shape

STEADY, QUADRATIC, OPEN = Assumptions(), Assumptions(decode_fit="quadratic"), Assumptions(decode_load="open")
WORKLOAD = workload_of(tokens=(900, 200))  # mean context 1000


def curve_of(points):
    batches, tpot_ms = zip(*points, strict=True)
    return BatchCurve(np.array(batches, dtype=float), np.array(tpot_ms) / 1e3)


def profile(*curves, kv_tokens=None):
    """Curves are (input, output, points)."""
    made = (
        DecodeCurve(i, o, tuple(b for b, _ in points), tuple(t / 1e3 for _, t in points)) for i, o, points in curves
    )
    return DecodeProfile(Shape("g", 8), tuple(made), kv_tokens)


def tps(curve, tpot_ms, assumptions=STEADY, statistic="mean"):
    return throughput_tps(curve, Target("tpot", statistic, tpot_ms / 1e3), assumptions)


def points_of(curve):
    return dict(zip(curve.batches.tolist(), (curve.tpot_s * 1e3).tolist(), strict=True))


# -- one curve --------------------------------------------------------------------------------------------------------


def test_the_papers_curve():
    curve = curve_of(PAPER_CURVE)
    assert tps(curve, 20) == pytest.approx(1714.29, abs=0.005)  # batch 30 + 10 x 1.2/2.8 = 34.286 at 20 ms
    assert tps(curve, 20, QUADRATIC) == pytest.approx(1690.95, abs=0.05)  # the demo
    assert tps(curve, 12.8) == pytest.approx(781.25)
    assert tps(curve, 26.2) == tps(curve, 1000) == pytest.approx(60 / 0.0262)


@pytest.mark.parametrize(
    ("tpot_ms", "expected"),
    [
        (10, 100),  # batch 1
        (11, 4 / 0.011),  # batch 4, where TPOT has fallen back to 11 ms; batch 1.5 yields 136
        (11.5, 4.4 / 0.0115),  # on the way from (4, 11) to (8, 16); (1.75, 11.5) and (3, 11.5) yield less
        (12, 4.8 / 0.012),
        (16, 500),  # batch 8
        (99, 500),
    ],
)
def test_a_curve_whose_tpot_falls(tpot_ms, expected):
    assert tps(curve_of([(1, 10), (2, 12), (4, 11), (8, 16)]), tpot_ms) == pytest.approx(expected)


def test_a_curve_whose_throughput_falls():
    """800 tok/s at batch 8 are more than 640 at 16 and 25 ms."""
    curve = curve_of([(8, 10), (16, 25)])
    assert [tps(curve, t) for t in (10, 15, 25)] == pytest.approx([800, 800, 800])


def test_one_measured_batch():
    assert tps(curve_of([(8, 10)]), 10) == tps(curve_of([(8, 10)]), 50) == 800


@pytest.mark.parametrize("assumptions", [STEADY, QUADRATIC, OPEN])
def test_below_the_smallest_tpot(assumptions):
    with pytest.raises(Unreachable) as raised:
        tps(curve_of([(2, 11), (4, 10.5), (8, 16)]), 10.4, assumptions)
    assert raised.value.best_s == pytest.approx(0.0105)


def test_the_quadratic_needs_three_points():
    with pytest.raises(OutOfRange, match="at least three"):
        tps(curve_of([(2, 11), (4, 12)]), 20, QUADRATIC)


def test_a_quadratic_through_equal_tpots_is_none():
    with pytest.raises(OutOfRange, match="at least three"):
        tps(curve_of([(1, 10), (2, 10), (3, 10), (4, 12)]), 11, QUADRATIC)


def test_a_quadratic_that_dips_below_zero_serves_nobody():
    """A curve that is steep, then flat: the parabola through it starts at less than nothing, and rises later."""
    curve = curve_of([(1, 13.7), (2, 18.9), (4, 26.5), (8, 32.2), (16, 34.4), (32, 34.9), (64, 44.3), (128, 63.9)])
    with pytest.raises(OutOfRange, match=r"no throughput up to 13\.7 ms; use linear"):
        tps(curve, 13.7, QUADRATIC)
    assert tps(curve, 45, QUADRATIC) > 0


@given(
    steps=st.lists(st.tuples(st.integers(1, 20), st.floats(0.85, 1.4)), min_size=3, max_size=7),
    targets=st.tuples(st.floats(1.0, 4.0), st.floats(1.0, 4.0)),
    assumptions=st.sampled_from([STEADY, QUADRATIC, OPEN]),
)
def test_a_looser_target_never_yields_less(steps, targets, assumptions):
    points, batch, tpot = [], 0, 10.0
    for more, factor in steps:
        batch, tpot = batch + more, tpot * factor
        points.append((batch, tpot))
    curve = curve_of(points)
    least = float(curve.tpot_s[0]) * 1e3 * (1 + 1e-6)
    tight, loose = sorted(targets)
    try:
        some = tps(curve, least * tight, assumptions)
    except OutOfRange:  # no quadratic goes through this curve
        assume(False)
    assert 0 < some <= tps(curve, least * loose, assumptions) * (1 + 1e-9)


# -- at the lengths of a workload --------------------------------------------------------------------------------------

LINE = [(b, 10 + b) for b in range(1, 21)]


def test_the_kv_cache_caps_the_batch():
    """10 000 tokens hold ten contexts of 1000: 10 requests at 20 ms; without the cap it is 20 at 30 ms."""
    assert tps(batch_curve(profile((900, 200, LINE), kv_tokens=10_000), WORKLOAD), 99) == pytest.approx(500)
    assert tps(batch_curve(profile((900, 200, LINE)), WORKLOAD), 99) == pytest.approx(20 / 0.03)
    assert tps(batch_curve(profile((900, 200, LINE), kv_tokens=10_500), WORKLOAD), 99) == pytest.approx(10.5 / 0.0205)


def test_a_kv_cache_below_the_smallest_measured_batch():
    with pytest.raises(OutOfRange, match="KV cache"):
        batch_curve(profile((900, 200, [(2, 10), (4, 12)]), kv_tokens=1999), WORKLOAD)
    assert points_of(batch_curve(profile((900, 200, [(2, 10), (4, 12)]), kv_tokens=2000), WORKLOAD)) == {2.0: 10.0}


def test_between_contexts_tpot_is_read_at_equal_batch():
    """Contexts 600 (1 - 0.4) and 1600 (0.4); batches that both measured: 5 to 15."""
    low = (500, 200, [(1, 10), (10, 19), (20, 39)])  # at 5: 14, at 15: 29
    high = (1500, 200, [(5, 20), (15, 40)])  # at 10: 30
    curve = batch_curve(profile(low, high), WORKLOAD)
    assert points_of(curve) == pytest.approx({5.0: 16.4, 10.0: 23.4, 15.0: 33.4})


def test_equal_lengths_come_before_equal_contexts():
    """900 + 200/2 = 800 + 400/2: the curve of the workload's own lengths is taken; without it the slower of the two."""
    own, other, third = (900, 200, [(4, 10)]), (800, 400, [(4, 12)]), (600, 800, [(4, 11)])
    assert points_of(batch_curve(profile(own, other), WORKLOAD)) == {4.0: 10.0}
    assert points_of(batch_curve(profile(other, third), WORKLOAD)) == pytest.approx({4.0: 12.0})


@pytest.mark.parametrize("lengths", [(900, 202), (898, 200)])
def test_no_context_beyond_the_measured(lengths):
    with pytest.raises(OutOfRange, match="measured at mean contexts of 1000 tokens, not at"):
        batch_curve(profile((900, 200, LINE)), workload_of(tokens=lengths))


def test_contexts_whose_batches_do_not_overlap():
    with pytest.raises(OutOfRange, match="do not overlap"):
        batch_curve(profile((500, 200, [(1, 10), (2, 11)]), (1500, 200, [(4, 10), (8, 12)])), WORKLOAD)
