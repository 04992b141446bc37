"""Workload classes: laws they obey, clusters they find, the YAML they become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from pdopt import read_fleet
from pdopt.fleet.faults import FleetFaults
from pdopt.traces.block import block
from pdopt.traces.classes import workloads
from pdopt.traces.into import put_into
from pdopt.traces.read import read_trace
from pdopt.traces.requests import Requests

DATA = Path(__file__).parents[1] / "data/traces"
CONV = read_trace(DATA / "azure2023_conv.csv.gz")
MOONCAKE = read_trace(DATA / "mooncake_conversation.jsonl.gz")
SLO = {"ttft_p95_ms": 2000.0, "tpot_mean_ms": 50.0}

FLEET = """\
# what we run
skus:
  node: {gpu: h200-sxm, gpus: 8, usd_per_hour: 63.3}
models:
  llama:
    prefill: [{gpu: h200-sxm, gpus: 8, input_tokens: 1000, tokens_per_s: 28309}]
    decode: [{gpu: h200-sxm, gpus: 8, input_tokens: 1000, output_tokens: 512, batch: 10, tpot_ms: 12.8}]
"""


def trace(input_tokens: NDArray[Any], output_tokens: NDArray[Any], span_s: float = 1000.0) -> Requests:
    arrival_s = np.linspace(0, span_s, len(input_tokens))
    columns = (np.asarray(tokens, dtype=np.int32) for tokens in (input_tokens, output_tokens))
    return Requests("synthetic", "own columns", arrival_s, *columns, None, "", None, ())


@pytest.mark.parametrize("requests", [CONV, MOONCAKE], ids=["azure", "mooncake"])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, None])
def test_classes_add_up_to_the_trace(requests: Requests, count: int | None) -> None:
    found = workloads(requests, count)
    classes = found.classes
    assert sum(known.requests for known in classes) == len(requests)
    for tokens, name in ((requests.input_tokens, "input_tokens"), (requests.output_tokens, "output_tokens")):
        assert sum(known.share * getattr(known, name) for known in classes) == pytest.approx(tokens.mean(), rel=1e-12)
    assert sum(known.share * known.new_tokens for known in classes) == pytest.approx(requests.new_tokens.mean())
    assert sum(known.requests_per_second for known in classes) == pytest.approx(len(requests) / requests.span_s)
    second = sum(known.share * known.new_tokens**2 * (1 + known.prefill_service_cv2) for known in classes)
    assert second == pytest.approx(np.mean(requests.new_tokens.astype(float) ** 2), rel=1e-12)
    assert count is None or len(classes) == count
    assert len({known.name for known in classes}) == len(classes)


def test_one_class_has_the_variability_of_the_trace() -> None:
    (known,) = workloads(CONV, 1).classes
    assert known.prefill_service_cv2 == pytest.approx(np.var(CONV.input_tokens) / np.mean(CONV.input_tokens) ** 2)
    assert known.share == 1


def test_planted_clusters_are_found() -> None:
    random = np.random.default_rng(11)
    short = random.random(6000) < 0.7
    given = np.where(short, random.normal(300, 30, 6000), random.normal(6000, 500, 6000)).astype(int)
    got = np.where(short, random.normal(400, 40, 6000), random.normal(60, 6, 6000)).astype(int)
    requests = trace(given, got)
    for found in (workloads(requests, 2), workloads(requests, None)):
        first, second = found.classes
        assert (first.requests, second.requests) == (short.sum(), (~short).sum())
        assert first.input_tokens == pytest.approx(given[short].mean())
        assert second.output_tokens == pytest.approx(got[~short].mean())
        assert first.name == "in300-out400"
        assert found.within_cv2 < 0.02


def test_automatic_count_is_the_fewest_that_is_narrow() -> None:
    chosen = len(workloads(CONV, None).classes)
    assert workloads(CONV, chosen).within_cv2 < 0.3 < workloads(CONV, chosen - 1).within_cv2
    same = trace(np.full(100, 500), np.full(100, 50))
    assert len(workloads(same, None).classes) == 1


def test_there_are_no_more_classes_than_lengths() -> None:
    two = trace(np.repeat([10, 5000], 50), np.repeat([10, 20], 50))
    assert len(workloads(two, 6).classes) == 2
    assert len(workloads(trace(np.full(9, 7), np.full(9, 7)), 4).classes) == 1


def test_large_traces_are_grouped_from_a_sample_into_the_same_clusters() -> None:
    random = np.random.default_rng(5)
    short = random.random(50_000) < 0.5
    given = np.where(short, random.integers(90, 110, 50_000), random.integers(4000, 5000, 50_000))
    first, second = workloads(trace(given, np.full(50_000, 100)), 2).classes
    assert (first.requests, second.requests) == (short.sum(), (~short).sum())


def test_rate_statistics() -> None:
    given = np.full(1300, 100)
    arrival_s = np.concatenate([np.arange(0, 600, 1.0), np.arange(600, 660, 0.1), np.arange(660, 760, 1.0)])
    requests = replace(trace(given, given), arrival_s=arrival_s)
    assert workloads(requests, 1, "mean").rate_rps == pytest.approx(1300 / 759)
    assert workloads(requests, 1, "peak-minute").rate_rps == pytest.approx(10)
    minutes = [1.0] * 11 + [10.0]
    assert workloads(requests, 1, "p95-minute").rate_rps == pytest.approx(np.percentile(minutes, 95))


def test_cached_tokens_leave_fewer_to_compute() -> None:
    requests = replace(
        trace(np.full(100, 1000), np.full(100, 10)), cached_tokens=np.repeat([0, 800], 50).astype(np.int32)
    )
    one = workloads(requests, 1).classes[0]
    assert (one.input_tokens, one.cached_tokens) == (1000, 400)
    assert one.prefill_service_cv2 == pytest.approx(400**2 / 600**2)
    first, second = workloads(requests, 2).classes
    assert (first.cached_tokens, second.cached_tokens) == (800, 0)
    assert first.name != second.name


# -- hours ----------------------------------------------------------------------------------------------------------


def test_hours_of_a_long_trace_have_their_own_rates() -> None:
    day = np.concatenate([np.arange(0, 12 * 3600, 10.0), np.arange(12 * 3600, 24 * 3600, 2.0)])
    arrival_s = np.concatenate([day, day + 86400])
    fill = np.full(len(arrival_s), 100)
    found = workloads(replace(trace(fill, fill), arrival_s=arrival_s), 1)
    assert [hour.requests_per_second for hour in found.hours] == pytest.approx([0.1] * 12 + [0.5] * 12, rel=1e-3)
    late = workloads(replace(trace(fill, fill), arrival_s=arrival_s, start_s=86400.0 * 20_000 + 6 * 3600), 1)
    expected = [0.5] * 6 + [0.1] * 12 + [0.5] * 6
    assert [hour.requests_per_second for hour in late.hours] == pytest.approx(expected, rel=1e-3)
    assert "by hour of the day (UTC)" in block(late, "llama", SLO)
    assert workloads(CONV, 2).hours == ()


def test_hours_that_a_trace_misses_have_no_rate() -> None:
    arrival_s = np.arange(0, 21 * 3600, 60.0)
    fill = np.full(len(arrival_s), 100)
    hours = workloads(replace(trace(fill, fill), arrival_s=arrival_s), 1).hours
    assert [hour.requests_per_second is None for hour in hours] == [False] * 21 + [True] * 3
    total = sum(3600 * (hour.requests_per_second or 0) for hour in hours)
    assert total == pytest.approx(len(fill), rel=2e-3)


# -- the block ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("requests", [CONV, MOONCAKE], ids=["azure", "mooncake"])
def test_the_block_passes_read_fleet_and_says_the_same(requests: Requests, tmp_path: Path) -> None:
    found = workloads(requests, 4, "peak-minute")
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + block(found, "llama", SLO))
    fleet = read_fleet(file)
    assert list(fleet.workloads) == [known.name for known in found.classes]
    for known in found.classes:
        read = fleet.workloads[known.name]
        assert read.demand_rps == pytest.approx(known.requests_per_second, rel=1e-5)
        assert (read.input_tokens, read.cached_tokens) == pytest.approx(
            (known.input_tokens, known.cached_tokens), abs=0.01
        )
        assert read.prefill_service_cv2 == pytest.approx(known.prefill_service_cv2, rel=1e-5)
        assert {target.statistic for target in read.targets} == {"p95", "mean"}
    assert sum(workload.demand_rps for workload in fleet.workloads.values()) == pytest.approx(found.rate_rps, rel=1e-5)


def test_same_trace_same_bytes() -> None:
    texts = {block(workloads(read_trace(DATA / "azure2023_conv.csv.gz"), None), "llama", SLO) for _ in range(2)}
    assert len(texts) == 1
    (text,) = texts
    assert "azure2023_conv.csv.gz" in text
    assert "2023-11-16 18:15:46 UTC" in text
    assert str(DATA) not in text


@pytest.mark.parametrize("model", ["007", "yes", "a: b", "llama #1", "ünïcode", "1e3"])
def test_any_model_name_survives_the_block(model: str) -> None:
    read = yaml.safe_load(block(workloads(CONV, 1), model, SLO))
    assert {entry["model"] for entry in read["workloads"].values()} == {model}


def test_tiny_numbers_are_numbers_in_yaml() -> None:
    rare = trace(np.full(3, 100), np.full(3, 10), span_s=3e7)
    (entry,) = yaml.safe_load(block(workloads(rare, 1), "llama", SLO))["workloads"].values()
    assert entry["requests_per_second"] == pytest.approx(1e-7)
    assert entry["prefill_service_cv2"] == 0


# -- into a fleet ---------------------------------------------------------------------------------------------------

OTHERS = """\
workloads:
    # flow
    chat: {model: llama, input_tokens: 1, output_tokens: 1, requests_per_second: 1,
           slo: {ttft_mean_ms: 1, tpot_mean_ms: 1}}

    # nested
    batch:
      model: llama
      input_tokens: 1
      output_tokens: 1
      requests_per_second: 1
      slo:
        ttft_mean_ms: 1
        tpot_mean_ms: 1
    # after
"""
TRANSFER = "\n# about transfer\ntransfer: {overhead_ms: 50}\n"


@pytest.mark.parametrize("before", ["", "workloads:  # soon\n", "workloads: {} # soon\n", "workloads: null\n", OTHERS])
@pytest.mark.parametrize("after", ["", TRANSFER])
@pytest.mark.parametrize("replacing", [False, True])
def test_workloads_go_into_a_fleet_and_leave_the_rest(before: str, after: str, replacing: bool, tmp_path: Path) -> None:
    file, new = tmp_path / "fleet.yaml", tmp_path / "new.yaml"
    file.write_text(FLEET + before + after)
    found = workloads(CONV, 2)
    new.write_text(put_into(file, found, "llama", SLO, replacing))
    others = ["chat", "batch"] if before == OTHERS and not replacing else []
    assert list(read_fleet(new).workloads) == [*others, *(known.name for known in found.classes)]
    words = [line[line.index("#") :] for line in file.read_text().splitlines() if "#" in line]
    assert all(word in new.read_text() for word in words)
    assert read_fleet(new).transfer.overhead_s == (0.05 if after else 0)
    assert file.read_text() == FLEET + before + after


HAND = """\
  # by hand
  night: {model: other, input_tokens: 1, output_tokens: 1, requests_per_second: 1,
          slo: {ttft_mean_ms: 1, tpot_mean_ms: 1}}
"""


@pytest.mark.parametrize("before", ["", "workloads:\n" + HAND])
@pytest.mark.parametrize("requests", [CONV, MOONCAKE, replace(CONV, cache_source="recorded")])
def test_replacing_takes_the_old_heading_along(requests: Requests, before: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    days = replace(requests, arrival_s=requests.arrival_s * 300)
    file.write_text(FLEET.replace("models:\n", "models:\n  other: {}\n") + before)
    texts = []
    for found in (workloads(days, 2), workloads(requests, 3), workloads(requests, 3)):
        file.write_text(put_into(file, found, "llama", SLO, replace=True))
        texts.append(file.read_text())
        for words in ("# Workloads from ", "# They share ", "# prefill_service_cv2 is", "# the time to prefill"):
            assert texts[-1].count(words) == 1
    assert "by hour" in texts[0]
    assert "by hour" not in texts[1]
    assert texts[1] == texts[2]
    assert all((before in text) for text in texts)


def test_a_heading_stays_while_workloads_of_it_do(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET.replace("models:\n", "models:\n  other: {}\n"))
    for model, prefix in (("llama", "a-"), ("other", "b-")):
        file.write_text(put_into(file, workloads(CONV, 2, prefix=prefix), model, SLO, replace=True))
    assert file.read_text().count("# Workloads from ") == 2
    text = put_into(file, workloads(MOONCAKE, 2, prefix="c-"), "llama", SLO, replace=True)
    headings = [line.strip() for line in text.splitlines() if "# Workloads from " in line]
    assert [heading.split()[3] for heading in headings] == [CONV.file, MOONCAKE.file]
    assert next(iter(yaml.safe_load(text)["workloads"])).startswith("b-")


def test_a_fleet_that_cannot_take_the_workloads_says_why(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    found = workloads(CONV, 1)
    name = found.classes[0].name
    for text, said in (
        (FLEET + f"workloads:\n  {name}: {{model: llama}}\n", "use --replace or --prefix"),
        (FLEET + "workloads: {chat: {model: llama}}\n", "one name below the other"),
        (FLEET + "workloads: [1]\n", "one name below the other"),
        ("models: {lama: {}}\n", "did you mean lama?"),
        ("- 1\n", "is no fleet"),
        ("a: [\n", "cannot be read"),
    ):
        file.write_text(text)
        with pytest.raises(FleetFaults, match=said.replace("?", r"\?")):
            put_into(file, found, "llama", SLO)
