"""Merging rows into tables: nothing twice, nothing lost."""

import shutil
from pathlib import Path

import pytest

from pdopt.catalogue.writing import merge
from pdopt.fleet.faults import FleetFaults

LLAMA = Path(__file__).resolve().parents[2] / "models/llms/llama-2-70b"
ROW = {"gpu": "a100-sxm", "gpus": 4, "input_tokens": 512, "tokens_per_s": 1000.0}


def test_a_new_table(tmp_path):
    one = merge(tmp_path / "new", "prefill", [ROW | {"input_tokens": 1024}, ROW, ROW])
    assert (one.added, one.unchanged, one.conflicting) == (2, 1, ())
    one.write()
    lines = (tmp_path / "new/prefill.csv").read_text().splitlines()
    assert lines[1].startswith("a100-sxm,4,,,,,,512,1000,")
    assert lines[2].startswith("a100-sxm,4,,,,,,1024,1000,")


def test_rows_that_are_there_stay_as_they_are(tmp_path):
    shutil.copy(LLAMA / "prefill.csv", tmp_path)
    before = (LLAMA / "prefill.csv").read_text().splitlines()
    one = merge(tmp_path, "prefill", [ROW | {"gpus": 2, "tokens_per_step": None}])
    one.write()
    after = (tmp_path / "prefill.csv").read_text().splitlines()
    assert len(after) == len(before) + 1
    assert set(before) < set(after)


def test_new_columns_are_added_and_none_is_lost(tmp_path):
    (tmp_path / "decode.csv").write_text(
        "note,gpu,gpus,input_tokens,output_tokens,batch,tpot_ms\nmine,a,1,10,2,1,5.0\n", encoding="utf-8"
    )
    row = {"gpu": "a", "gpus": 1, "input_tokens": 10, "output_tokens": 2, "batch": 2, "tpot_ms": 6, "kv_tokens": 9}
    merge(tmp_path, "decode", [row]).write()
    written = (
        "note,gpu,gpus,input_tokens,output_tokens,batch,tpot_ms,kv_tokens\nmine,a,1,10,2,1,5.0,\n,a,1,10,2,2,6,9\n"
    )
    assert (tmp_path / "decode.csv").read_text() == written


def test_another_result_is_named_and_the_first_one_kept(tmp_path):
    merge(tmp_path, "prefill", [ROW]).write()
    one = merge(tmp_path, "prefill", [ROW | {"tokens_per_s": 1001.0}])
    assert one.conflicting == ("prefill: a100-sxm 4 1: input_tokens 512",)
    one.write()
    assert merge(tmp_path, "prefill", [ROW]).unchanged == 1


def test_a_broken_table_is_not_touched(tmp_path):
    (tmp_path / "prefill.csv").write_text("gpu,gpus\nx,y\n", encoding="utf-8")
    with pytest.raises(FleetFaults):
        merge(tmp_path, "prefill", [ROW])


def test_a_failed_write_leaves_the_old_table_and_no_litter(tmp_path, monkeypatch):
    merge(tmp_path, "prefill", [ROW]).write()
    before = (tmp_path / "prefill.csv").read_bytes()
    one = merge(tmp_path, "prefill", [ROW | {"input_tokens": 1}])

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        one.write()
    assert (tmp_path / "prefill.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["prefill.csv"]
