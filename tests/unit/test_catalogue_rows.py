"""The catalogue's files keep the format that models/README.md promises; read with the csv module alone."""

import csv
import math
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

MODELS = Path(__file__).resolve().parents[2] / "models"
LLMS = sorted(path for path in (MODELS / "llms").glob("*") if path.is_dir())
PROFILES = sorted((MODELS / "llms").glob("*/*.csv"))
PRICES = sorted((MODELS / "prices").glob("*.csv"))

SHAPE = ("gpu", "gpus", "parallelism", "dp", "engine", "precision")
POINT = {
    "prefill": ("input_tokens",),
    "decode": ("input_tokens", "output_tokens", "batch"),
    "mixed": ("input_tokens", "output_tokens", "requests_per_s"),
}
INSTANCE = ("gpu", "gpus", "parallelism", "dp", "engine", "engine_version", "precision")
PROVENANCE = ("kind", "date", "source", "licence")
HEADER = {
    "prefill": (*INSTANCE, *POINT["prefill"], "tokens_per_s", *PROVENANCE),
    "decode": (*INSTANCE, *POINT["decode"], "tpot_ms", "kv_tokens", *PROVENANCE),
    "mixed": (*INSTANCE, *POINT["mixed"], "ttft_mean_ms", "tpot_mean_ms", *PROVENANCE),
}
PRICE_HEADER = ("instance_type", "region", "gpu", "gpus", "term", "usd_per_hour", "source_date", "source")
TERMS = {"on_demand", "reserved_1y", "reserved_3y", "spot"}
MAY_BE_BLANK = {"engine_version", "kv_tokens", "date"}
WHOLE = {"gpus", "dp", "input_tokens", "output_tokens", "batch", "kv_tokens"}
MEASURES = {"tokens_per_s", "tpot_ms", "requests_per_s", "ttft_mean_ms", "tpot_mean_ms"}
KINDS = {"measured", "computed", "analytic"}
ENGINES = {"sglang", "vllm", "trtllm"}
DATE = re.compile(r"20\d\d(-[01]\d(-[0-3]\d)?)?")
CARD_KEYS = {
    "name", "hf_id", "total_params_b", "active_params_b", "layers", "kv_bytes_per_token", "weights_gib", "max_context",
    "source",
}  # fmt: skip


def table(path):
    """Return the header and the rows of a CSV file, every row as wide as the header."""
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert all(len(row) == len(header) for row in rows), f"{path}: a row has too many or too few fields"
    return tuple(header), [dict(zip(header, row, strict=True)) for row in rows]


def known_gpus():
    return {row["gpu"] for row in table(MODELS / "gpus.csv")[1]}


def number_faults(column, text):
    """Say what is wrong with one number, if anything."""
    try:
        value = float(text)
    except ValueError:
        return [f"{column}: not a number: {text!r}"]
    if not (math.isfinite(value) and value > 0):
        return [f"{column}: not positive and finite: {text!r}"]
    if column in WHOLE and not text.isdigit():
        return [f"{column}: not a whole number: {text!r}"]
    if column in MEASURES and len(text.replace(".", "").strip("0")) > 5:
        return [f"{column}: more digits than anybody measured: {text!r}"]
    return []


def row_faults(row, gpus):
    """Return every fault of one profile row as sentences."""
    faults = [f"{column}: blank" for column, text in row.items() if not text.strip() and column not in MAY_BE_BLANK]
    for column in (WHOLE | MEASURES) & row.keys():
        if row[column]:
            faults += number_faults(column, row[column])
    if row["gpu"] not in gpus:
        faults.append(f"gpu: not in gpus.csv: {row['gpu']!r}")
    if row["kind"] not in KINDS:
        faults.append(f"kind: {row['kind']!r}")
    if row["engine"] not in ENGINES:
        faults.append(f"engine: {row['engine']!r}")
    if row["date"] and not DATE.fullmatch(row["date"]):
        faults.append(f"date: {row['date']!r}")
    if not faults and row.get("kv_tokens") and int(row["batch"]) * int(row["input_tokens"]) > int(row["kv_tokens"]):
        faults.append("kv_tokens: the batch does not fit in it")
    return faults


def order_faults(rows, role):
    """Return points that occur twice in their shape, and whether rows are out of order."""
    columns = (*SHAPE, *POINT[role])
    keys = [tuple(float(row[c]) if c in WHOLE | MEASURES else row[c] for c in columns) for row in rows]
    faults = [f"occurs {count} times: {key}" for key, count in Counter(keys).items() if count > 1]
    return faults if keys == sorted(keys) else [*faults, "rows are not sorted"]


def profile_faults(rows, role, gpus):
    """Return every fault of one profile table, rows numbered as in the file."""
    faults = [f"line {line}: {fault}" for line, row in enumerate(rows, 2) for fault in row_faults(row, gpus)]
    return faults or order_faults(rows, role)


def test_the_catalogue_is_there():
    assert {"deepseek-v3.1", "llama-2-70b", "bloom-176b"} <= {path.name for path in LLMS}
    assert len(LLMS) >= 14
    assert len({path.parent for path in PROFILES}) >= 14
    assert PRICES
    assert sum(path.stat().st_size for path in MODELS.rglob("*")) < 8e6


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_profile_rows_are_sound(path):
    role = path.stem
    header, rows = table(path)
    assert header == HEADER[role]
    assert rows
    assert profile_faults(rows, role, known_gpus()) == []


@pytest.mark.parametrize("folder", LLMS, ids=lambda path: path.name)
def test_llm_has_a_card_and_both_sides_of_its_profiles(folder):
    card = yaml.safe_load((folder / "card.yaml").read_text())
    assert card.keys() >= CARD_KEYS
    assert card["source"]
    assert 0 < card["active_params_b"] <= card["total_params_b"]
    for table_of_numbers in (card["kv_bytes_per_token"], card["weights_gib"]):
        assert all(value > 0 for value in table_of_numbers.values())
    assert card["kv_bytes_per_token"].keys() == {"bf16", "fp8"}
    names = {path.stem for path in folder.glob("*.csv")}
    assert names <= HEADER.keys()
    assert ("prefill" in names) == ("decode" in names)


def test_gpus_are_named_once_and_have_a_source():
    header, rows = table(MODELS / "gpus.csv")
    assert header[0] == "gpu"
    assert len({row["gpu"] for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(r"[a-z0-9-]+", row["gpu"])
        assert row["source"]
        assert [fault for c in ("memory_gib", "memory_bw_tb_s") for fault in number_faults(c, row[c])] == []


@pytest.mark.parametrize("path", PRICES, ids=lambda path: path.stem)
def test_prices_are_sound(path):
    header, rows = table(path)
    assert header == PRICE_HEADER
    gpus = known_gpus()
    for row in rows:
        assert all(row.values()), row
        assert row["gpu"] in gpus
        assert number_faults("gpus", row["gpus"]) + number_faults("usd_per_hour", row["usd_per_hour"]) == []
        assert path.stem.startswith(row["source_date"].split()[0])
        assert row["term"] in TERMS
    assert len({(row["instance_type"], row["region"], row["term"]) for row in rows}) == len(rows)


def test_networks_are_of_nodes_with_a_price():
    header, rows = table(MODELS / "nodes.csv")
    assert header == ("provider", "instance_type", "gpus", "network_gb_per_s", "source")
    nodes = {(p.stem.rsplit("-", 1)[1], r["instance_type"], r["gpus"]) for p in PRICES for r in table(p)[1]}
    assert {(row["provider"], row["instance_type"], row["gpus"]) for row in rows} <= nodes
    for row in rows:
        assert row["source"]
        assert number_faults("network_gb_per_s", row["network_gb_per_s"]) == []


(GOOD,) = csv.DictReader(
    [",".join(HEADER["decode"]), "h100-sxm,8,tp8,1,vllm,0.1,bf16,512,128,4,20.5,99999,measured,2026-01,somebody@1,MIT"]
)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("gpu", "h100"), ("gpus", "0"), ("gpus", "2.5"), ("dp", ""), ("engine", "tgi"), ("precision", ""),
        ("input_tokens", "-1"), ("batch", "many"), ("tpot_ms", "inf"), ("tpot_ms", "nan"), ("tpot_ms", "20.123456"),
        ("kv_tokens", "100"), ("kind", "guessed"), ("date", "last week"), ("source", " "), ("licence", ""),
    ],
)  # fmt: skip
def test_a_broken_row_is_found(column, text):
    assert profile_faults([GOOD], "decode", {"h100-sxm"}) == []
    assert profile_faults([GOOD | {column: text}], "decode", {"h100-sxm"})


def test_repeated_and_unsorted_points_are_found():
    assert "occurs 2 times" in order_faults([GOOD, GOOD], "decode")[0]
    assert order_faults([GOOD, GOOD | {"batch": "2"}], "decode") == ["rows are not sorted"]
    assert order_faults([GOOD | {"batch": "2"}, GOOD], "decode") == []
