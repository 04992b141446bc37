"""``pdopt profile list``, ``show`` and ``check`` as a user meets them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pdopt
from pdopt.cli.app import app

PREFILL = "gpu,gpus,engine,precision,input_tokens,tokens_per_s,kind,date,source\n"
DECODE = "gpu,gpus,engine,precision,input_tokens,output_tokens,batch,tpot_ms,kind,date,source\n"
SEEN = "measured,2026-11-01,my run\n"
CARD = "{name: Toy, total_params_b: 8, active_params_b: 8, layers: 32, weights_gib: {fp8: 8}}"


def profile(*words: str) -> Any:
    return CliRunner().invoke(app, ["profile", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    def write(prefill: str = "", decode: str = "", card: str = CARD) -> str:
        good = [f"h100-sxm,1,vllm,fp8,{n},20000,{SEEN}" for n in (1000, 2000, 4000)]
        (tmp_path / "card.yaml").write_text(card)
        (tmp_path / "prefill.csv").write_text(PREFILL + (prefill or "".join(good)))
        points = [f"h100-sxm,1,vllm,fp8,1000,100,{b},{t},{SEEN}" for b, t in ((1, 5), (2, 6), (4, 7))]
        (tmp_path / "decode.csv").write_text(DECODE + (decode or "".join(points)))
        return str(tmp_path)

    return write


# -- list -----------------------------------------------------------------------------------------------------------


def test_list_counts_what_the_tables_hold() -> None:
    found = json.loads(profile("list", "--llm", "deepseek-v3.1", "--json").stdout)
    decode, prefill = found
    assert decode == {
        "llm": "deepseek-v3.1",
        "gpu": "h200-sxm",
        "engine": "sglang",
        "role": "decode",
        "shapes": 1,
        "points": 13,
        "kinds": {"measured": 13},
        "input_tokens": [6144, 12288],
        "batches": [10, 60],
        "newest": "2026-03",
    }
    assert (prefill["role"], prefill["shapes"], prefill["points"], prefill["batches"]) == ("prefill", 2, 2, None)


def test_list_narrows_down() -> None:
    found = json.loads(profile("list", "--gpu", "h100", "--engine", "vllm", "--kind", "measured", "--json").stdout)
    assert {line["llm"] for line in found} >= {"llama-2-70b", "bloom-176b"}
    assert {(line["gpu"], line["engine"]) for line in found} == {("h100-sxm", "vllm")}
    assert {kind for line in found for kind in line["kinds"]} == {"measured"}


def test_list_names_llms_that_have_a_card_alone() -> None:
    assert "with a card but no profiles: deepseek-v3.2, glm-4.5, " in profile("list").stdout
    assert "glm-4.5" in profile("list", "--llm", "glm-4.5").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--gpu", "h300"], "no such profiles; --gpu: a100-sxm, "),
        (["list", "--llm", "deepseek-v31"], "deepseek-v31: is not in the catalogue; did you mean deepseek-v3"),
        (["show", "deepseek-v31"], "is not in the catalogue"),
        (["show", "deepseek-v3.1", "--engine", "vllm"], "no such profiles; --gpu: h200-sxm; --engine: sglang"),
        (["show", "deepseek-v3.1", "--plot", "curves.gif"], "name a file that ends in .png, .svg, .pdf"),
        (["check", "deepseek-v31"], "is neither a folder nor in the catalogue; did you mean deepseek-v3"),
    ],
)
def test_words_that_lead_nowhere_exit_2(words: list[str], said: str) -> None:
    result = profile(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


# -- show -----------------------------------------------------------------------------------------------------------


def test_show_gives_card_tables_curves_and_sources() -> None:
    said = profile("show", "deepseek-v3.1").stdout
    for words in (
        "671.03 B parameters (37.55 B active), 61 layers",
        "28,309",
        "12.8 (781.2)",
        "26.2 (2,290)",
        "6144/512: TPOT ▄▆▆▇██  tokens/s ▃▅▆▇██",
        "arXiv:2603.04716 demo script; MTP on",
    ):
        assert words in said


def test_show_gives_a_line_per_shape_where_there_are_many() -> None:
    said = profile("show", "llama-3.1-70b", "--gpu", "h200").stdout
    assert "2xh200-sxm tp2 vllm bf16               10    6,860 to 9,407" in said
    assert "narrow down to 4 with --gpu" in said


def test_show_of_a_card_alone_says_how_to_get_profiles() -> None:
    result = profile("show", "glm-4.5")
    assert result.exit_code == 0
    assert "no profiles: bring yours, or make some with pdopt profile aic or pdopt profile analytic" in result.stdout


def test_show_takes_a_folder_of_ones_own(folder: Any) -> None:
    assert "5 (200)" in profile("show", folder()).stdout


def test_plot_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = profile("show", "deepseek-v3.1", "--plot", str(tmp_path / "curves.png"))
    assert result.exit_code == 2
    assert "pip install 'pdopt[plot]'" in result.stderr
    assert not list(tmp_path.iterdir())


def test_plot_of_too_many_shapes_is_refused(tmp_path: Path) -> None:
    result = profile("show", "llama-3.1-70b", "--plot", str(tmp_path / "curves.png"))
    assert result.exit_code == 2
    assert "shapes are too many for one picture" in result.stderr


@pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="the extra is not installed")
def test_plot_draws_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "curves.png"
    assert profile("show", "deepseek-v3.1", "--plot", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"\x89PNG")


# -- check ----------------------------------------------------------------------------------------------------------


def test_check_of_good_tables_is_silent(folder: Any) -> None:
    result = profile("check", folder())
    assert (result.exit_code, result.stdout) == (0, "1 LLM, 6 rows: no faults, no warnings\n")


def test_check_lists_faults_with_file_and_line(folder: Any) -> None:
    result = profile("check", folder(prefill=f"h100-sxm,1,vllm,fp8,1000,fast,{SEEN}"))
    assert result.exit_code == 2
    assert "prefill.csv:2: tokens_per_s: must be a number, got 'fast'" in result.stderr


def rows(role: str, *points: tuple[Any, ...], shape: str = "h100-sxm,1,vllm,fp8", seen: str = SEEN) -> str:
    lengths = "1000,100," if role == "decode" else ""
    return "".join(f"{shape},{lengths}{x},{y},{seen}" for x, y in points)


@pytest.mark.parametrize(
    ("tables", "line", "said"),
    [
        # 2 x 8e9 x 130,000 = 2.08e15 operations per second; an H100 does 1.979e15 in fp8
        (
            {"prefill": rows("prefill", (1000, 130000), (2000, 130000))},
            "prefill.csv:2",
            "prefill of 130,000 tokens/s at 1000 tokens is 1.05 of what its GPUs can compute (worst of 2)",
        ),
        # 8 GiB at 3.35 TB/s: 2.56 ms
        (
            {"decode": rows("decode", (1, 2.5), (2, 4))},
            "decode.csv:2",
            "a step of 2.5 ms at batch 1 is less than reading the weights takes (2.56 ms); if it yields",
        ),
        ({"decode": rows("decode", (1, 5), (2, 12))}, "decode.csv:3", "throughput falls by 17 % from batch 1 to 2"),
        ({"decode": rows("decode", (1, 10), (2, 7))}, "decode.csv:3", "TPOT falls by 30 % from batch 1 to 2"),
        ({"decode": rows("decode", (8, 10))}, "decode.csv:2", "decode at 1000/100 tokens has one batch only"),
        (
            {"prefill": rows("prefill", (1000, 20000), (2000, 15000), (4000, 20000))},
            "prefill.csv:3",
            "prefill dips by 25 % at 2000 tokens",
        ),
        ({"prefill": rows("prefill", (1000, 20000))}, "prefill.csv:2", "measured at one input length only"),
        (
            {"prefill": rows("prefill", (1000, 20000), (2000, 20000), seen="measured,,my run\n")},
            "prefill.csv:2",
            "row bears no date (and 1 more)",
        ),
        (
            {"prefill": rows("prefill", (1000, 20000), (2000, 20000), seen="measured,2026-11-01,\n")},
            "prefill.csv:2",
            "row names no source (and 1 more)",
        ),
        (
            {"prefill": rows("prefill", (1000, 9000), (2000, 9000), shape="my-gpu,1,vllm,fp8")},
            "prefill.csv:2",
            "my-gpu is not in gpus.csv",
        ),
    ],
)
def test_check_warns_of_what_can_hardly_be_true(folder: Any, tables: dict[str, str], line: str, said: str) -> None:
    result = profile("check", folder(**tables))
    assert result.exit_code == 0
    (warning, summary) = result.stdout.splitlines()
    assert f"{line}: warning: " in warning
    assert said in warning
    assert summary.endswith("no faults, 1 warning")


def test_check_warns_of_ends_that_cannot_talk(folder: Any) -> None:
    result = profile("check", folder(prefill=rows("prefill", (1000, 9000), (2000, 9000), shape="h100-sxm,1,vllm,bf16")))
    warnings = result.stdout.splitlines()[:-1]
    assert ["it cannot hand over" in line for line in warnings] == [True, False]
    assert "nothing can be handed to it" in warnings[1]


def test_an_empty_folder_is_no_folder_of_profiles(tmp_path: Path) -> None:
    result = profile("check", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr == (
        f"{tmp_path}: holds no profiles; "
        "name a folder with card.yaml, encode.csv, prefill.csv, decode.csv or mixed.csv\n"
    )


def test_the_catalogue_has_no_faults_and_breaks_no_limit_of_its_gpus() -> None:
    result = profile("check")
    assert result.exit_code == 0
    assert "no faults" in result.stdout.splitlines()[-1]
    for words in ("can compute", "reading the weights", "no source", "cannot hand over", "not in gpus.csv"):
        assert words not in result.stdout


# -- in a fleet -----------------------------------------------------------------------------------------------------


def test_a_fleet_with_a_card_alone_says_what_to_do(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(
        "skus: {n: {gpu: h100-sxm, gpus: 8, usd_per_hour: 1}}\nmodels:\n  glm-4.5: {}\n"
        "workloads: {a: {model: glm-4.5, input_tokens: 1, output_tokens: 1, requests_per_second: 1,"
        " slo: {ttft_mean_ms: 1, tpot_mean_ms: 1}}}\n"
    )
    result = CliRunner().invoke(app, ["check", str(fleet)])
    assert result.exit_code == 2
    assert ":3: models.glm-4.5: has a card in the catalogue but no profiles; bring yours" in result.stderr


def test_a_card_alone_names_the_llm_whose_profiles_hold_too(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(
        "skus: {from: gcp, region: us-central1}\nmodels:\n  llama-3.3-70b: {}\n"
        "workloads: {a: {model: llama-3.3-70b, input_tokens: 2000, output_tokens: 200, requests_per_second: 1,"
        " slo: {ttft_mean_ms: 1000, tpot_mean_ms: 20}}}\n"
    )
    result = CliRunner().invoke(app, ["check", str(fleet)])
    assert result.exit_code == 2
    assert "llama-3.1-70b has the same dimensions and profiles: name that one" in result.stderr
    assert "1 fault in" in result.stderr
    fleet.write_text(fleet.read_text().replace("llama-3.3", "llama-3.1"))
    assert CliRunner().invoke(app, ["check", str(fleet)]).exit_code == 0


def test_an_llm_of_ones_own_without_a_card_has_that_of_pdopt(tmp_path: Path) -> None:
    own = tmp_path / "llms/llama-3.1-8b-fp8"
    own.mkdir(parents=True)
    (own / "prefill.csv").write_text(PREFILL + f"h100-sxm,1,vllm,fp8,1000,20000,{SEEN}")
    (own / "decode.csv").write_text(DECODE + f"h100-sxm,1,vllm,fp8,1000,100,1,5,{SEEN}")
    shown = profile("show", "llama-3.1-8b-fp8", "--models", str(tmp_path)).stdout
    assert "my run" in shown
    assert "B parameters" in shown
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(
        "skus: {n: {gpu: h100-sxm, gpus: 8, usd_per_hour: 1}}\nmodels: {llama-3.1-8b-fp8: {}}\n"
        "workloads: {a: {model: llama-3.1-8b-fp8, input_tokens: 1000, output_tokens: 100, requests_per_second: 1,"
        " slo: {ttft_mean_ms: 1000, tpot_mean_ms: 20}}}\n"
    )
    llms = pdopt.read_fleet(fleet, models=tmp_path).llms
    assert llms["llama-3.1-8b-fp8"].kv_bytes_per_token == 131072
    (own / "card.yaml").write_text(CARD)
    assert "Toy" in profile("show", "llama-3.1-8b-fp8", "--models", str(tmp_path)).stdout


@pytest.mark.parametrize(("llm", "noted"), [("deepseek-v3.1", False), ("deepseek-v3", True)])
def test_a_plan_says_once_that_nobody_measured_what_it_rests_on(tmp_path: Path, llm: str, noted: bool) -> None:
    paper = Path(__file__).parents[2] / "instances/paper/deepseek-v3.1-h200.yaml"
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(paper.read_text().replace("deepseek-v3.1", llm))
    plan = json.loads(CliRunner().invoke(app, ["solve", str(fleet), "--json"]).stdout)
    said = [note for note in plan["notes"] if "check with a measurement before buying" in note]
    assert said == ["rests on computed profiles, not on measured ones: check with a measurement before buying"] * noted
    assert {profile["kind"] for profile in plan["profiles"]} == ({"computed"} if noted else {"measured"})
    assert all(profile["date"] and profile["engine_version"] for profile in plan["profiles"])
