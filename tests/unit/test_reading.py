"""Reading a fleet: every fault at once, each with its line, path, value and remedy; and what a good file becomes."""

from __future__ import annotations

import re
import textwrap

import pytest
import yaml
from tests.samples import changed, fleet_of, paper, town

import pdopt
from pdopt.fleet import located
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Target

GOOD = """\
    skus:
      node: {gpu: g, gpus: 8, usd_per_hour: 10}
    models:
      llm:
        prefill:
          - {gpu: g, gpus: 8, input_tokens: 100, tokens_per_s: 1000}
        decode:
          - {gpu: g, gpus: 8, input_tokens: 100, output_tokens: 10, batch: 1, tpot_ms: 10}
    workloads:
      chat:
        model: llm
        input_tokens: 100
        output_tokens: 10
        requests_per_second: 1
        slo: {ttft_mean_ms: 1000, tpot_mean_ms: 20}
"""


@pytest.fixture
def faults(tmp_path):
    """Read a text and give its faults as (line, path, sentence)."""

    def read(text):
        file = tmp_path / "fleet.yaml"
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        with pytest.raises(FleetFaults) as raised:
            pdopt.read_fleet(file)
        for fault in raised.value.faults:
            assert fault.file == str(file)
            assert str(fault).startswith(f"{file}:{fault.line}: " if fault.line else f"{file}: ")
        return [(fault.line, fault.path, fault.sentence) for fault in raised.value.faults]

    return read


def edited(old, new):
    """Give the good file with one part replaced."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def only(found):
    assert len(found) == 1, found
    return found[0]


def test_the_good_file_is_good(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(textwrap.dedent(GOOD))
    fleet = pdopt.read_fleet(file)
    assert (fleet.name, fleet.notes) == ("fleet", ())
    assert fleet.workloads["chat"].targets == (Target("ttft", "mean", 1.0), Target("tpot", "mean", 0.02))


def test_every_fault_of_a_file_is_told_at_once(faults):
    found = faults(
        """\
        skus:
          a: {gpu: g, gpus: yes, usd_per_hour: 10}
          b: {gpu: g, gpus: 8, usd_per_hor: 10}
        models:
          llm:
            prefill:
              - {gpu: g, gpus: 8, input_tokens: 0, tokens_per_s: 1000}
            decode:
              - {gpu: g, gpus: 8, input_tokens: 100, output_tokens: 10, batch: 1}
        workloads:
          chat:
            model: lm
            input_tokens: 100
            output_tokens: -10
            cached_tokens: 100
            requests_per_second: 1
            tokens_per_minute: 60
            slo: {ttft_mean_ms: 1000, tpot_p98_ms: 20}
            min_served: 120 %
        transfer: {overhead: 100, links: [{prefill: a, decode: c, gb_per_s: 1}]}
        margin: {demand: 0.1}
        """
    )
    assert [(line, path) for line, path, _ in found] == [
        (2, "skus.a.gpus"),
        (3, "skus.b.usd_per_hor"),
        (3, "skus.b.usd_per_hour"),
        (7, "models.llm.prefill[0].input_tokens"),
        (9, "models.llm.decode[0]"),
        (12, "workloads.chat.model"),
        (14, "workloads.chat.output_tokens"),
        (15, "workloads.chat.cached_tokens"),
        (17, "workloads.chat.tokens_per_minute"),
        (18, "workloads.chat.slo.tpot_p98_ms"),
        (19, "workloads.chat.min_served"),
        (20, "transfer.links[0].decode"),
        (20, "transfer.overhead"),
        (21, "margin"),
    ]
    sentences = {path: sentence for _, path, sentence in found}
    assert "got 'yes'" in sentences["skus.a.gpus"]
    assert "did you mean usd_per_hour?" in sentences["skus.b.usd_per_hor"]
    assert "did you mean llm?" in sentences["workloads.chat.model"]
    assert "did you mean tpot_p" in sentences["workloads.chat.slo.tpot_p98_ms"]
    assert "did you mean overhead_ms?" in sentences["transfer.overhead"]
    assert "did you mean margins?" in sentences["margin"]


def test_links_name_skus(faults):
    text = GOOD + "    transfer: {links: [{prefill: node, decode: nod, gb_per_s: 1}]}\n"
    found = faults(text.replace("llm:\n        prefill", "llm:\n        kv_bytes_per_token: 10\n        prefill"))
    assert only(found) == (17, "transfer.links[0].decode", "'nod' is not one of skus; did you mean node?")


def test_a_key_given_twice(faults):
    line, path, sentence = only(faults(edited("        req", "        output_tokens: 9\n        req")))
    assert (line, path) == (14, "workloads.chat.output_tokens")
    assert "twice" in sentence


def test_a_name_given_twice(faults):
    text = edited("    models:", "      node: {gpu: g, gpus: 4, usd_per_hour: 5}\n    models:")
    assert only(faults(text))[:2] == (3, "skus.node")


@pytest.mark.parametrize("value", ["true", "no", "[1]", "{a: 1}", "abc", ".nan", ".inf", "-1", "0", "null"])
def test_impossible_numbers(faults, value):
    line, path, sentence = only(faults(edited("input_tokens: 100\n", f"input_tokens: {value}\n")))
    assert (line, path) == (12, "workloads.chat.input_tokens")
    assert sentence.strip()


@pytest.mark.parametrize(
    ("written", "fraction"), [("0.1", 0.1), ("10 %", 0.1), ('"10%"', 0.1), ("0", 0.0), ("2.5 %", 0.025), ("0 %", 0.0)]
)
def test_percent_is_a_hundredth(tmp_path, written, fraction):
    file = tmp_path / "fleet.yaml"
    file.write_text(textwrap.dedent(GOOD) + f"margins: {{demand: {written}, prefill: {written}, decode: {written}}}\n")
    margins = pdopt.read_fleet(file).margins
    assert (margins.demand, margins.prefill, margins.decode) == pytest.approx((fraction,) * 3)


@pytest.mark.parametrize(
    ("written", "refused"),
    [
        ("100 %", {"prefill", "decode"}),
        ("-1 %", {"demand", "prefill", "decode"}),
        ("yes", {"demand", "prefill", "decode"}),
        ("x %", {"demand", "prefill", "decode"}),
    ],
)
def test_what_cannot_be_held_back(faults, written, refused):
    found = faults(GOOD + f"    margins: {{demand: {written}, prefill: {written}, decode: {written}}}\n")
    assert {path for _, path, _ in found} == {f"margins.{key}" for key in refused}
    assert {line for line, _, _ in found} == {16}


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words\n", "7\n"])
def test_a_file_that_is_no_mapping(faults, text):
    assert "must be a mapping with name, skus, models, workloads" in only(faults(text))[2]


@pytest.mark.parametrize("section", ["skus", "models", "workloads"])
def test_a_missing_or_empty_section(faults, section):
    whole = yaml.safe_load(textwrap.dedent(GOOD))
    for value in ({}, None, [], "words"):
        assert section in {path for _, path, _ in faults(yaml.safe_dump({**whole, section: value}))}
    del whole[section]
    assert section in {path for _, path, _ in faults(yaml.safe_dump(whole))}


def test_no_such_file(tmp_path):
    with pytest.raises(FleetFaults, match="no such file"):
        pdopt.read_fleet(tmp_path / "none.yaml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FleetFaults, match="is a folder"):
        pdopt.read_fleet(tmp_path)


def test_not_utf_8(faults):
    assert "UTF-8" in only(faults(b"name: caf\xe9\n"))[2]


@pytest.mark.parametrize(
    "text", ["a: [1, 2\n", "a: b: c\n", "a:\n\tb: 1\n", "a: *nowhere\n", "a: 1\n---\nb: 2\n", "a: \x01\n"]
)
def test_not_yaml(faults, text):
    assert only(faults(text))[2].startswith("not valid YAML")


@pytest.mark.parametrize("value", ["2024-13-45", "!!int many", "!!float x", "!!bool maybe", "!!python/none x", "0x_"])
def test_a_scalar_that_yaml_cannot_read(faults, value):
    found = faults(edited("model: llm\n", f"model: {value}\n"))
    assert any(line == 11 for line, _, _ in found), found


def test_the_line_of_a_syntax_error(faults):
    assert only(faults("name: x\nskus: [1, 2\nmodels: {}\n"))[0] in (2, 3)


def test_a_value_that_refers_to_itself(faults):
    found = faults("skus: &a\n  node: *a\nmodels: {}\nworkloads: {}\n")
    assert (2, "skus.node", "refers to itself; write the values out") in found


def test_aliases_and_merges_are_values(tmp_path):
    text = edited("      node: {gpu: g", "      node: &node {gpu: g").replace(
        "    models:", "      other: *node\n      cheap: {<<: *node, usd_per_hour: 1}\n    models:"
    )
    file = tmp_path / "fleet.yaml"
    file.write_text(textwrap.dedent(text))
    prices = {name: sku.usd_per_h for name, sku in pdopt.read_fleet(file).skus.items()}
    assert prices == {"node": 10, "other": 10, "cheap": 1}


@pytest.mark.parametrize("name", ["no", "7", "on", "1.50", "2024-01-01", "null", "a b", "ü"])
def test_odd_names_stay_as_written(tmp_path, name):
    text = (
        edited("      node:", f"      {name}:")
        .replace("      llm:", f"      {name}:")
        .replace("      chat:", f"      {name}:")
    )
    file = tmp_path / "fleet.yaml"
    file.write_text(textwrap.dedent(text.replace("model: llm", f'model: "{name}"')), encoding="utf-8")
    fleet = pdopt.read_fleet(file)
    assert [list(fleet.skus), list(fleet.llms), list(fleet.workloads)] == [[name]] * 3
    assert fleet.workloads[name].llm == name


def test_a_number_as_a_reference_is_a_name():
    fleet = paper(model=7)
    fleet["models"] = {7: fleet["models"]["llm"]}
    assert fleet_of(fleet).workloads["chat"].llm == "7"


def test_inner_units():
    """5 000 000 tokens a minute at 6656 tokens a request are 12.52003 requests per second."""
    fleet = fleet_of(paper(cached_tokens=1000))
    chat = fleet.workloads["chat"]
    assert chat.demand_rps == pytest.approx(12.52003, abs=5e-6)
    assert (chat.new_tokens, chat.context_tokens) == (5144, 6400)
    assert {t.metric: t.bound_s for t in chat.targets} == {"ttft": 2.0, "tpot": 0.02}
    assert fleet.transfer.overhead_s == 0.1
    assert fleet.llms["llm"].decode[0].curves[0].tpot_s[0] == 0.0128


def test_tokens_of_a_step_share_its_time():
    fleet = paper()
    for row in fleet["models"]["llm"]["decode"]:
        row["step_ms"], row["tokens_per_step"] = row.pop("tpot_ms") * 2.5, 2.5
    tpot = fleet_of(fleet).llms["llm"].decode[0].curves[0].tpot_s
    assert tpot == pytest.approx((0.0128, 0.0164, 0.0188, 0.0216, 0.0239, 0.0262))


def test_a_workloads_own_variability_goes_first():
    fleet = changed(town(), assumptions={"prefill_service_cv2": 0.5})
    fleet["workloads"]["chat"]["prefill_service_cv2"] = 0
    read = fleet_of(fleet)
    assert (read.workloads["chat"].prefill_service_cv2, read.workloads["code"].prefill_service_cv2) == (0, 0.5)


@pytest.mark.parametrize(
    ("assumptions", "key"),
    [
        ({"dispatch": "x"}, "dispatch"),
        ({"decode_load": "open", "decode_fit": "quadratic"}, "decode_fit"),
    ],
)
def test_assumptions_that_cannot_be_made(assumptions, key):
    with pytest.raises(FleetFaults, match=rf"assumptions\.{key}: "):
        fleet_of(changed(paper(), assumptions=assumptions))


def test_bandwidths_need_the_size_of_the_kv_cache():
    with pytest.raises(FleetFaults, match=r"models\.llm: needs kv_bytes_per_token"):
        fleet_of(changed(paper(), "skus", "node", nic_gb_per_s=50))


def test_an_llm_that_is_nowhere(faults):
    text = re.sub(r"      llm:\n.*?(?=    workloads)", "      deepseek-v3.11: {}\n", GOOD, flags=re.S)
    found = faults(text.replace("model: llm", "model: deepseek-v3.11"))
    line, path, sentence = only(found)
    assert (line, path) == (4, "models.deepseek-v3.11")
    assert "not in the catalogue" in sentence
    assert "deepseek-v3.1" in sentence


def test_an_llm_without_decode_rows(faults):
    text = re.sub(r"        decode:\n.*\n", "", GOOD)
    assert only(faults(text))[2].startswith("has no decode rows")


def test_a_gpu_nobody_measured_is_a_note_not_a_fault():
    fleet = changed(paper(), "skus", "strange", gpu="h20", gpus=8, usd_per_hour=1)
    (note,) = fleet_of(fleet).notes
    assert "no LLM has a profile on h20" in note
    assert "profiles are on h200" in note


def test_a_long_file_may_hold_many_values_but_a_short_one_may_not_by_aliases(tmp_path, monkeypatch):
    monkeypatch.setattr(located, "MOST_VALUES", 10)
    long, short = tmp_path / "long.yaml", tmp_path / "short.yaml"
    long.write_text("a: [" + ", ".join(["1"] * 100) + "]\n", encoding="utf-8")
    assert located.read_yaml(long)[0] == {"a": [1] * 100}
    lists = "".join(f"{name}: &{name} [{', '.join([f'*{before}'] * 4)}]\n" for before, name in ("ab", "bc", "cd", "de"))
    short.write_text("a: &a [1, 1, 1, 1]\n" + lists, encoding="utf-8")
    with pytest.raises(FleetFaults, match="far more values"):
        located.read_yaml(short)
