"""Profile rows, in the fleet file or in CSV tables, become profiles: each point once, faults with file and line."""

from __future__ import annotations

import pytest
from tests.samples import fleet_of, paper

from pdopt.fleet.faults import FleetFaults

HEAD = "gpu,gpus,input_tokens,tokens_per_s\n"
DECODE = "gpu,gpus,input_tokens,output_tokens,batch,tpot_ms\nh200,8,6144,512,10,12.8\nh200,8,6144,512,60,26.2\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "prefill.csv").write_text(HEAD + "h200,8,6144,28309\n")
    (tmp_path / "decode.csv").write_text(DECODE)
    return tmp_path


def read(folder):
    fleet = paper()
    fleet["models"]["llm"] = {"profiles": str(folder)}
    return fleet_of(fleet).llms["llm"]


def faults(folder):
    with pytest.raises(FleetFaults) as raised:
        read(folder)
    return [str(fault) for fault in raised.value.faults]


def test_a_folder_of_tables(folder):
    llm = read(folder)
    assert (llm.prefill[0].input_tokens, llm.prefill[0].tokens_per_s) == ((6144,), (28309,))
    assert llm.decode[0].curves[0].batches == (10, 60)
    assert llm.decode[0].curves[0].tpot_s == pytest.approx((0.0128, 0.0262))


def test_faults_of_tables_have_file_line_and_column(folder):
    (folder / "prefill.csv").write_text(HEAD + "h200,8,6144,28309\nh200,8,many,28309\n,8,100,-5\n")
    (folder / "decode.csv").write_text(DECODE + "h200,8,6144,512,0,26.2\n")
    found = faults(folder)
    places = [fault.split(": ")[:2] for fault in found]
    assert places == [
        [f"{folder / 'decode.csv'}:4", "batch"],
        [f"{folder / 'prefill.csv'}:3", "input_tokens"],
        [f"{folder / 'prefill.csv'}:4", "gpu"],
        [f"{folder / 'prefill.csv'}:4", "tokens_per_s"],
    ]
    assert "'many'" in found[1]


def test_a_row_with_too_many_cells(folder):
    (folder / "prefill.csv").write_text(HEAD + "h200,8,6144,28,309\n")
    (found,) = faults(folder)
    assert found.startswith(f"{folder / 'prefill.csv'}:2: has more cells than the header")


def test_an_unknown_column(folder):
    (folder / "prefill.csv").write_text("gpu,gpus,input_tokens,token_per_s\nh200,8,6144,28309\n")
    assert any("did you mean tokens_per_s?" in fault for fault in faults(folder))


@pytest.mark.parametrize("content", [b"", HEAD.encode(), b"\n\n"])
def test_an_empty_table(folder, content):
    (folder / "prefill.csv").write_bytes(content)
    (found,) = faults(folder)
    assert "holds no rows" in found


def test_a_table_that_is_not_utf_8(folder):
    (folder / "prefill.csv").write_bytes(HEAD.encode() + b"h\xff200,8,6144,28309\n")
    (found,) = faults(folder)
    assert "cannot be read as a CSV table" in found


def test_a_byte_order_mark_and_windows_line_ends_are_fine(folder):
    (folder / "prefill.csv").write_bytes(
        b"\xef\xbb\xbf" + (HEAD + "h200,8,6144,28309\n").replace("\n", "\r\n").encode()
    )
    assert read(folder).prefill[0].tokens_per_s == (28309,)


def test_blank_optional_cells_are_not_stated(folder):
    (folder / "prefill.csv").write_text("gpu,gpus,dp,engine,input_tokens,tokens_per_s\nh200,8,,,6144,28309\n")
    assert read(folder).prefill[0].shape.dp == 1


def test_a_folder_that_is_not_there(tmp_path):
    (found,) = faults(tmp_path / "none")
    assert "there is no folder" in found


def test_rows_in_place_beside_a_folder(folder):
    fleet = paper()
    fleet["models"]["llm"]["profiles"] = str(folder)
    with pytest.raises(FleetFaults, match=r"models\.llm\.profiles: stands beside rows in place"):
        fleet_of(fleet)


# -- each point once --------------------------------------------------------------------------------------------------


def test_an_equal_repetition_is_harmless(folder):
    (folder / "decode.csv").write_text(DECODE + "h200,8,6144,512,60,26.2\n")
    assert read(folder).decode[0].curves[0].batches == (10, 60)


def test_a_repetition_with_another_result_is_a_fault(folder):
    (folder / "decode.csv").write_text(DECODE + "h200,8,6144,512,60,26.3\n")
    (found,) = faults(folder)
    assert found.startswith(f"{folder / 'decode.csv'}:4: measures the same point twice")


def test_a_repetition_in_place_has_its_path():
    fleet = paper()
    rows = fleet["models"]["llm"]["prefill"]
    rows.append({**rows[0], "tokens_per_s": 28300})
    with pytest.raises(FleetFaults, match=r"fleet\.yaml:\d+: models\.llm\.prefill\[1\]: measures the same point twice"):
        fleet_of(fleet)


@pytest.mark.parametrize(
    "other", [{"dp": 2}, {"engine": "vllm"}, {"precision": "fp8"}, {"parallelism": "tp8"}, {"gpus": 4}]
)
def test_another_shape_is_another_profile(other):
    fleet = paper()
    rows = fleet["models"]["llm"]["prefill"]
    rows.append({**rows[0], "tokens_per_s": 20000, **other})
    assert sorted(p.tokens_per_s for p in fleet_of(fleet).llms["llm"].prefill) == [(20000,), (28309,)]


def test_rows_are_sorted_into_curves():
    fleet = paper()
    rows = fleet["models"]["llm"]["decode"]
    rows += [{**row, "input_tokens": 1000, "tpot_ms": row["tpot_ms"] / 2} for row in rows]
    rows.reverse()
    first, second = fleet_of(fleet).llms["llm"].decode[0].curves
    assert (first.input_tokens, second.input_tokens) == (1000, 6144)
    assert first.batches == second.batches == (10, 20, 30, 40, 50, 60)
    assert second.tpot_s == pytest.approx((0.0128, 0.0164, 0.0188, 0.0216, 0.0239, 0.0262))


def test_the_smallest_kv_cache_counts():
    fleet = paper()
    for row, tokens in zip(fleet["models"]["llm"]["decode"], (500_000, 400_000), strict=False):
        row["kv_tokens"] = tokens
    assert fleet_of(fleet).llms["llm"].decode[0].kv_tokens == 400_000
