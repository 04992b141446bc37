"""Periods, demand over time, scenarios, risk and budget: what they become, and what cannot be."""

from __future__ import annotations

import pytest
import yaml
from tests.samples import changed, fleet_of, town

import pdopt
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import ALWAYS, SURELY, Period, Risk, Scenario

PERIODS = {"periods": {"series": "demand.csv"}}


def two(requests=1.0, **sections):
    """Two workloads of one LLM; the demand of `chat` is given."""
    document = changed(town(), **sections)
    document["workloads"] = {name: document["workloads"][name] for name in ("chat", "code")}
    return changed(document, "workloads", "chat", requests_per_second=requests)


def faults(document):
    with pytest.raises(FleetFaults) as raised:
        fleet_of(document)
    return {fault.path: fault.sentence for fault in raised.value.faults}


def test_a_fleet_that_says_nothing_is_as_before():
    fleet = fleet_of(two())
    assert (fleet.periods, fleet.scenarios, fleet.risk, fleet.budget_usd_per_h) == ((ALWAYS,), (SURELY,), Risk(), None)
    chat = fleet.workloads["chat"]
    assert (chat.series_rps, chat.value, chat.priority, chat.min_served) == ({}, 1.0, 1, 1.0)


# -- periods --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ({"night": 10, "day": 14}, {"night": 10, "day": 14}),
        ({"weekend": 48, "week": 120}, {"weekend": 48, "week": 120}),
        ({"peak": 0.5, "rest": 23.5}, {"peak": 0.5, "rest": 23.5}),
        ({"night": [22, 23, 0, 1], "day": [9, 10]}, {"night": 4, "day": 2}),
        ({"night": [22, 23, 0, 1], "day": 20}, {"night": 4, "day": 20}),
        ([1, 1, 2], {"1": 1, "2": 1, "3": 2}),
        ({"series": 3, "day": 21}, {"series": 3, "day": 21}),
        ({7: 1, "no": 2}, {"7": 1, "no": 2}),
    ],
)
def test_periods_have_hours_in_the_order_written(written, hours):
    assert fleet_of(two(periods=written)).periods == tuple(Period(name, h) for name, h in hours.items())


@pytest.mark.parametrize("written", [{}, [], 24, "night", True, {"series": True}])
def test_what_are_no_periods(written):
    assert any(path.startswith("periods") for path in faults(two(periods=written)))


@pytest.mark.parametrize("hours", [0, -1, True, None, "ten", float("inf"), float("nan"), {"a": 1}, [1.5], [-1], ["x"]])
def test_what_are_no_hours(hours):
    (path,) = faults(two(periods={"night": hours, "day": 14}))
    assert path in ("periods.night", "periods.night[0]")


# -- demand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [{"day": 20, "night": 4}, [4, 20]])
def test_demand_per_period_and_its_mean(written):
    """Ten hours at 4 and fourteen at 20 are 320 requests per second and hour in 24: 13 1/3."""
    fleet = fleet_of(two(written, periods={"night": 10, "day": 14}))
    chat, code = fleet.workloads["chat"], fleet.workloads["code"]
    assert chat.series_rps == {"night": 4, "day": 20}
    assert list(chat.series_rps) == ["night", "day"]
    assert chat.demand_rps == pytest.approx(40 / 3)
    assert (code.series_rps, code.demand_rps) == ({}, 3)


def test_tokens_per_minute_may_vary_too():
    """A request of chat has 1200 tokens: 72 000 tokens a minute are one request per second."""
    document = changed(two(periods=[8, 16]), "workloads", "chat", requests_per_second=None)
    chat = fleet_of(changed(document, "workloads", "chat", tokens_per_minute=[72_000, 216_000])).workloads["chat"]
    assert chat.series_rps == pytest.approx({"1": 1, "2": 3})
    assert chat.demand_rps == pytest.approx(7 / 3)


@pytest.mark.parametrize("written", [0.1, [0.1, 0.1, 0.1], {"1": 0.1, "2": 0.1, "3": 0.1}])
def test_demand_that_does_not_vary_has_no_series(written):
    chat = fleet_of(two(written, periods=[0.1, 0.7, 5])).workloads["chat"]
    assert (chat.series_rps, chat.demand_rps) == ({}, 0.1)


def test_periods_in_other_units_have_the_same_mean():
    means = {
        fleet_of(two([2, 5, 11], periods=hours)).workloads["chat"].demand_rps for hours in ([1, 2, 5], [10, 20, 50])
    }
    assert means == {8.375}


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ([1], "", "has 1 numbers for 2 periods"),
        ([1, 2, 3], "", "has 3 numbers for 2 periods"),
        ({"night": 1}, "", "names no demand of day"),
        ({"night": 1, "day": 2, "dya": 3}, ".dya", "did you mean day?"),
        ({"night": 1, "day": -1}, ".day", "must be greater than or equal to 0, got -1"),
        ([1, True], "[1]", "must be a number, got True"),
        ([1, [2]], "[1]", "must be a number"),
        ("many", "", "must be a number, got 'many'"),
    ],
)
def test_demand_that_does_not_go_with_the_periods(written, path, said):
    found = faults(two(written, periods={"night": 10, "day": 14}))
    assert list(found) == [f"workloads.chat.requests_per_second{path}"]
    assert said in next(iter(found.values()))


@pytest.mark.parametrize("written", [{"night": 1}, [1, 2]])
def test_demand_per_period_needs_periods(written):
    (sentence,) = faults(two(written)).values()
    assert "add periods:" in sentence


# -- a CSV ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def series(tmp_path):
    """Read a fleet whose demand stands in a CSV."""

    def read(text, document=None):
        (tmp_path / "demand.csv").write_text(text, encoding="utf-8")
        document = document or two(None, **PERIODS)
        (tmp_path / "fleet.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return pdopt.read_fleet(tmp_path / "fleet.yaml")

    return read


def test_a_csv_gives_periods_and_demand(series):
    fleet = series("\ufeffperiod, hours, chat\nnight, 10, 4\n\nday, 14, 20\n")
    assert fleet.periods == (Period("night", 10), Period("day", 14))
    assert fleet.workloads["chat"].series_rps == {"night": 4, "day": 20}
    assert fleet.workloads["code"].demand_rps == 3


def test_a_week_of_hours(series):
    rates = [3 + (hour % 24) % 5 for hour in range(168)]
    fleet = series("hour,chat\n" + "".join(f"{hour},{rate}\n" for hour, rate in enumerate(rates)))
    assert fleet.periods == tuple(Period(str(hour), 1) for hour in range(168))
    chat = fleet.workloads["chat"]
    assert [chat.rate_rps(period.name) for period in fleet.periods] == rates
    assert chat.demand_rps == pytest.approx(sum(rates) / 168)


def test_a_csv_may_name_periods_alone(series):
    document = two([4, 20], **PERIODS)
    assert series("period,hours\na,1\nb,3\n", document).workloads["chat"].demand_rps == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs one column period"),
        ("period,chat\n", "holds no rows"),
        ("name,chat\na,1\n", "needs one column period"),
        ("period,hour,chat\na,1,1\n", "needs one column period"),
        ("period;chat\na;1\n", "separate cells by commas"),
        ("period,chat,chta\na,1,1\n", "chta: is not one of workloads; did you mean chat?"),
        ("period,chat,\na,1,1\n", "is not one of workloads"),
        ("period,chat,chat\na,1,1\n", "chat: is a column given twice"),
        ("period,chat\na,1\na,2\n", "3: 'a' is named twice"),
        ("period,chat\na,\n", "2: chat: must be a number, got ''"),
        ("period,chat\na,nan\n", "2: chat: must be a finite number"),
        ("period,hours,chat\na,-1,2\n", "2: hours: must be greater than 0"),
        ("period,chat\n,2\n", "2: period: is blank"),
        ("period,chat\na,2,3\n", "2: has 3 cells for 2 columns"),
    ],
)
def test_faults_of_a_csv_stand_at_its_lines(series, text, said):
    with pytest.raises(FleetFaults) as raised:
        series(text)
    (fault,) = raised.value.faults
    assert fault.file.endswith("demand.csv")
    assert said in str(fault)


def test_demand_is_stated_once_and_somewhere(series):
    with pytest.raises(FleetFaults, match=r"chat\.requests_per_second: is stated in demand\.csv too"):
        series("period,chat\na,1\n", two(7, **PERIODS))
    with pytest.raises(FleetFaults, match=r"workloads\.chat: needs exactly one .*, or a column chat in demand\.csv"):
        series("period,code\na,1\n", changed(two(None), "workloads", "code", requests_per_second=None) | PERIODS)


def test_no_such_csv_and_words_beside_it():
    assert list(faults(two(None, **PERIODS))) == ["periods.series"]
    assert "periods.day" in faults(two(None, periods={"series": "demand.csv", "day": 3}))


# -- scenarios and risk ---------------------------------------------------------------------------------------------

THREE = {
    "base": {"probability": 0.6},
    "launch": {"probability": "30 %", "demand": 1.5},
    "flop": {"probability": 0.1, "demand": {"chat": "50 %", "code": 1}},
}


def test_scenarios_are_factors_on_workloads():
    fleet = fleet_of(two([4, 20], scenarios=THREE, periods={"night": 10, "day": 14}))
    assert fleet.scenarios == (
        Scenario("base", 0.6, {}),
        Scenario("launch", 0.3, {"chat": 1.5, "code": 1.5}),
        Scenario("flop", 0.1, {"chat": 0.5}),
    )
    rates = {s: {w.name: w.demand_rps for w in fleet.at(s, "day").workloads.values()} for s in THREE}
    assert rates == {
        "base": {"chat": 20, "code": 3},
        "launch": {"chat": 30, "code": 4.5},
        "flop": {"chat": 10, "code": 3},
    }


@pytest.mark.parametrize("probabilities", [(0.333333, 0.333333, 0.333333), (0.6, 0.3, 0.1), (0, 0, 1), (1,)])
def test_probabilities_that_add_up(probabilities):
    fleet_of(two(scenarios={f"s{i}": {"probability": p} for i, p in enumerate(probabilities)}))


@pytest.mark.parametrize(
    ("scenarios", "path", "said"),
    [
        ({"a": {"probability": 0.6}, "b": {"probability": 0.3}}, "scenarios", "add up to 0.9;"),
        ({"a": {"probability": 0.999998}}, "scenarios", "add up to 0.999998;"),
        ({"a": {"probability": 1.2}}, "scenarios.a.probability", "less than or equal to 1"),
        ({"a": {"probability": 1, "demand": "x"}}, "scenarios.a.demand", "must be a number"),
        ({"a": {"probability": 1, "demand": {"chat": -1}}}, "scenarios.a.demand.chat", "greater than or equal to 0"),
        ({"a": {"probability": 1, "demand": {"chta": 1}}}, "scenarios.a.demand.chta", "did you mean chat?"),
        ({"a": None}, "scenarios.a", "must be a mapping with probability"),
        ({}, "scenarios", "at least one scenario"),
        ([1], "scenarios", "must be a mapping of names"),
    ],
)
def test_scenarios_that_cannot_be(scenarios, path, said):
    found = faults(two(scenarios=scenarios))
    assert list(found) == [path]
    assert said in found[path]


def test_risk():
    certain = {"sure": {"probability": 1}}
    assert fleet_of(two(scenarios=certain, risk={"weight": 0.5, "cvar": "90 %"})).risk == Risk(0.5, 0.9)
    assert fleet_of(two(scenarios=certain, risk="worst_case")).risk == Risk(1, 1)
    assert fleet_of(two(scenarios=certain)).risk == Risk(0, 1)


@pytest.mark.parametrize(
    ("risk", "paths"),
    [
        ("best_case", ["risk"]),
        ({"weight": 1.1, "cvar": 0.9}, ["risk.weight"]),
        ({"cvar": -0.1}, ["risk.cvar", "risk.weight"]),
        ({"weight": 1, "cvar": 1, "alpha": 1}, ["risk.alpha"]),
        (0.5, ["risk"]),
    ],
)
def test_risk_that_cannot_be(risk, paths):
    assert sorted(faults(two(risk=risk, scenarios={"sure": {"probability": 1}}))) == paths


def test_risk_needs_scenarios():
    assert "needs scenarios" in faults(two(risk="worst_case"))["risk"]


# -- budget ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [{"usd_per_hour": 400}, {"usd_per_month": 292_000}])
def test_a_budget_asks_for_nothing_unless_a_workload_does(budget):
    document = changed(two(budget=budget), "workloads", "chat", value=2.5, priority=3)
    fleet = fleet_of(changed(document, "workloads", "code", min_served=0.25))
    assert fleet.budget_usd_per_h == 400
    assert {w.name: (w.min_served, w.value, w.priority) for w in fleet.workloads.values()} == {
        "chat": (0.0, 2.5, 3),
        "code": (0.25, 1.0, 1),
    }
    assert not any("has no effect" in note for note in fleet.notes)


@pytest.mark.parametrize(
    "budget", [{}, {"usd_per_hour": 1, "usd_per_month": 1}, {"usd_per_hour": -1}, {"usd_per_day": 1}, 400, [400]]
)
def test_budgets_that_cannot_be(budget):
    assert all(path.startswith("budget") for path in faults(two(budget=budget)))


def test_value_without_a_budget_is_noted():
    fleet = fleet_of(changed(two(), "workloads", "chat", value=2, priority=1))
    assert [note for note in fleet.notes if "has no effect" in note] == [
        "value of chat has no effect without a budget: all demand is served",
        "priority of chat has no effect without a budget: all demand is served",
    ]
