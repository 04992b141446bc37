"""What --vary takes, which keys it names, and how values are drawn."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import pytest

from pdopt.fleet.document import Document, value_at
from pdopt.fleet.faults import Complaints
from pdopt.fleet.key_paths import UnknownKeyError, matching
from pdopt.studies.sweep.asked import Asked, SweepRefusedError, scenarios_of
from pdopt.studies.sweep.axes import scaled
from pdopt.studies.sweep.distributions import draws
from pdopt.studies.sweep.values import VariationError, values_of


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("40:70:4", (40, 50, 60, 70)),
        ("0:0.3:4", (0, 0.1, 0.2, 0.3)),
        ("40:70:+20", (40, 60)),
        ("70:40:2", (70, 40)),
        ("5 %:15 %:3", (0.05, 0.1, 0.15)),
        ("[40, 8 %, null]", (40, 0.08, None)),
        ("pooled", ("pooled",)),
        ("[split, pooled]", ("split", "pooled")),
        ("{night: 4, day: 20}", ({"night": 4, "day": 20},)),
        ("1e3", (1000.0,)),
        ("3:3:1", (3,)),
    ],
)
def test_listed_values(text, listed):
    values = values_of(text)
    assert values.listed == pytest.approx(listed) if isinstance(listed[0], float) else values.listed == listed
    assert not values.factor


def test_factors():
    assert values_of("*0.8:1.2:3") == values_of("×[0.8, 1, 1.2]")
    assert values_of("*1.5").factor
    assert values_of("*uniform(0.5, 2)").drawn.name == "uniform"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no values"),
        ("[]", "holds no value"),
        ("[1, ", "cannot be read"),
        ("1:2:x", "is not how many values"),
        ("1:2:1", "is not how many values"),
        ("1:x:3", "'x' is not a number"),
        ("1:inf:3", "not a finite number"),
        ("1:0:+1", "goes nowhere"),
        ("0:1:1000000", "give at most 100,000"),
        ("*pooled", "factors are numbers"),
        ("unifrom(1, 2)", "did you mean uniform?"),
        ("uniform(1)", "write uniform(low, high)"),
        ("uniform(2, 1)", "must be above the first"),
        ("normal(1, 0)", "must be above 0"),
        ("lognormal(-1, 1)", "must be above 0"),
        ("triangular(3, 2, 1)", "in order"),
        ("integer(1.5, 2)", "whole numbers"),
    ],
)
def test_values_that_cannot_be_read_say_what_to_write(text, said):
    with pytest.raises(VariationError, match=r".*") as refused:
        values_of(text)
    assert said in str(refused.value)


# -- drawing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cdf"),
    [
        ("uniform(40, 70)", lambda x: (x - 40) / 30),
        ("normal(5, 2)", NormalDist(5, 2).cdf),
        ("lognormal(50, 0.3)", lambda x: NormalDist(0, 0.3).cdf(math.log(x / 50))),
        ("triangular(0, 1, 4)", lambda x: x * x / 4 if x < 1 else 1 - (4 - x) ** 2 / 12),
    ],
)
def test_every_part_of_equal_probability_is_drawn_from_once(text, cdf):
    drawn = [row[0] for row in draws([values_of(text).drawn, values_of("uniform(0, 1)").drawn], 200, 7)]
    assert sorted(int(cdf(value) * 200) for value in drawn) == list(range(200))


def test_whole_numbers_are_equally_likely_and_stay_whole():
    drawn = [row[0] for row in draws([values_of("integer(2, 5)").drawn], 400, 1)]
    assert {value: drawn.count(value) for value in set(drawn)} == {2: 100, 3: 100, 4: 100, 5: 100}
    assert all(isinstance(value, int) for value in drawn)


def test_the_same_seed_draws_the_same_and_another_does_not():
    kinds = [values_of("normal(1, 1)").drawn] * 2
    assert draws(kinds, 20, 3) == draws(kinds, 20, 3) != draws(kinds, 20, 4)


# -- keys -----------------------------------------------------------------------------------------------------------

RAW = {
    "skus": {"h100": {"usd_per_hour": 5}, "h200": {"usd_per_hour": 6}},
    "models": {"llama-3.1-8b": {"engine": "vllm", "prefill": [{"tokens_per_s": 1}, {"tokens_per_s": 2}]}, "bare": None},
    "workloads": {"chat": {"slo": {"ttft_mean_ms": 9}}, "code": {"cached_tokens": 4, "slo": {"ttft_mean_ms": 8}}},
}


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("skus.h200.usd_per_hour", [("skus", "h200", "usd_per_hour")]),
        ("skus.*.usd_per_hour", [("skus", n, "usd_per_hour") for n in ("h100", "h200")]),
        ("skus.h?00.available", [("skus", n, "available") for n in ("h100", "h200")]),
        ("models.llama-3.1-8b.engine", [("models", "llama-3.1-8b", "engine")]),
        ("models.llama-*.engine", [("models", "llama-3.1-8b", "engine")]),
        ("models.bare.engine", [("models", "bare", "engine")]),
        (
            "models.*.prefill[*].tokens_per_s",
            [("models", "llama-3.1-8b", "prefill", i, "tokens_per_s") for i in (0, 1)],
        ),
        ("models.llama-3.1-8b.prefill.1.tokens_per_s", [("models", "llama-3.1-8b", "prefill", 1, "tokens_per_s")]),
        ("workloads.*.slo.ttft_mean_ms", [("workloads", n, "slo", "ttft_mean_ms") for n in ("chat", "code")]),
        ("workloads.chat", [("workloads", "chat")]),
        ("margins.demand", [("margins", "demand")]),
        ("limits", [("limits",)]),
    ],
)
def test_names_and_the_keys_they_stand_for(name, paths):
    assert matching(RAW, name) == paths


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("skus.h20.usd_per_hour", "there is no h20 in skus; did you mean h200?"),
        ("sku.h200.usd_per_hour", "there is no sku in a fleet file; did you mean skus?"),
        ("models.llama-3.1-9b.engine", "there is no llama-3.1-9b in models; did you mean llama-3.1-8b?"),
        ("models.llama-3.1-8b.prefill.7.tokens_per_s", "models.llama-3.1-8b.prefill has 2 entries, numbered from 0"),
        ("skus.a*.usd_per_hour", "nothing in skus fits a*.usd_per_hour"),
        ("skus.new", "there is no new in skus"),
        ("skus.h200.usd_per_hour.x", "skus.h200.usd_per_hour holds no keys"),
    ],
)
def test_names_that_fit_nothing_say_what_is_there(name, said):
    with pytest.raises(UnknownKeyError) as refused:
        matching(RAW, name)
    assert said in str(refused.value)


def document(raw: dict) -> Document:
    return Document(Path("fleet.yaml"), raw, Complaints("fleet.yaml"))


def test_setting_a_value_leaves_the_document_as_it_was():
    before = document(RAW)
    after = before.with_values({("skus", "h200", "usd_per_hour"): 9, ("margins", "demand"): 0.1})
    assert value_at(after.raw, ("skus", "h200", "usd_per_hour")) == 9
    assert value_at(after.raw, ("margins", "demand")) == 0.1
    assert value_at(before.raw, ("skus", "h200", "usd_per_hour")) == 6
    assert "margins" not in before.raw
    assert after.raw["models"] is before.raw["models"]


def test_factors_multiply_every_number_of_a_value():
    assert scaled({"night": 4, "day": [2.5, "7e1"]}, 2) == {"night": 8, "day": [5.0, 140.0]}
    assert scaled("8 %", 1.5) == 0.12
    assert scaled(3, 1.1) == 3.3
    with pytest.raises(VariationError):
        scaled("pooled", 2)


def asked(*vary: str, **more):
    return scenarios_of(document(RAW), RAW, Asked(vary, **more))[0]


def test_listed_values_make_a_grid_and_drawn_ones_are_drawn_together():
    grid = asked("skus.h100.usd_per_hour=[1, 2]", "skus.h200.usd_per_hour=1:3:3")
    assert [tuple(grid.values(i).values()) for i in range(len(grid))] == [(a, b) for a in (1, 2) for b in (1, 2, 3)]
    drawn = ("margins.demand=uniform(0, 1)", "skus.h200.usd_per_hour=uniform(5, 6)")
    mixed = asked("skus.h100.usd_per_hour=[1, 2]", *drawn, samples=4)
    assert len(mixed) == 8
    demands = [mixed.values(i)["margins.demand"] for i in range(8)]
    assert demands[:4] == demands[4:]
    assert len(set(demands)) == 4


def test_a_factor_multiplies_what_the_values_before_it_left():
    grid = asked("skus.h200.usd_per_hour=[6, 8]", "skus.*.usd_per_hour=*[1, 2]")
    prices = [value_at(grid.written(grid.setting(i)).raw, ("skus", "h200", "usd_per_hour")) for i in range(len(grid))]
    assert prices == [6, 12, 8, 16]


def test_rows_of_a_table_are_scenarios_and_blanks_leave_the_file_as_it_is():
    rows = (
        {"skus.h200.usd_per_hour": "7", "margins.demand": ""},
        {"skus.h200.usd_per_hour": "", "margins.demand": "8 %"},
    )
    table = asked(rows=rows)
    raws = [table.written(table.setting(i)).raw for i in range(len(table))]
    assert [value_at(raw, ("skus", "h200", "usd_per_hour")) for raw in raws] == [7, 6]
    assert [value_at(raw, ("margins", "demand")) for raw in raws] == [None, 0.08]


def test_everything_wrong_is_told_at_once():
    with pytest.raises(SweepRefusedError) as refused:
        asked("sku.x=1", "skus.h200=", "x", "models.bare.engine=*2", "margins.demand=1", "margins.demand=2")
    said = "\n".join(refused.value.reasons)
    for part in ("no sku in", "has no values", "KEY=VALUES", "no number to multiply", "is given twice"):
        assert part in said


def test_too_many_scenarios_are_refused():
    with pytest.raises(SweepRefusedError, match="more than the 1,000,000"):
        asked("margins.demand=0:1:10000", "skus.h200.usd_per_hour=1:2:1000")


def test_llms_read_before_are_the_same_as_read_anew():
    from pdopt.catalogue.folder import CatalogueFolder
    from pdopt.fleet.read import read_document

    catalogue = CatalogueFolder.find(None)
    file = Path(__file__).parents[2] / "instances/realistic/a100-h100-aws.yaml"
    known: dict = {}
    first = read_document(Document.read(file), catalogue, known=known)
    again = read_document(Document.read(file), catalogue, known=known)
    assert again.llms["llama-2-70b"] is first.llms["llama-2-70b"]
    assert again == first == read_document(Document.read(file), catalogue)
    changed = Document.read(file).with_values({("models", "llama-2-70b", "start_usd"): 3})
    assert read_document(changed, catalogue, known=known).llms["llama-2-70b"].start_usd == 3
