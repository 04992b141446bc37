"""Points that meet: of one import, or with the rows of the table they go into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importers.bench import import_, rows, vllm_run

HEADER = "gpu,gpus,engine,"


def prefill_run(folder: Path, isl: float, concurrency: int, tokens_per_s: float, **changes: object) -> Path:
    """A run with outputs of one token; alone, its TTFT is what the throughput comes from."""
    return vllm_run(
        folder,
        f"p{isl:g}-{concurrency}",
        max_concurrency=concurrency,
        completed=200,
        num_prompts=200,
        total_input_tokens=200 * isl,
        total_output_tokens=200,
        mean_tpot_ms=0.0,
        mean_ttft_ms=1e3 * concurrency * isl / tokens_per_s,
        request_throughput=tokens_per_s / isl,
        **changes,
    )


def table(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def prefill(folder: Path) -> list[tuple[str, str]]:
    return [(row["input_tokens"], row["tokens_per_s"]) for row in rows(folder, "prefill")]


# -- tables that cannot be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            b"gpu,gpus,input_tokens,tokens_per_s,note\nh200-sxm,8,512,1,ok\nh200-sxm,8,900,1,caf\xe9\n",
            "3: is not UTF-8",
        ),
        (b"gpu,gpus,input_tokens,tokens_per_s\nh200-sxm,8,512,1\rh200-sxm,8,900,1\n", "2: cannot be read as CSV"),
        (b"gpu,gpus,input_tokens,tokens_per_s\nh200-sxm,8,512," + b"1" * 140000, "2: cannot be read as CSV"),
    ],
)
def test_a_table_that_cannot_be_read_is_a_fault_and_left_alone(tmp_path, text, fault):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/prefill.csv").write_bytes(text)
    done = import_(prefill_run(tmp_path, 511, 16, 20000), to=tmp_path / "x")
    assert done.exit_code == 2
    assert f"prefill.csv:{fault}" in done.stderr
    assert "Traceback" not in done.output
    assert isinstance(done.exception, SystemExit)
    assert (tmp_path / "x/prefill.csv").read_bytes() == text
    own = import_(tmp_path / "x/prefill.csv", to=tmp_path / "y")
    assert own.exception is None or isinstance(own.exception, SystemExit)


# -- prefill lengths ------------------------------------------------------------------------------------------------


def test_prefill_runs_within_2_percent_are_one_and_the_heavier_load_counts(tmp_path):
    """Tools draw 511 tokens in one run and 512 in the next; at 2048 both came out alike."""
    runs = [(511, 1, 10000), (512, 16, 20000), (2052, 1, 15000), (2047, 16, 22000), (2100, 1, 16000)]
    files = [prefill_run(tmp_path, *run) for run in runs]
    assert import_(*files, to=tmp_path / "x").exit_code == 0
    assert prefill(tmp_path / "x") == [("512", "20000"), ("2047", "22000"), ("2100", "16000")]
    before = (tmp_path / "x/prefill.csv").read_bytes()
    done = import_(*files, to=tmp_path / "x")
    assert "rows 0 added, 3 already there, 0 conflicting" in done.stdout
    assert (tmp_path / "x/prefill.csv").read_bytes() == before


def test_a_prefill_run_near_a_row_is_that_row(tmp_path):
    folder = table(tmp_path / "x", "prefill.csv", f"{HEADER}input_tokens,tokens_per_s\nh200-sxm,8,vllm,512,20000\n")
    same, other = prefill_run(tmp_path, 511, 16, 20001), prefill_run(tmp_path, 509, 16, 15000)
    assert "rows 0 added, 1 already there, 0 conflicting" in import_(same, to=folder).stdout
    done = import_(other, to=folder)
    assert "input_tokens 512: tokens_per_s is 20000, measured 15000" in done.stderr
    assert prefill(folder) == [("512", "20000")]
    assert import_(other, "--replace", to=folder).exit_code == 0
    assert prefill(folder) == [("512", "15000")]


# -- rows of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--replace",)])
def test_a_point_given_twice_is_a_conflict_and_the_first_stays(tmp_path, options):
    text = "input_tokens,tokens_per_s,note\n512,20000,a\n512,15000,b\n1024,21000,c\n1024,21000,d\n"
    own = table(tmp_path / "own", "ours.csv", text)
    done = import_(own / "ours.csv", *options, to=tmp_path / "x")
    assert done.exit_code == 0
    assert "rows 2 added, 1 already there, 1 conflicting" in done.stdout
    assert "tokens_per_s is 20000, measured 15000 (csv: ours.csv:3); imported twice" in done.stderr
    assert prefill(tmp_path / "x") == [("512", "20000"), ("1024", "21000")]


DECODE = "gpu,gpus,input_tokens,output_tokens,batch,{times}\nh200-sxm,8,2048,256,8,{values}\n"


@pytest.mark.parametrize(
    ("there", "new", "conflict"),
    [
        (("step_ms,tokens_per_step", "20,2.5"), ("tpot_ms", "9"), "TPOT is 8 ms (step_ms 20, tokens_per_step 2.5)"),
        (("tpot_ms", "9"), ("step_ms,tokens_per_step", "20,2.5"), "measured 8 ms (step_ms 20, tokens_per_step 2.5)"),
        (("step_ms", "20"), ("step_ms,tokens_per_step", "20,2.5"), "TPOT is 20 ms (step_ms 20), measured 8 ms"),
        (("step_ms,tokens_per_step", "20,2.5"), ("tpot_ms", "8"), ""),
    ],
)
def test_times_per_token_are_compared_in_whatever_form(tmp_path, there, new, conflict):
    folder = table(tmp_path / "x", "decode.csv", DECODE.format(times=there[0], values=there[1]))
    own = table(tmp_path / "own", "ours.csv", DECODE.format(times=new[0], values=new[1]))
    before = (folder / "decode.csv").read_bytes()
    done = import_(own, to=folder)
    assert conflict in done.stderr
    assert f"{int(bool(conflict))} conflicting" in done.stdout
    assert (folder / "decode.csv").read_bytes() == before
    if conflict:
        assert import_(own, "--replace", to=folder).exit_code == 0
        (row,) = rows(folder, "decode")
        times = {name: row[name] for name in ("tpot_ms", "step_ms", "tokens_per_step") if row.get(name)}
        assert times == dict(zip(new[0].split(","), new[1].split(","), strict=True))


# -- the same results again -----------------------------------------------------------------------------------------


def test_a_run_finds_its_own_row_although_another_curve_is_nearer(tmp_path):
    """The first import drew the run to the curve at 1000; the table has since got one at 1014."""
    first = vllm_run(tmp_path, "first", total_input_tokens=16 * 1000.0, total_output_tokens=16 * 64)
    drawn = vllm_run(tmp_path, "drawn", total_input_tokens=16 * 1012.0, total_output_tokens=16 * 64, mean_ttft_ms=90.0)
    drawn.write_text(drawn.read_text(encoding="utf-8").replace("6.07", "5.07"), encoding="utf-8")
    import_(first, to=tmp_path / "x")
    import_(drawn, to=tmp_path / "x")
    other = (tmp_path / "x/mixed.csv").read_text(encoding="utf-8").splitlines()
    near = other[-1].replace("5.07", "5.073").replace(",1000,", ",1014,").replace(",90,", ",90.01,")
    (tmp_path / "x/mixed.csv").write_text("\n".join([*other, near]) + "\n", encoding="utf-8")
    before = (tmp_path / "x/mixed.csv").read_bytes()
    done = import_(first, drawn, to=tmp_path / "x")
    assert "rows 0 added, 2 already there, 0 conflicting" in done.stdout
    assert (tmp_path / "x/mixed.csv").read_bytes() == before
