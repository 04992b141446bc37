"""The roofline against numbers worked by hand, its use in fleets, and the published errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import pdopt
from pdopt.catalogue.analytic.calibration import Calibration, calibration_of, read_calibrations
from pdopt.catalogue.analytic.estimates import NoEstimate, estimate
from pdopt.catalogue.analytic.hardware import GIB, Card, Gpu, dimensions, specification
from pdopt.catalogue.analytic.roofline import Factors, Instance, decode_work, prefill_work, seconds
from pdopt.catalogue.card import Card as CardFile
from pdopt.catalogue.card import read_card
from pdopt.cli.app import app
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.gpus import read_gpus

MODELS = Path(__file__).resolve().parents[2] / "models"
# 10 GFLOP-weights, 20 GB of them; 100 GB of memory at 1 TB/s, 100 TFLOP/s, 100 GB/s between GPUs
DENSE = Card("dense", 1e10, 1e10, 10, 1000, 2000, 0, 0, {"bf16": 1e5}, {"bf16": 2e10}, "bf16", 4096, True)
GPU = Gpu("g", 1e11, 1e12, {16: 1e14, 8: 2e14}, 1e11)
PEAK = Factors(1, 1, 1, 1, 1, 0, 0)


def test_prefill_computes():
    one = prefill_work(Instance(DENSE, GPU, 1, "bf16", "bf16"), 1000)
    # 2 · 1e10 · 1000 = 2e13 FLOP, and 2 · 10 · 2000 · 1e6 = 4e10 for the pairs; 20 GB are read in 20 ms
    assert one.compute_s == pytest.approx(0.2004)
    assert one.memory_s == pytest.approx(0.02)
    assert (one.link_s, one.reductions) == (0, 0)
    assert seconds(one, PEAK) == pytest.approx(0.2004)


def test_two_gpus_halve_the_work_and_talk():
    one = prefill_work(Instance(DENSE, GPU, 2, "bf16", "bf16"), 1000)
    assert one.compute_s == pytest.approx(0.1002)
    # 20 reductions of 1000 · 1000 · 2 bytes, each sent 2 (2-1)/2 = 1 time: 40 MB at 100 GB/s
    assert one.link_s == pytest.approx(4e-4)
    assert one.reductions == 20


def test_decode_reads():
    one = decode_work(Instance(DENSE, GPU, 1, "bf16", "bf16"), 2000, 10)
    # 20 GB of weights and 10 · 2000 · 1e5 = 2 GB of cache; 2 · 1e10 · 10 + 4 · 10 · 2000 · 20000 FLOP
    assert one.memory_s == pytest.approx(0.022)
    assert one.compute_s == pytest.approx(2.016e-3)
    half = Factors(0.5, 0.5, 0.5, 0.5, 1, 1e-4, 1e-5)
    assert seconds(one, half) == pytest.approx(0.044 + 10 * 1e-4)


def test_efficiencies_by_kind():
    narrow = Instance(card("n", raw(weights_gib={"fp8": 10})), GPU, 1, "fp8", "bf16")
    work = prefill_work(narrow, 1000)
    assert work.narrow
    assert seconds(work, Factors(1, 0.5, 1, 1, 1, 0, 0)) == pytest.approx(2 * seconds(work, PEAK))
    experts = Instance(card("e", raw(active_params_b=2, experts=8, experts_per_token=1)), GPU, 1, "bf16", "bf16")
    work = decode_work(experts, 10, 1)
    assert seconds(work, Factors(1, 1, 1, 1, 0.5, 0, 0)) == pytest.approx(2 * seconds(work, PEAK))


def test_experts_touched():
    # 0.3 active = s + (1-s)/4: s = 1/15; two tokens touch 1 - (3/4)² = 7/16 of the rest
    llm = card("e", raw(active_params_b=3, experts=4, experts_per_token=1))
    assert llm.touched(1) == pytest.approx(0.3)
    assert llm.touched(2) == pytest.approx(1 / 15 + 14 / 15 * 7 / 16)
    assert llm.touched(1e6) == pytest.approx(1)
    assert card("d", raw()).touched(1) == 1
    assert card("unsaid", raw(active_params_b=3)).touched(2) == pytest.approx(1 - 0.7**2)


def test_kv_cache():
    assert Instance(DENSE, GPU, 1, "bf16", "bf16").kv_tokens == pytest.approx((9e10 - 2e10) / 1e5)
    assert Instance(DENSE, GPU, 2, "bf16", "bf16").kv_tokens == pytest.approx(2 * (9e10 - 1e10) / 1e5)
    latent = Instance(card("m", raw(attention="MLA")), GPU, 2, "bf16", "bf16")
    assert latent.kv_tokens == pytest.approx((9e10 - 20 * GIB / 2) / 1e5)
    assert decode_work(latent, 1000, 10).memory_s == pytest.approx(20 * GIB / 2 / 1e12 + 1e9 / 1e12)


def test_hidden_size_of_a_card_without_it():
    assert card("d", raw(layers=12)).hidden == pytest.approx((1e10 / 144) ** 0.5)


def card(name, facts):
    return dimensions(name, CardFile.model_validate(facts))


def raw(**more):
    facts = {
        "name": "x",
        "total_params_b": 10,
        "active_params_b": 10,
        "layers": 10,
        "kv_bytes_per_token": {"bf16": 1e5},
    }
    return {**facts, "weights_gib": {"bf16": 20}, "max_context": 4096, **more}


def table():
    return {("any", role): Calibration(PEAK, 0.2, 0.5, "2026-01-01", False) for role in ("prefill", "decode")}


def test_rows():
    rows = estimate(DENSE, GPU, table(), [1])
    assert [row["input_tokens"] for row in rows["prefill"]] == [128, 256, 512, 1024, 2048, 4096]
    assert rows["prefill"][3]["tokens_per_s"] == pytest.approx(
        1024 / (2.048e-1 + 2 * 10 * 2000 * 1024**2 / 1e14), rel=1e-3
    )
    first = rows["decode"][0]
    assert (first["kind"], first["parallelism"], first["kv_tokens"], first["batch"]) == ("analytic", "tp1", 700000, 1)
    assert (
        "calibrated 2026-01-01 on other GPUs; left-out error: half within 20 %, nine in ten within 50 %"
        in first["source"]
    )
    assert {row["gpus"] for row in estimate(DENSE, GPU, table())["decode"]} == {1, 2, 4, 8}


def test_what_cannot_be_estimated():
    small = Gpu("small", 1e10, 1e12, {16: 1e14}, 1e11, per_node=2)
    with pytest.raises(NoEstimate, match="does not fit on 2 x small"):
        estimate(DENSE, small, table())
    four_bits = card("n", raw(weights_gib={"nvfp4": 6}))
    with pytest.raises(NoEstimate, match="nvfp4"):
        estimate(four_bits, GPU, table())


@pytest.fixture
def fleet(tmp_path):
    def write(models, gpu="h20"):
        workload = {"model": "x", "input_tokens": 2000, "output_tokens": 200, "requests_per_second": 1}
        text = {
            "skus": {"node": {"gpu": gpu, "gpus": 8, "usd_per_hour": 10}},
            "models": models,
            "workloads": {"w": {**workload, "slo": {"ttft_mean_ms": 5000, "tpot_mean_ms": 60}}},
        }
        file = tmp_path / "fleet.yaml"
        file.write_text(yaml.safe_dump(text).replace("model: x", f"model: {next(iter(models))}"), encoding="utf-8")
        return file

    return write


def test_a_fleet_asks_for_estimates_and_its_plan_says_so(fleet):
    plan = pdopt.solve(pdopt.read_fleet(fleet({"qwen3-32b": {"analytic": True}})))
    assert plan.status == "optimal"
    assert {profile.kind for profile in plan.profiles} == {"analytic"}
    assert "rests on analytic profiles" in plan.notes[0]
    assert "is an estimate (pdopt roofline" in plan.notes[1]
    assert "nine in ten within" in plan.notes[1]


def test_estimates_are_off_by_default_and_never_beside_a_profile(fleet):
    assert pdopt.solve(pdopt.read_fleet(fleet({"qwen3-32b": {}}))).status == "infeasible"
    llm = pdopt.read_fleet(fleet({"qwen3-32b": {"analytic": True}}, gpu="h200-sxm")).llms["qwen3-32b"]
    assert not [o for profile in (*llm.prefill, *llm.decode) for o in profile.origins if o.kind == "analytic"]


def test_an_estimate_that_cannot_be_made_is_told(fleet):
    notes = pdopt.read_fleet(fleet({"deepseek-v3": {"analytic": True}}, gpu="l4")).notes
    assert any("no analytic estimate on l4" in note and "does not fit" in note for note in notes)
    with pytest.raises(FleetFaults, match=r"it needs a card\.yaml and gpus\.csv"):
        pdopt.read_fleet(fleet({"deepseek-r1-none": {"profiles": ".", "analytic": True}}))


def test_gpus_of_a_price_list_are_estimated(fleet, tmp_path):
    (tmp_path / "mine.csv").write_text(
        "instance_type,region,gpu,gpus,usd_per_hour,term,source_date,source\nbig,here,h20,8,10,on_demand,2026-11-01,me\n"
    )
    file = fleet({"qwen3-32b": {"analytic": True}})
    raw_fleet = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(raw_fleet | {"skus": {"from": "mine.csv"}}))
    assert {shape.gpu for shape in pdopt.read_fleet(file).llms["qwen3-32b"].shapes()} >= {"h20"}


def test_a_card_alone_is_enough(fleet, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "card.yaml").write_text(yaml.safe_dump(raw()), encoding="utf-8")
    plan = pdopt.solve(pdopt.read_fleet(fleet({"mine": {"profiles": "mine", "analytic": True}})))
    assert plan.status == "optimal"


def test_the_command(tmp_path):
    def run(*words):
        return CliRunner().invoke(app, ["profile", "analytic", *words, "--to", str(tmp_path)])

    done = run("llama-3.1-8b", "--gpu", "l4", "--gpus", "1")
    assert done.exit_code == 0, done.output
    assert "is an estimate (pdopt roofline" in done.stderr
    before = (tmp_path / "decode.csv").read_bytes()
    assert "0 rows added" in run("llama-3.1-8b", "--gpu", "l4", "--gpus", "1").stdout
    assert (tmp_path / "decode.csv").read_bytes() == before
    for words, said in ((("llama-3.1-8b", "--gpu", "h2"), "did you mean"), (("none", "--gpu", "l4"), "no card.yaml")):
        refused = run(*words)
        assert refused.exit_code == 2
        assert said in refused.stderr


def test_published_errors_are_those_of_the_file():
    rows = read_calibrations(MODELS / "roofline.csv")
    page = (MODELS.parent / "docs/analytic.md").read_text(encoding="utf-8")
    assert calibration_of(rows, "nobody's", "decode") is rows["any", "decode"]
    for gpu in {gpu for gpu, _ in rows} - {"any"}:
        cells = [
            f"{100 * e:.0f} %"
            for r in ("prefill", "decode")
            for e in (rows[gpu, r].median_error, rows[gpu, r].p90_error)
        ]
        assert f"| {gpu} |" in page
        assert f"| {' | '.join(cells)} |" in next(line for line in page.splitlines() if line.startswith(f"| {gpu} |"))


def test_estimates_are_near_the_catalogue_where_it_was_calibrated():
    one = Instance(dimensions("q", read_card(MODELS / "llms/qwen3-32b")), *_h200(), "bf16", "bf16")
    factors = calibration_of(read_calibrations(MODELS / "roofline.csv"), "h200-sxm", "decode").factors
    with (MODELS / "llms/qwen3-32b/decode.csv").open(newline="") as stream:
        shape = {"gpu": "h200-sxm", "parallelism": "tp2", "engine": "sglang", "input_tokens": "4096", "batch": "32"}
        (row,) = (r for r in csv.DictReader(stream) if all(r[key] == value for key, value in shape.items()))
    assert seconds(decode_work(one, 4097, 32), factors) * 1e3 == pytest.approx(float(row["tpot_ms"]), rel=0.3)


def _h200():
    return specification(read_gpus([MODELS / "gpus.csv"])["h200-sxm"]), 2
