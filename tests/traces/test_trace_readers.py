"""Every trace format is known by its fields and read into the same columns."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pdopt.fleet.faults import FleetFaults
from pdopt.traces.read import read_trace
from pdopt.traces.readers import all_readers

DATA = Path(__file__).parents[1] / "data/traces"

OWN = "arrival_s,input_tokens,output_tokens,cached_tokens\n0,100,10,0\n1.5,200,20,128\n4,300,30,\n"
AZURE_2023 = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,100,10\n"
    "2023-11-16 18:15:48.1805900,200,20\n2023-11-16 18:15:50.6805900,300,30\n"
)
AZURE_2024 = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,100,10\n"
    "2024-05-10 00:00:01.509930+00:00,200,20\n2024-05-10 00:00:04.009930+00:00,300,30\n"
)
BURSTGPT = (
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,100,10,110,Conversation log\n"
    "6.5,GPT-4,200,20,220,API log\n9,ChatGPT,300,30,330,Conversation log\n"
)


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


REQUESTS = [(0.0, 100, 10), (1.5, 200, 20), (4.0, 300, 30)]
MOONCAKE = lines(
    *({"timestamp": int(t * 1000), "input_length": i, "output_length": o, "hash_ids": [1]} for t, i, o in REQUESTS)
)
QWEN = lines(
    *(
        {"chat_id": 1, "parent_chat_id": -1, "timestamp": t, "input_length": i, "output_length": o, "type": "text"}
        for t, i, o in REQUESTS
    )
)
SGLANG = lines(
    {"timestamp": "2026-01-01T10:00:00", "event": "request.received", "rid": "a", "obj": {"rid": "a"}},
    *(
        {
            "timestamp": f"2026-01-01T10:00:{10 + t:09.6f}",
            "event": "request.finished",
            "rid": "a",
            "obj": {"rid": "a", "stream": True},
            "out": {
                "meta_info": {
                    "id": "a",
                    "finish_reason": {"type": "stop"},
                    "prompt_tokens": i,
                    "completion_tokens": o,
                    "cached_tokens": 0,
                    "e2e_latency": 3.25,
                }
            },
        }
        for t, i, o in REQUESTS
    ),
)
SGLANG_METRICS = lines(
    *(
        {
            "request_parameters": "{}",
            "id": "a",
            "prompt_tokens": i,
            "completion_tokens": o,
            "cached_tokens": 0,
            "request_received_ts": 1.767e9 + t,
            "e2e_latency": 3.25,
        }
        for t, i, o in REQUESTS
    )
)
VLLM_USAGE = lines(
    *(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "arrival_time": 1.767e9 + t,
            "created": int(1.767e9 + t),
            "choices": [],
            "usage": {
                "prompt_tokens": i,
                "completion_tokens": o,
                "total_tokens": i + o,
                "prompt_tokens_details": {"cached_tokens": 16},
            },
        }
        for t, i, o in REQUESTS
    )
)
VLLM_OUTPUTS = lines(
    *(
        {
            "request_id": "1",
            "num_prompt_tokens": i,
            "num_cached_tokens": 16,
            "metrics": {"arrival_time": 1.767e9 + t},
            "num_generation_tokens": o,
        }
        for t, i, o in REQUESTS
    )
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (OWN, "own columns"),
        (OWN.replace(",", ";"), "own columns"),
        (OWN.replace(",", "\t").replace("\n", "\r\n"), "own columns"),
        ("\ufeff" + OWN, "own columns"),
        (OWN.replace("arrival_s", "arrival_ms").replace("1.5", "1500").replace("\n4", "\n4000"), "own columns"),
        ('"Arrival_S","input tokens","output tokens"\n"0","100","10"\n1.5,200,20\n4,300,30', "own columns"),
        (AZURE_2023, "Azure LLM inference trace"),
        (AZURE_2024, "Azure LLM inference trace"),
        (BURSTGPT, "BurstGPT"),
        (MOONCAKE, "Mooncake trace"),
        (QWEN, "Qwen-Bailian trace"),
        (SGLANG, "SGLang request log"),
        (SGLANG_METRICS, "SGLang request metrics"),
        (VLLM_USAGE, "vLLM (OpenAI) request log"),
        (VLLM_OUTPUTS, "vLLM (OpenAI) request log"),
    ],
)
def test_every_format_gives_the_same_requests(text: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "trace [1].log"
    file.write_text(text, encoding="utf-8")
    requests = read_trace(file)
    assert requests.kind == kind
    assert requests.arrival_s == pytest.approx([0, 1.5, 4], abs=1e-6)
    assert requests.input_tokens.tolist() == [100, 200, 300]
    assert requests.output_tokens.tolist() == [10, 20, 30]
    assert not requests.refusals


def test_every_reader_is_shown_above() -> None:
    shown = {"own columns", "Azure LLM inference trace", "BurstGPT", "Mooncake trace", "Qwen-Bailian trace"}
    shown |= {"SGLang request log", "SGLang request metrics", "vLLM (OpenAI) request log"}
    assert {reader.name for reader in all_readers()} == shown


def test_parquet_and_compressed_files(tmp_path: Path) -> None:
    table = pl.DataFrame({"arrival_s": [0.0, 1.5, 4.0], "input_tokens": [100, 200, 300], "output_tokens": [10, 20, 30]})
    table.write_parquet(tmp_path / "trace.parquet")
    (tmp_path / "trace.csv.gz").write_bytes(gzip.compress(OWN.encode()))
    (tmp_path / "trace.jsonl.gz").write_bytes(gzip.compress(MOONCAKE.encode()))
    for file in tmp_path.iterdir():
        assert read_trace(file).arrival_s.tolist() == [0, 1.5, 4]


def test_dates_give_the_start_and_numbers_do_not(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    starts = {AZURE_2023: "2023-11-16 18:15:46 UTC", AZURE_2024: "2024-05-10 00:00:00 UTC", OWN: None, BURSTGPT: None}
    for text, start in starts.items():
        file.write_text(text)
        assert read_trace(file).start == start


def test_a_time_zone_shifts_to_utc(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text(AZURE_2024.replace("+00:00", "+02:00"))
    assert read_trace(file).start == "2024-05-09 22:00:00 UTC"


def test_sglang_arrivals_are_latency_before_the_finish_and_other_events_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text(SGLANG)
    requests = read_trace(file)
    assert requests.start == "2026-01-01 10:00:06 UTC"
    assert (requests.skipped, requests.refused) == (1, 0)


def test_requests_are_put_in_the_order_of_arrival(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text("arrival_s,input_tokens,output_tokens\n14,300,30\n10,100,10\n11.5,200,20\n")
    requests = read_trace(file)
    assert requests.arrival_s.tolist() == [0, 1.5, 4]
    assert requests.input_tokens.tolist() == [100, 200, 300]


# -- prefix cache ---------------------------------------------------------------------------------------------------


def test_hash_ids_give_the_leading_blocks_seen_before(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    rows = [("0", 40, "1 2 3"), ("1", 33, "1 2 4"), ("2", 48, "9 2 3"), ("3", 16, "1"), ("4", 20, "")]
    file.write_text("arrival_s,input_tokens,output_tokens,hash_ids\n" + "".join(f"{t},{n},5,{h}\n" for t, n, h in rows))
    requests = read_trace(file)
    assert requests.cached_tokens is not None
    assert requests.cached_tokens.tolist() == [0, 32, 0, 15, 0]  # a block has 16; the last token is always computed
    assert requests.notes == ("blocks of 16 tokens, inferred from hash ids",)


def test_hashes_follow_the_order_of_arrival_and_skip_refused_rows(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text("arrival_s,input_tokens,output_tokens,hash_ids\n5,32,5,7 8\n1,0,5,7 8\n0,32,5,7 9\n6,32,5,7 8\n")
    requests = read_trace(file)
    assert requests.cached_tokens is not None
    assert requests.cached_tokens.tolist() == [0, 16, 31]


def test_mooncake_hits_equal_those_counted_one_by_one() -> None:
    file = DATA / "mooncake_conversation.jsonl.gz"
    seen: set[int] = set()
    hits = []
    with gzip.open(file, "rt") as stream:
        for record in map(json.loads, stream):
            known = [hash_id in seen for hash_id in record["hash_ids"]]
            leading = known.index(False) if False in known else len(known)
            hits.append(min(leading * 512, record["input_length"] - 1))
            seen.update(record["hash_ids"])
    requests = read_trace(file)
    assert requests.cached_tokens is not None
    assert np.array_equal(requests.cached_tokens, hits)


# -- what cannot be used --------------------------------------------------------------------------------------------


def test_refused_rows_are_counted_with_reason_and_lines(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    good = "1,10,10\n2,20,20\n3,30,30\n"
    bad = ["4,,10", "", "5,x,10", "6,0,10", "7,-5,10", "8,10", "9,10,0", "when,10,10", "10,10.5,10", "1e12,10,10"]
    file.write_text("arrival_s,input_tokens,output_tokens\n" + good + "\n".join(bad) + "\n")
    requests = read_trace(file)
    assert len(requests) == 3
    assert {refusal.reason: refusal.places for refusal in requests.refusals} == {
        "no arrival time, or not a readable one": (12,),
        "arrival time too late to be in seconds; in milliseconds name it arrival_ms": (14,),
        "input_tokens missing": (5,),
        "input_tokens not a whole number": (7, 13),
        "input_tokens zero or negative": (8, 9),
        "output_tokens missing": (10,),
        "output_tokens zero or negative": (11,),
    }
    assert requests.refused == 9


def test_broken_json_lines_are_reported_with_their_numbers(tmp_path: Path) -> None:
    first, *others = MOONCAKE.splitlines()
    file = tmp_path / "trace.jsonl"
    file.write_text("\n".join([first, "{broken", "", *others, '{"timestamp": 9000, "input_length": 10}']) + "\n")
    requests = read_trace(file)
    assert len(requests) == 3
    assert [str(refusal) for refusal in requests.refusals] == [
        "1 row refused: not a JSON object (line 2)",
        "1 row refused: output_tokens missing (line 6)",
    ]


def test_failures_of_burstgpt_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "burst.csv"
    file.write_text(BURSTGPT + "12,ChatGPT,100,0,100,Conversation log\n")
    (refusal,) = read_trace(file).refusals
    assert str(refusal) == "1 row refused: output_tokens zero or negative (line 5)"


def test_more_cached_than_given_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(OWN + "5,100,10,101\n6,100,10,-1\n")
    assert [refusal.places for refusal in read_trace(file).refusals] == [(5, 6)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("arrival_s,input_tokens,output_tokens\n", "fewer than two usable requests (0 requests)"),
        ("arrival_s,input_tokens,output_tokens\n1,0,10\n2,0,10\n", "2 rows refused: input_tokens zero or negative"),
        ("arrival_s,input_tokens,output_tokens\n1,5,10\n1,5,10\n", "all requests at one time"),
        ("arrival_s,input_tokens,output_tokens\n1,5,10\n1.7e9,5,10\n", "spans 54 years"),
        ("a,b\n1,2\n", "is no known trace: it has a, b; known: "),
        ("[\n{}]\n", "is one JSON list"),
        ("{broken\n", "is no known trace: it has nothing"),
    ],
)
def test_a_trace_that_cannot_be_used_says_why(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text(text)
    with pytest.raises(FleetFaults) as raised:
        read_trace(file)
    assert said in str(raised.value)
    assert str(raised.value).startswith(str(file))


def test_no_file_and_folder_say_so(tmp_path: Path) -> None:
    for file, said in ((tmp_path / "nowhere", "no such file"), (tmp_path, "is a folder")):
        with pytest.raises(FleetFaults, match=said):
            read_trace(file)


def test_bytes_that_are_no_text_do_not_crash(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(FleetFaults):
        read_trace(file)
    file.write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(FleetFaults, match="cannot be read"):
        read_trace(file)


# -- cells ----------------------------------------------------------------------------------------------------------

PLAIN = "".join(f"{t},hello,100,10\n" for t in range(60))


@pytest.mark.parametrize(
    "cell",
    ['"x,7,9"', '"a\nb"', '"a\r\nb,c\n"', '"say ""hi"", you"', '"61,x,100,10\n62,x,100,10"', '""', '"\n\n,"'],
)
def test_quotes_far_down_the_file_hold_text_together(cell: str, tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    far = "".join(f"{t},{cell},200,20\n" for t in range(60, 80))
    file.write_text("arrival_s,prompt,input_tokens,output_tokens\n" + PLAIN + far, newline="")
    requests = read_trace(file)
    assert requests.input_tokens.tolist() == [100] * 60 + [200] * 20
    assert requests.arrival_s.tolist() == list(range(80))
    assert not requests.refusals


@pytest.mark.parametrize("quoted", ["", '60,"a,b",100,10\n'])
@pytest.mark.parametrize("line", ["61,x,7,9,100,10", "61,7,9,100,10", "61,x,7,9,"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_with_other_cells_than_the_header_are_refused(
    quoted: str, line: str, separator: str, tmp_path: Path
) -> None:
    file = tmp_path / "trace.csv"
    text = f"arrival_s,prompt,input_tokens,output_tokens\n{PLAIN}{quoted}{line}\n\n"
    file.write_text("\n" + text.replace(",", separator))
    requests = read_trace(file)
    if line.endswith(","):
        assert not requests.refusals  # an empty cell too many moves nothing
        return
    (refusal,) = requests.refusals
    assert refusal.reason == "more or fewer cells than the header; put text in double quotes"
    assert len(requests) == 60 + bool(quoted)


def test_a_row_that_ends_early_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text(OWN + "5,100,10\n")
    (refusal,) = read_trace(file).refusals
    assert refusal.reason.startswith("more or fewer cells")
    assert refusal.places == (5,)


def test_quotes_that_do_not_pair_up_are_told(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text("arrival_s,prompt,input_tokens,output_tokens\n" + PLAIN + '60,5" screen,100,10\n' + PLAIN)
    with pytest.raises(FleetFaults, match=r"cannot be read|do not pair up"):
        read_trace(file)
