"""Calibration: parameters known beforehand are found again, from data that share no code with the fit."""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import pytest

from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Assumptions
from pdopt.studies.calibrate.bases import Bases
from pdopt.studies.calibrate.calibrate import calibrate
from pdopt.studies.calibrate.fit import fit
from pdopt.studies.calibrate.forward import ttft_on_s
from pdopt.studies.calibrate.observation import Observation
from pdopt.studies.calibrate.parameters import NAMES, Start, parameters_of, wanted

LENGTH, BUSY = 2000, 10_000.0  # 0.2 s of service at the speed that was measured beforehand


def write(folder: Path, rows: list[dict[str, object]], name: str = "points.csv") -> Path:
    file = folder / name
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return file


def prefill_row(rate: float, ttft_s: float, **others: object) -> dict[str, object]:
    shape = {"model": "own", "gpu": "h200-sxm", "gpus": 8, "input_tokens": LENGTH, "tokens_per_s": BUSY}
    return {**shape, "requests_per_second": rate, "ttft_mean_ms": ttft_s * 1e3, **others}


def mg1(rate: float, service_s: float, overhead_s: float, cv2: float) -> float:
    """Pollaczek and Khinchine, by hand."""
    busy = rate * service_s
    return overhead_s + service_s + busy * service_s * (1 + cv2) / 2 / (1 - busy)


def estimates(file: Path, **how: object) -> dict[str, object]:
    answer = calibrate(file, Bases(), **how)  # type: ignore[arg-type]
    assert len(answer.sides) == 1
    return {estimate.name: estimate for estimate in answer.sides[0].fit.estimates}


def holds(estimate, truth: float) -> bool:
    return estimate.fitted and estimate.low <= truth <= estimate.high


# -- prefill --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("truth", [(0.8, 0.15, 1.0), (1.1, 0.05, 0.3), (1.0, 0.3, 2.5)])
def test_exact_data_give_the_exact_parameters(tmp_path, truth):
    speed, overhead_s, cv2 = truth
    service_s = 0.2 / speed
    rows = [
        prefill_row(x / service_s, mg1(x / service_s, service_s, overhead_s, cv2)) for x in (0.1, 0.3, 0.5, 0.7, 0.9)
    ]
    found = estimates(write(tmp_path, rows))
    assert found["speed"].value == pytest.approx(speed, rel=1e-4)
    assert found["overhead"].value == pytest.approx(overhead_s, rel=1e-3)
    assert found["variability"].value == pytest.approx(cv2, rel=1e-2)


@pytest.mark.parametrize("outliers", [0.0, 0.1])
def test_intervals_hold_the_truth_about_as_often_as_they_say(outliers):
    random_, service_s, held = random.Random(7), 0.2 / 0.9, []
    for _ in range(40):
        seen = []
        for i in range(16):
            rate = 0.92 * (i + 1) / 16 / service_s
            noise = math.exp(random_.gauss(0, 0.04)) * (3 if random_.random() < outliers else 1)
            ttft_s = mg1(rate, service_s, 0.15, 1.0) * noise
            seen.append(Observation(i, "", "1P", ttft_s, rate, service_s=0.2))
        every = parameters_of("prefill", Start(), min(o.measured_s for o in seen))
        found = {e.name: e for e in fit(seen, every, wanted(every, ("speed", "overhead")), ttft_on_s).estimates}
        held += [holds(found["speed"], 0.9), holds(found["overhead"], 0.15)]
    assert len(held) == 80
    assert sum(held) / len(held) >= 0.8
    assert found["speed"].high / found["speed"].low < 1.15  # and they are not merely wide


def test_a_simulated_queue_is_found_again(tmp_path):
    """Lindley's recursion with gamma-distributed service of cv² 0.25: no formula of a mean wait anywhere."""
    random_, rows = random.Random(3), []
    for busy in (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.85):
        wait_s = total_s = 0.0
        for _ in range(60_000):
            service_s = random_.gammavariate(4, 0.25 / 4)
            total_s += wait_s + service_s
            wait_s = max(0.0, wait_s + service_s - random_.expovariate(busy / 0.25))
        rows.append(prefill_row(busy / 0.25, 0.1 + total_s / 60_000))
    found = estimates(write(tmp_path, rows))
    assert found["speed"].value == pytest.approx(0.8, rel=0.03)
    assert found["overhead"].value == pytest.approx(0.1, abs=0.02)
    assert found["variability"].value == pytest.approx(0.25, abs=0.2)
    assert holds(found["speed"], 0.8)


def test_instances_and_data_parallel_groups_share_the_load(tmp_path):
    rows = []
    for busy in (0.1, 0.4, 0.6, 0.8, 0.9):
        service_s = 4 * 0.2 / 0.9  # one of four groups has a quarter of the instance
        rate = 3 * 4 * busy / service_s  # over three instances of four queues
        ttft_s = mg1(busy / service_s, service_s, 0.2, 1.0)
        rows.append(prefill_row(rate, ttft_s, prefill_instances=3, dp=4))
    found = estimates(write(tmp_path, rows), names=("speed", "overhead"))
    assert found["speed"].value == pytest.approx(0.9, rel=1e-4)
    assert found["overhead"].value == pytest.approx(0.2, rel=1e-3)


def test_cached_tokens_are_not_computed(tmp_path):
    others = {"input_tokens": LENGTH + 500, "cached_tokens": 500}
    rows = [prefill_row(x * 5, mg1(x * 5, 0.2, 0.1, 1.0), **others) for x in (0.2, 0.5, 0.7, 0.9)]
    assert estimates(write(tmp_path, rows), names=("speed", "overhead"))["speed"].value == pytest.approx(1, rel=1e-4)


def test_percentiles_are_fitted_where_no_mean_is_given_and_compared_where_one_is(tmp_path):
    service_s, rows = 0.25, []
    for busy in (0.1, 0.4, 0.6, 0.8, 0.9):
        sojourn_s = service_s / (1 - busy)  # exponential in M/M/1
        tails = {f"ttft_p{p}_ms": (0.1 + sojourn_s * math.log(100 / (100 - p))) * 1e3 for p in (50, 99)}
        rows.append(prefill_row(busy / service_s, 0.1 + sojourn_s) | tails)
    beside = calibrate(write(tmp_path, rows), Bases(), names=("speed", "overhead")).sides[0]
    assert beside.percentiles.count == 10
    assert beside.percentiles.worst < 1e-3
    for row in rows:
        del row["ttft_mean_ms"]
    found = estimates(write(tmp_path, rows), names=("speed", "overhead"))
    assert found["speed"].value == pytest.approx(0.8, rel=1e-3)


# -- what the data do not tell --------------------------------------------------------------------------------------


def test_light_loads_do_not_tell_overhead_from_service(tmp_path):
    random_ = random.Random(1)
    loads = [0.02, 0.03, 0.04, 0.05, 0.06, 0.07]
    rows = [prefill_row(x * 5, mg1(x * 5, 0.2, 0.1, 1.0) * math.exp(random_.gauss(0, 0.03))) for x in loads]
    found = estimates(write(tmp_path, rows), start=Start(overhead_s=0.1))
    assert found["speed"].fitted
    assert not found["overhead"].fitted
    assert not found["variability"].fitted
    assert (found["overhead"].value, found["variability"].value) == (0.1, 1.0)
    assert "take each other's place" in found["overhead"].held
    assert holds(found["speed"], 1.0)


def test_two_points_do_not_tell_three_numbers(tmp_path):
    rows = [prefill_row(x, mg1(x, 0.2, 0.1, 1.0)) for x in (1.0, 4.0)]
    found = estimates(write(tmp_path, rows))
    assert found["variability"].held == "2 load points cannot tell 3 numbers"
    assert not found["overhead"].fitted


def test_what_is_not_asked_for_stays(tmp_path):
    rows = [prefill_row(x * 5, mg1(x * 5, 0.25, 0.1, 1.0)) for x in (0.2, 0.4, 0.6, 0.7)]
    start = Start(0.1, Assumptions(prefill_service_cv2=1.0))
    found = estimates(write(tmp_path, rows), start=start, names=("speed",))
    assert found["speed"].value == pytest.approx(0.8, rel=1e-5)
    assert found["overhead"].held == found["variability"].held == "not asked for"
    none = estimates(write(tmp_path, rows), start=start, names=("interference",))
    assert [e.fitted for e in none.values()] == [False] * 3


def test_a_point_past_the_limit_is_called_overloaded(tmp_path):
    rows = [prefill_row(x * 5, mg1(x * 5, 0.2, 0.1, 1.0)) for x in (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)]
    rows.append(prefill_row(1.5 * 5, 30.0))  # an offered rate: the queue grew until the run ended
    side = calibrate(write(tmp_path, rows), Bases(), names=("speed", "overhead")).sides[0]
    assert side.before.overloaded == side.after.overloaded == 1
    assert side.fit.values["speed"] == pytest.approx(1.0, rel=0.02)
    assert side.worst[0].observation.line == 9


def test_a_test_does_not_see_what_it_predicts(tmp_path):
    """The heavier half is nonsense: the fit of the lighter half is exact, and so wrong there by what is known."""
    light = [prefill_row(x, mg1(x, 0.25, 0.1, 1.0)) for x in (0.4, 1.2, 2.0, 2.8)]
    heavy = [prefill_row(x, 2 * mg1(x, 0.25, 0.1, 1.0)) for x in (3.0, 3.2, 3.4, 3.6)]
    side = calibrate(write(tmp_path, light + heavy), Bases(), names=("speed", "overhead")).sides[0]
    test = next(test for test in side.tests if test.name == "heavier loads")
    assert (test.errors.count, test.fitted_on) == (4, "the 4 lightest")
    assert test.errors.mean == pytest.approx(0.5, abs=1e-3)
    assert {test.name for test in side.tests} == {"every other load", "heavier loads", "each point"}


# -- decode ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def profiles(tmp_path):
    """A decode curve of 10 ms and 0.2 ms per request in flight."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    shape = {"gpu": "h200-sxm", "gpus": 8, "input_tokens": 1000, "output_tokens": 101}
    write(folder, [{**shape, "batch": b, "tpot_ms": 10 + 0.2 * b} for b in (1, 20, 60, 100)], "decode.csv")
    return folder


def decode_row(**others: object) -> dict[str, object]:
    shape = {"model": "own", "gpu": "h200-sxm", "gpus": 8, "input_tokens": 1000, "output_tokens": 101}
    return {**shape, **others}


def test_interference_on_a_steady_batch(tmp_path, profiles):
    rows = []
    for batch in (10, 30, 50, 80):
        tpot_ms = 1.15 * (10 + 0.2 * batch)
        rate = 2 * batch / (101 * tpot_ms / 1e3)  # two instances
        rows.append(decode_row(requests_per_second=rate, tpot_mean_ms=tpot_ms, decode_instances=2))
    side = calibrate(write(tmp_path, rows), Bases(folder=profiles)).sides[0]
    assert side.fit.values["interference"] == pytest.approx(1.15, rel=1e-5)
    assert side.before.mean > 0.13
    assert side.after.worst < 1e-4


def test_interference_that_grows_with_the_batch(tmp_path, profiles):
    rows = []
    for batch in (10, 30, 50, 80, 95):
        tpot_ms = 1.1 * (10 + 0.2 * batch) * (1 + 0.3 * batch / 100)
        rows.append(decode_row(requests_per_second=batch / (101 * tpot_ms / 1e3), tpot_mean_ms=tpot_ms))
    side = calibrate(write(tmp_path, rows), Bases(folder=profiles), names=NAMES).sides[0]
    assert side.fit.values["interference"] == pytest.approx(1.1, rel=0.02)
    assert side.fit.values["slope"] == pytest.approx(0.3, abs=0.05)


def test_interference_under_open_arrivals(tmp_path, profiles):
    """States of a birth-death chain, summed one by one."""
    rows = []
    for rate in (4.0, 12.0, 20.0, 26.0):
        chance, chances = 1.0, [1.0]
        for n in range(1, 1500):
            tpot_s = 1.2 * (10 + 0.2 * min(n, 100)) / 1e3 * max(1, n / 100)
            chance *= rate * 101 * tpot_s / n
            chances.append(chance)
        present = sum(n * c for n, c in enumerate(chances)) / sum(chances)
        rows.append(decode_row(requests_per_second=rate, tpot_mean_ms=present / (rate * 101) * 1e3))
    start = Start(assumptions=Assumptions(decode_load="open"))
    side = calibrate(write(tmp_path, rows), Bases(folder=profiles), start).sides[0]
    assert side.fit.values["interference"] == pytest.approx(1.2, rel=1e-3)


def test_a_fixed_number_in_flight(tmp_path, profiles):
    """Little's law gives rate and batch; TTFT of one request alone is overhead and service, of more it is not used."""
    rows = []
    for in_flight in (1, 20, 40, 80):
        ttft_s = 0.1 + 0.25 if in_flight == 1 else 0.9
        batch = float(in_flight)
        for _ in range(200):  # the part of the time that a request decodes
            tpot_s = 1.1 * (10 + 0.2 * max(batch, 1)) / 1e3
            batch = in_flight * 100 * tpot_s / (ttft_s + 100 * tpot_s)
        known = {"tpot_mean_ms": tpot_s * 1e3, "ttft_mean_ms": ttft_s * 1e3, "tokens_per_s": 5000}
        rows.append(decode_row(concurrency=in_flight, prefill_instances=1, decode_instances=1, **known))
    for busy in (0.4, 0.8):
        rate = busy / 0.25
        known = {"ttft_mean_ms": mg1(rate, 0.25, 0.1, 1.0) * 1e3, "tokens_per_s": 5000}
        rows.append(decode_row(requests_per_second=rate, prefill_instances=1, **known))
    answer = calibrate(write(tmp_path, rows), Bases(folder=profiles), names=("speed", "overhead", "interference"))
    decode, prefill = answer.sides
    assert decode.fit.values["interference"] == pytest.approx(1.1, rel=1e-3)
    assert prefill.after.count == 3
    assert prefill.fit.values["speed"] == pytest.approx(0.8, rel=1e-3)
    assert prefill.fit.values["overhead"] == pytest.approx(0.1, rel=1e-2)
    assert len(answer.notes) == 3
    assert "is not used" in answer.notes[0]


# -- the door -------------------------------------------------------------------------------------------------------


def faults(file: Path, bases: Bases) -> list[str]:
    with pytest.raises(FleetFaults) as raised:
        calibrate(file, bases)
    return [f"{fault.line}: {fault.sentence}" for fault in raised.value.faults]


def test_one_load_cannot_be_fitted(tmp_path):
    said = faults(write(tmp_path, [prefill_row(1.0, 0.3), prefill_row(1.0, 0.31)]), Bases())
    assert said == ["2: own prefill on 8xh200-sxm is measured at one load only; add rows at other loads"]


def test_two_starts_at_one_length(tmp_path):
    rows = [prefill_row(1.0, 0.3), prefill_row(2.0, 0.4), prefill_row(3.0, 0.5, tokens_per_s=9000)]
    assert "set them apart with setup" in faults(write(tmp_path, rows), Bases())[0]


def test_a_batch_past_the_profile(tmp_path, profiles):
    rows = [decode_row(concurrency=n, requests_per_second=50.0, tpot_mean_ms=40.0) for n in (210, 220)]
    assert all("profile ends at 100" in sentence for sentence in faults(write(tmp_path, rows), Bases(folder=profiles)))


def test_two_llms_and_one_folder(tmp_path, profiles):
    rows = [decode_row(model=m, requests_per_second=r, tpot_mean_ms=14.0) for m in "ab" for r in (1.0, 2.0)]
    assert "is one LLM's; calibrate one at a time" in faults(write(tmp_path, rows), Bases(folder=profiles))[0]


def test_queues_that_only_wait_for_answers_are_nothing_to_fit(tmp_path):
    known = {"prefill_instances": 1, "decode_instances": 1, "tokens_per_s": BUSY, "ttft_mean_ms": 500}
    rows = [decode_row(concurrency=8, requests_per_second=r, **known) for r in (1.0, 2.0)]
    assert "holds nothing that can be fitted" in faults(write(tmp_path, rows), Bases())[0]
