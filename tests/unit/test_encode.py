"""Requests with images: what the door asks, where encode may run, what plans state and the audit finds."""

from __future__ import annotations

import json

import pytest
from tests.samples import answer_of, changed, cost_of, decode_rows, fleet_of
from typer.testing import CliRunner

import pdopt
from pdopt.capacity.encode import encode_service_s
from pdopt.capacity.refusal import OutOfRange
from pdopt.cli.app import app
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.profiles import EncodeProfile, Shape
from pdopt.plan.audit import audit
from pdopt.render.plan import answer_lines
from pdopt.render.text import show


def vision(**look) -> dict:
    """One GPU type; an idle instance encodes a request in 0.1 s, prefills one in 0.1 s and decodes 10 per second.

    At 30 requests per second and a TTFT of 1 s: 4 of each queue take 0.1 / (1 - 0.75) = 0.4 s, 3 take forever.
    """
    shape = {"gpu": "h", "gpus": 1}
    return {
        "name": "vision",
        "skus": {"node": {"gpu": "h", "gpus": 1, "usd_per_hour": 2}},
        "models": {
            "vl": {
                "encode": [{**shape, "image_tokens": 1000, "images_per_s": 20}],
                "prefill": [{**shape, "input_tokens": 2500, "tokens_per_s": 25000}],
                "decode": decode_rows(((1, 10), (50, 50)), 2500, 100, **shape),
            }
        },
        "workloads": {
            "look": {
                "model": "vl",
                "input_tokens": 2500,
                "output_tokens": 100,
                "images": 2,
                "image_tokens": 1000,
                "requests_per_second": 30,
                "slo": {"ttft_mean_ms": 1000, "tpot_mean_ms": 50},
                **look,
            }
        },
    }


def counts(plan) -> dict[str, int]:
    return {role: sum(p.instances for p in plan.pools if p.role == role) for role in {p.role for p in plan.pools}}


def faults_of(document) -> list[str]:
    with pytest.raises(FleetFaults) as told:
        fleet_of(document)
    return [f"{fault.path}: {fault.sentence}" for fault in told.value.faults]


def reasons_of(document) -> str:
    answer = answer_of(document)
    assert answer.status == "infeasible"
    return "\n".join(reason.sentence for reason in answer.reasons)


def test_counts_latencies_and_prices_are_those_of_the_formulas():
    plan = answer_of(vision())
    assert counts(plan) == {"encode": 4, "prefill": 4, "decode": 3}
    assert plan.workloads[0].ttft_mean_ms == pytest.approx(800)
    headroom = plan.workloads[0].headroom
    # 1 s = 0.4 + s / (1 - 7.5 s) at a service time s of 0.6 / 5.5: slower by 0.0833
    assert headroom.encode_slower == pytest.approx(1 - 0.55 / 0.6, abs=6e-4)
    (price,) = (price for price in plan.token_prices if price.role == "encode")
    assert price.usd_per_million_tokens > 2 / 3600 / 20000 * 1e6  # busy, 20 images of 1000 tokens per second
    assert plan.token_prices[0].used


def test_the_door_asks_for_what_is_missing():
    bare = changed(vision(), "models", "vl", encode=None)
    assert faults_of(bare) == [
        "workloads.look.images: has images, but vl has no encode rows; add them, or mixed rows measured with images "
        "(leave images out where prefill was measured with them, encoding included)"
    ]
    assert faults_of(vision(image_tokens=None)) == [
        "workloads.look.images: is 2, but image_tokens is missing; give the tokens of one image"
    ]
    assert faults_of(vision(images=3)) == [
        "workloads.look.image_tokens: of 3 images are 3000, more than the 2500 input_tokens they are part of; "
        "count them in input_tokens"
    ]
    row = vision()["models"]["vl"]["encode"][0]
    twice = changed(vision(), "models", "vl", encode=[row, {**row, "images_per_s": 30}])
    assert "measures the same point twice (equal shape, image_tokens)" in faults_of(twice)[0]
    assert "unknown key" in faults_of(changed(vision(), "models", "vl", encode=[{**row, "input_tokens": 5}]))[0]


def test_service_time_is_linear_between_sizes_and_never_beyond():
    workload = fleet_of(vision(image_tokens=1200, images=2)).workloads["look"]
    profile = EncodeProfile(Shape("h", 2, dp=2), (1000, 2000), (20, 10))
    assert encode_service_s(profile, workload) == pytest.approx(2 * 2 / 18)
    with pytest.raises(OutOfRange, match="images of 1000 tokens, not at 1200"):
        encode_service_s(EncodeProfile(Shape("h", 1), (1000,), (20,)), workload)
    assert "encode on node: encode was measured at images of 1000 tokens" in reasons_of(vision(image_tokens=1200))


def test_data_parallel_groups_are_queues_of_their_own():
    row = {**vision()["models"]["vl"]["encode"][0], "gpus": 2, "dp": 2, "images_per_s": 40}
    plan = answer_of(changed(vision(), "models", "vl", encode=[row]))
    assert counts(plan) == {"encode": 2, "prefill": 4, "decode": 3}
    assert plan.workloads[0].ttft_mean_ms == pytest.approx(800)


def test_embeddings_take_their_time_where_bandwidth_and_size_are_stated():
    document = changed(vision(), "skus", "node", nic_gb_per_s=1)
    document["models"]["vl"] |= {"kv_bytes_per_token": 1, "embedding_bytes_per_token": 5e4}
    plan = answer_of(document)  # 2 x 1000 x 5e4 bytes at 1 GB/s: 100 ms; the KV cache of one byte a token: 2.5 us
    assert plan.workloads[0].ttft_mean_ms == pytest.approx(900.0025)


def test_ttft_below_both_stages_is_out_of_reach():
    document = changed(vision(), "workloads", "look", slo={"ttft_mean_ms": 200, "tpot_mean_ms": 50})
    assert "TTFT mean of 200 ms is out of reach; at best 200 ms on node" in reasons_of(document)
    both = changed(vision(), "workloads", "look", slo={"ttft_mean_ms": 250, "ttft_p99_ms": 900, "tpot_mean_ms": 50})
    # p99 of two exponential queues of 0.1 s, half of the tail each: 0.2 x ln 200 = 1.0597 s
    assert "TTFT p99 of 900 ms is out of reach; at best 1059.67 ms on node" in reasons_of(both)


def test_stages_share_engine_and_precision():
    document = vision()
    for role, engine in (("encode", "vllm"), ("prefill", "sglang"), ("decode", "sglang")):
        for row in document["models"]["vl"][role]:
            row["engine"] = engine
    told = reasons_of(document)
    assert "there are encode vllm and prefill sglang and decode sglang; add profiles of one engine for all" in told
    document["models"]["vl"]["encode"][0]["engine"] = "sglang"
    assert cost_of(document) == cost_of(vision())


def three_sites(links) -> dict:
    document = vision()
    for role in ("encode", "prefill", "decode"):
        for row in document["models"]["vl"][role]:
            row["gpu"] = role
    document["skus"] = {
        role: {"gpu": role, "gpus": 1, "usd_per_hour": 2, "site": site}
        for role, site in (("encode", "east"), ("prefill", "west"), ("decode", "west"))
    }
    document["models"]["vl"] |= {"kv_bytes_per_token": 1, "embedding_bytes_per_token": 5e4}
    return {**document, "sites": {"east": {}, "west": {}}, "transfer": {"links": links}}


def test_encode_and_prefill_share_a_site_or_a_link():
    told = reasons_of(three_sites([]))
    assert "encode is possible in east and prefill in west, which no link joins" in told
    link = {"prefill": "encode", "decode": "prefill", "gb_per_s": 2}
    plan = answer_of(three_sites([link]))
    assert plan.workloads[0].ttft_mean_ms == pytest.approx(850)  # 2 x 1000 x 5e4 bytes at 2 GB/s
    fleet = fleet_of(three_sites([link]))
    assert any("no link joins encode (east) to prefill (west)" in s for s in audit(fleet_of(three_sites([])), plan))
    assert audit(fleet, plan) == []


def test_rules_hold_for_encode():
    document = changed(vision(), "skus", dear={"gpu": "h", "gpus": 1, "usd_per_hour": 3})
    plan = answer_of(changed(document, limits={"forbid": [{"role": "encode", "sku": "node"}]}))
    assert {(pool.role, pool.sku) for pool in plan.pools} == {
        ("encode", "dear"),
        ("prefill", "node"),
        ("decode", "node"),
    }
    forbidden = changed(vision(), limits={"forbid": [{"role": "encode", "sku": "node"}]})
    assert "limits.forbid {role: encode, sku: node} leaves no way to serve it" in reasons_of(forbidden)


def mixed_rows(**more) -> list[dict]:
    shape = {"gpu": "h", "gpus": 1, "input_tokens": 2500, "output_tokens": 100, **more}
    return [{**shape, "requests_per_s": rate, "ttft_mean_ms": 500, "tpot_mean_ms": 40} for rate in (1, 20)]


def test_ordinary_instances_serve_images_only_if_measured_with_as_many():
    for measured, possible in (((2, 1000), True), ((3, 1500), True), ((1, 1000), False), ((2, 900), False)):
        images, tokens = measured
        document = changed(vision(), models={"vl": {"mixed": mixed_rows(images=images, image_tokens=tokens)}})
        if possible:
            assert counts(answer_of(document)) == {"mixed": 2}
        else:
            assert "with 2 images of 1000 tokens, nor at longer ones" in reasons_of(document)
    text = changed(vision(), "models", "vl", mixed=mixed_rows())
    assert "encode" in counts(answer_of(text))
    assert counts(answer_of(changed(text, "models", "vl", mixed=mixed_rows(images=2, image_tokens=1000)))) == {
        "mixed": 2
    }


def test_requests_without_images_prefer_measurements_without():
    rows = mixed_rows(images=2, image_tokens=1000) + [
        {**row, "requests_per_s": 2 * row["requests_per_s"]} for row in mixed_rows()
    ]
    document = changed(vision(images=0), models={"vl": {"mixed": rows}})
    assert counts(answer_of(document)) == {"mixed": 1}


@pytest.fixture(scope="module")
def fleet():
    return fleet_of(changed(vision(), margins={"encode": 0.01, "demand": 0.01}))


@pytest.fixture(scope="module")
def plan(fleet):
    return pdopt.solve(fleet)


def with_pool(plan, role, **changes):
    pools = tuple(pool.model_copy(update=changes) if pool.role == role else pool for pool in plan.pools)
    return plan.model_copy(update={"pools": pools})


def test_a_good_plan_has_nothing_to_be_told(fleet, plan):
    assert audit(fleet, plan) == []
    assert plan.margins["encode"] == 0.01
    assert any("the proof holds for these" in note for note in plan.notes)


def test_the_audit_names_what_is_wrong_with_encode(fleet, plan):
    (encode,) = (pool for pool in plan.pools if pool.role == "encode")
    (split,) = encode.hands_over
    less = {split: {"look": 29.0}}
    cases = {
        "encode and prefill differ by -1 requests per second": {"serves": {"look": 29.0}, "hands_over": less},
        "encodes 30 requests per second, its splits are 29": {"hands_over": less},
        "TTFT mean": {"instances": 3},
        "nothing encodes": {"hands_over": {"elsewhere": {"look": 30.0}}},
        "cannot hand its embeddings over": {"engine": "other"},
    }
    for words, changes in cases.items():
        tampered = with_pool(plan, "encode", **changes)
        if "engine" in changes:
            tampered = with_pool(tampered, "prefill", engine="own")
        told = audit(fleet, tampered)
        assert any(words in sentence for sentence in told), (words, told)
    told = audit(fleet, with_pool(plan, "prefill", encoded=None))
    assert any("its splits are 0" in sentence for sentence in told)


def test_plans_sizes_and_profiles_are_told(tmp_path, capsys):
    show(answer_lines(answer_of(vision())))
    text = capsys.readouterr().out
    assert "4E4P3D" in text
    assert "E may slow" in text
    show(answer_lines(answer_of(changed(vision(images=0), "models", "vl", encode=None))))
    assert "E may slow" not in capsys.readouterr().out
    folder = tmp_path / "vl"
    folder.mkdir()
    for role, rows in vision()["models"]["vl"].items():
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        (folder / f"{role}.csv").write_text("\n".join(lines) + "\n")
    run = CliRunner().invoke
    shown = run(app, ["profile", "show", str(folder)]).stdout
    assert "images per second of one busy instance" in shown
    assert run(app, ["profile", "check", str(folder)]).exit_code == 0
    document = changed(vision(), models={"vl": {"profiles": str(folder)}})
    assert cost_of(document) == cost_of(vision())
    file = tmp_path / "fleet.yaml"
    file.write_text(json.dumps(document))
    sized = run(app, ["size", str(file), "--quiet"]).stdout
    assert "4E4P3D" in sized
    (pair,) = json.loads(run(app, ["size", str(file), "--json", "--quiet"]).stdout)["pairs"]
    assert pair["encode"]["tokens_per_s_busy"] == pytest.approx(20000)


def test_stages_live_through_periods_spot_budgets_and_losses():
    document = changed(vision(requests_per_second={"night": 6, "day": 30}), periods={"night": 8, "day": 16})
    plan = answer_of(document)
    by_day = {p.role: p.instances for p in plan.pools if p.period == "day"}
    assert by_day == {"encode": 4, "prefill": 4, "decode": 3}
    # at night 1 s takes two of each queue: 2 x 0.1 / (1 - 0.3) = 0.286, one each: 2 x 0.1 / (1 - 0.6) = 0.5
    assert {p.role: p.instances for p in plan.pools if p.period == "night"} == {"encode": 1, "prefill": 1, "decode": 1}
    spare = answer_of(changed(vision(), redundancy={"instances": 1}))
    assert counts(spare) == {"encode": 5, "prefill": 5, "decode": 4}
    poor = answer_of(changed(vision(min_served=0), budget={"usd_per_hour": 20}))
    assert 20 < poor.workloads[0].served_rps < 30
    terms = {"spot": {"usd_per_hour": 1, "max_share": 0.5}, "on_demand": {"usd_per_hour": 2}}
    cheap = changed(vision(), skus={"node": {"gpu": "h", "gpus": 1, "terms": terms}})
    assert cost_of(cheap) == 22 - 5  # two of four, two of four and one of three on spot
