"""docs/walkthrough.md: its commands lead from benchmark results, requests and prices to the plan it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.importers.bench import vllm_run
from typer.testing import CliRunner

from pdopt.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/walkthrough.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))
LOADS = (1, 2, 4, 8, 16, 32, 64, 128)


def bench(folder: str, isl: int, osl: int, load: int, ttft_ms: float, tpot_ms: float) -> None:
    """Write the result of a closed loop whose requests wait for nothing but prefill and decode."""
    Path(folder).mkdir(exist_ok=True)
    done = 40 + 10 * load
    rate = load / (ttft_ms + (osl - 1) * tpot_ms) * 1e3
    stated: dict[str, float] = {
        "max_concurrency": load,
        "num_prompts": done,
        "completed": done,
        "duration": done / rate,
        "total_input_tokens": isl * done,
        "total_output_tokens": osl * done,
        "request_throughput": rate,
        "output_throughput": rate * osl,
        "total_token_throughput": rate * (isl + osl),
    }
    for statistic, factor in (("mean", 1.0), ("median", 0.95), ("p50", 0.95), ("p90", 1.2), ("p99", 1.5)):
        stated |= {f"{statistic}_ttft_ms": ttft_ms * factor, f"{statistic}_tpot_ms": tpot_ms * factor}
    vllm_run(Path(folder), f"{isl}-{load}", **stated)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder with everything the page starts from."""
    monkeypatch.chdir(tmp_path)
    for isl in (512, 2048, 8192):
        for load in (1, 16):
            bench("prefill", isl, 1, load, load * (10 + isl / 30), 0)
    for isl in (512, 8192):
        for load in LOADS:
            bench("decode", isl, 256, load, 15, 7 + load * (0.05 + isl * 8e-6))
    for isl, osl in ((800, 200), (6500, 350)):
        for load in LOADS:
            work_ms = 10 + isl / 30
            bench("mixed", isl, osl, load, work_ms * (1 + load / 16), 7 + load * (0.06 + isl * 1e-5 + work_ms / osl))
    chats = [(i / 20, 640 + i * 37 % 121, 135 + i * 17 % 31) for i in range(36_000) if i % 5]
    documents = [(i / 20, 5900 + i * 37 % 201, 280 + i * 17 % 41) for i in range(0, 36_000, 5)]
    rows = (f"{arrival_s},{isl},{osl}\n" for arrival_s, isl, osl in sorted(chats + documents))
    Path("requests.csv").write_text(BLOCKS["requests"] + "".join(rows))
    Path("quote.csv").write_text(BLOCKS["quote"])
    Path("fleet.yaml").write_text(BLOCKS["fleet"])


def test_the_commands_lead_to_the_plan_shown() -> None:
    shown = {}
    for name in ("look", "import", "plan"):
        for words in map(shlex.split, BLOCKS[name].splitlines()):
            result = CliRunner().invoke(app, words[1:])
            assert result.exit_code == 0, result.stderr
            shown[words[1]] = result.stdout
    *answer, proof = BLOCKS["answer"].splitlines()
    *lines, last = (line.rstrip() for line in shown["solve"].splitlines())
    assert lines == answer
    assert last.startswith(proof)  # and the seconds it took
    again = [*shlex.split(BLOCKS["plan"].splitlines()[0])[1:], "--replace", "--force"]
    again[again.index("--into") + 1] = "planned.yaml"
    assert CliRunner().invoke(app, again).exit_code == 0
    assert Path("planned.yaml").read_text().count("# Workloads from") == 1
