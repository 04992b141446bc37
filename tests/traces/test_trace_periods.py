"""``pdopt trace workloads --periods``: the hours of the day as periods of a fleet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.traces.test_trace_workloads import CONV, FLEET, SLO, trace
from typer.testing import CliRunner

from pdopt import read_fleet
from pdopt.cli.app import app
from pdopt.fleet.faults import FleetFaults
from pdopt.traces.block import block
from pdopt.traces.classes import Workloads, workloads
from pdopt.traces.into import put_into

NIGHT_S, DAY_S = 20.0, 4.0  # between two requests before noon, and after
TARGETS = ("--ttft-ms", "2000", "--tpot-ms", "50")


def found_in(hours: int = 24, start_s: float | None = None) -> Workloads:
    """Two classes of 100 and 1000 input tokens, taking turns, over so many hours."""
    times = np.concatenate([np.arange(0, 43_200, NIGHT_S), np.arange(43_200, 86_400, DAY_S)])
    times = np.append(times[times < hours * 3600], hours * 3600)
    given = np.where(np.arange(len(times)) % 2, 1000, 100)
    requests = replace(trace(given, np.full(len(times), 50)), arrival_s=times, start_s=start_s)
    return workloads(requests, 2, "hourly")


def test_periods_have_the_rates_of_their_hours(tmp_path: Path) -> None:
    found = found_in()
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + block(found, "llama", SLO))
    fleet = read_fleet(file)
    assert [(period.name, period.hours) for period in fleet.periods] == [(f"h{hour:02}", 1) for hour in range(24)]
    for workload in fleet.workloads.values():
        rates = [workload.rate_rps(period.name) for period in fleet.periods]
        assert rates == pytest.approx([0.5 / NIGHT_S] * 12 + [0.5 / DAY_S] * 12, abs=3e-4)
        assert workload.demand_rps == pytest.approx((0.5 / NIGHT_S + 0.5 / DAY_S) / 2, abs=3e-4)
    assert "#   00-11" not in file.read_text()
    assert all(len(line) <= 130 for line in file.read_text().splitlines())


def test_the_clock_of_the_trace_names_the_hours(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + block(found_in(start_s=86_400.0 * 20_000 + 6 * 3600), "llama", SLO))
    chat = next(iter(read_fleet(file).workloads.values()))
    assert {name: rate > 0.1 for name, rate in chat.series_rps.items()} == {
        f"h{hour:02}": hour < 6 or hour >= 18 for hour in range(24)
    }
    assert "the hours of the day (UTC)" in file.read_text()


def test_hours_that_the_trace_misses_are_no_periods(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + block(found_in(hours=21), "llama", SLO))
    assert [period.name for period in read_fleet(file).periods] == [f"h{hour:02}" for hour in range(21)]


def test_the_default_is_as_before() -> None:
    hourly = found_in()
    plain = replace(hourly, statistic="mean")
    assert "periods:" not in block(plain, "llama", SLO)
    assert "#   00-11" in block(plain, "llama", SLO)
    assert [known.requests_per_second for known in plain.classes] == [
        known.requests_per_second for known in hourly.classes
    ]


@pytest.mark.parametrize("before", ["", "workloads: {}\n", "transfer: {overhead_ms: 50}\n"])
def test_periods_go_into_a_fleet_once(before: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + before)
    texts = []
    for prefix in ("a-", "b-", "b-"):
        found = found_in()
        named = tuple(replace(known, name=prefix + known.name) for known in found.classes)
        hours = tuple(
            replace(hour, classes={prefix + name: rate for name, rate in hour.classes.items()}) for hour in found.hours
        )
        found = replace(found, classes=named, hours=hours)
        file.write_text(put_into(file, found, "llama", SLO, replace=prefix == "b-"))
        texts.append(file.read_text())
        fleet = read_fleet(file)
        assert len(fleet.periods) == 24
        assert [name[:2] for name in fleet.workloads] == [prefix, prefix]
        for words in ("# Workloads from ", "# requests_per_second: one mean rate", "periods: {"):
            assert texts[-1].count(words) == 1
    assert texts[1] == texts[2]


@pytest.mark.parametrize("periods", ["{night: 10, day: 14}", "[24]", "{series: demand.csv}"])
def test_other_periods_are_in_the_way(periods: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET + f"periods: {periods}\n")
    with pytest.raises(FleetFaults, match="has periods other than the hours of the trace"):
        put_into(file, found_in(), "llama", SLO)
    assert "periods" not in put_into(file, workloads(CONV, 1), "llama", SLO).replace(f"periods: {periods}", "")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["trace", "workloads", *words, "--model", "llama", *TARGETS])


def test_on_the_command_line(tmp_path: Path) -> None:
    rows = (f"{60 * i},100,10\n" for i in range(25 * 60))
    (tmp_path / "day.csv").write_text("arrival_s,input_tokens,output_tokens\n" + "".join(rows))
    (tmp_path / "fleet.yaml").write_text(FLEET)
    day, planned = str(tmp_path / "day.csv"), tmp_path / "planned.yaml"
    made = run(day, "--periods", "--into", str(tmp_path / "fleet.yaml"), "-o", str(planned))
    assert made.exit_code == 0, made.output
    assert len(read_fleet(planned).periods) == 24
    checked = CliRunner().invoke(app, ["check", str(planned)])
    assert "1 workload, 24 periods, 2 measured shapes" in " ".join(checked.stdout.split())


def test_bursts_within_the_busiest_hour_are_noted(tmp_path: Path) -> None:
    steady = [60 * i for i in range(24 * 60)]
    (tmp_path / "day.csv").write_text(
        "arrival_s,input_tokens,output_tokens\n"
        + "".join(f"{at},100,10\n" for at in sorted([*steady, *range(36_001, 36_060)]))
    )
    assert "times the rate of the busiest hour" in run(str(tmp_path / "day.csv"), "--periods").stderr


def test_short_traces_and_other_rates_are_refused() -> None:
    file = str(Path(__file__).parents[1] / "data/traces/azure2023_conv.csv.gz")
    for words, said in ((["--periods"], "20 hours"), (["--periods", "--rate", "peak-minute"], "leave out --rate")):
        result = run(file, *words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
