"""Sites, pins and rules: what the door refuses, what the audit finds, what an infeasible answer names."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace

import pytest
import yaml
from tests.samples import answer_of, changed, fleet_of

import pdopt
from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.fleet import Site
from pdopt.fleet.rules import Rule
from pdopt.plan.audit import audit
from pdopt.render.plan import answer_lines
from pdopt.render.text import show
from pdopt.studies.size import size


def two_sites() -> dict:
    """An M/M/1 prefill of 10 requests per second and a decode of 15 on each GPU type; H100 in paris, A100 in both."""
    rows = {"input_tokens": 1000, "output_tokens": 100}
    prefill, decode = [], []
    for gpu in ("h100", "a100"):
        prefill.append({"gpu": gpu, "gpus": 1, "input_tokens": 1000, "tokens_per_s": 10000})
        decode += [{"gpu": gpu, "gpus": 1, **rows, "batch": b, "tpot_ms": t} for b, t in ((10, 10), (30, 20))]
    return {
        "name": "two sites",
        "sites": {"paris": {"gco2_per_kwh": 50, "pue": 1.2, "power_kw": 400}, "virginia": None},
        "skus": {
            "h100-paris": {"gpu": "h100", "gpus": 1, "usd_per_hour": 4, "site": "paris", "power_kw": 1},
            "a100-paris": {"gpu": "a100", "gpus": 1, "usd_per_hour": 3, "site": "paris", "power_kw": 0.5},
            "a100-virginia": {"gpu": "a100", "gpus": 1, "usd_per_hour": 2, "site": "virginia"},
        },
        "models": {"toy": {"prefill": prefill, "decode": decode, "kv_bytes_per_token": 1e5}},
        "workloads": {
            "chat": {
                "model": "toy",
                **rows,
                "requests_per_second": 10,
                "slo": {"ttft_mean_ms": 500, "tpot_mean_ms": 20},
            }
        },
    }


def test_a_fleet_with_sites_is_read():
    document = changed(two_sites(), "workloads", "chat", sites="paris", latency_ms={"paris": 15})
    forbid = [{"model": "toy", "role": "decode", "gpu": "h100"}]
    document["limits"] = {"forbid": forbid, "require": [{"prefill": "h100-paris", "decode": "a100-paris"}]}
    fleet = fleet_of(document)
    assert fleet.sites == {"paris": Site("paris", 50.0, 1.2, 400.0), "virginia": Site("virginia")}
    assert fleet.skus["a100-virginia"].site == "virginia"
    assert (fleet.workloads["chat"].sites, fleet.workloads["chat"].latency_s) == (("paris",), {"paris": 0.015})
    assert fleet.forbid == (Rule("toy", "decode", gpu="h100"),)
    assert fleet.require == (Rule(prefill_sku="h100-paris", decode_sku="a100-paris"),)
    assert str(fleet.forbid[0]) == "{model: toy, role: decode, gpu: h100}"
    assert fleet.notes == ()


def test_a_site_without_a_latency_is_noted_where_the_workload_may_run():
    latency = {"latency_ms": {"paris": 15}}
    assert fleet_of(changed(two_sites(), "workloads", "chat", **latency)).notes == (
        "chat: latency_ms does not name virginia: counted as 0 ms there",
    )
    assert answer_of(changed(two_sites(), "workloads", "chat", **latency)).notes[-1].startswith("chat: latency_ms")


def complaints(document: dict) -> list[str]:
    with pytest.raises(FleetFaults) as raised:
        fleet_of(document)
    return [f"{fault.path}: {fault.sentence}" for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("path", "values", "said"),
    [
        (("skus", "h100-paris"), {"site": None}, "skus.h100-paris: names no site, but the file has sites; add site:"),
        (
            ("skus", "h100-paris"),
            {"site": "pariss"},
            "skus.h100-paris.site: 'pariss' is not one of sites; did you mean",
        ),
        (("skus", "h100-paris"), {"power_kw": None}, "skus.h100-paris: needs power_kw (kilowatts of one node"),
        (("workloads", "chat"), {"sites": ["paris", "roma"]}, "workloads.chat.sites[1]: 'roma' is not one of sites"),
        (("workloads", "chat"), {"sites": "roma"}, "workloads.chat.sites: 'roma' is not one of sites; known: paris"),
        (("workloads", "chat"), {"sites": []}, "workloads.chat.sites: names no site; name those that may serve it"),
        (("workloads", "chat"), {"latency_ms": {"roma": 5}}, "workloads.chat.latency_ms.roma: 'roma' is not one of"),
        (("workloads", "chat"), {"latency_ms": {"paris": -5}}, "workloads.chat.latency_ms.paris: must be greater than"),
        (
            ("workloads", "chat"),
            {"latency_ms": 5},
            "workloads.chat.latency_ms: must be a mapping, got 5; give site:",
        ),
        (("sites", "paris"), {"pue": 0.9}, "sites.paris.pue: must be greater than or equal to 1, got 0.9"),
        (("sites", "paris"), {"gco2_kwh": 9}, "sites.paris.gco2_kwh: unknown key; did you mean gco2_per_kwh?"),
        ((), {"sites": ["paris"]}, "sites: must be a mapping of names, such as {paris: {}}; got ['paris']"),
        ((), {"sites": {}}, "sites: must be a mapping of names, such as {paris: {}}; got {}"),
    ],
)
def test_faults_of_sites(path, values, said):
    (complaint,) = complaints(changed(two_sites(), *path, **values))
    assert complaint.startswith(said)


def test_sites_that_are_named_but_not_given():
    document = changed(two_sites(), "workloads", "chat", sites=["paris"], latency_ms={"paris": 5})
    del document["sites"]
    told = complaints(document)
    assert len(told) == 5  # three SKUs, the pin, the latency
    assert all("names a site, but the file has no sites; add sites:" in complaint for complaint in told)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"model": "toi", "sku": "h100-paris"},
            "limits.forbid[0].model: 'toi' is not one of models; did you mean toy?",
        ),
        ({"sku": "h100-pari"}, "limits.forbid[0].sku: 'h100-pari' is not one of skus; did you mean h100-paris"),
        ({"gpu": "h10"}, "limits.forbid[0].gpu: 'h10' is not a GPU of any SKU; did you mean h100"),
        ({"prefill": "h100-paris", "decode": "h200"}, "limits.forbid[0].decode: 'h200' is not one of skus"),
        (
            {"role": "router", "gpu": "h100"},
            "limits.forbid[0].role: must be 'encode', 'prefill', 'decode' or 'mixed', got 'router'",
        ),
        ({"model": "toy"}, "limits.forbid[0]: needs exactly one of sku and gpu, or a pair"),
        ({"sku": "h100-paris", "gpu": "h100"}, "limits.forbid[0]: needs exactly one of sku and gpu, or a pair"),
        ({"prefill": "h100-paris"}, "limits.forbid[0]: names one end of a pair; name both"),
        ({"prefill": "h100-paris", "decode": "a100-paris", "role": "decode"}, "limits.forbid[0]: is a placement and a"),
        ({"site": "paris"}, "limits.forbid[0].site: unknown key"),
        (
            "h100-paris",
            "limits.forbid[0]: must be a mapping with model, role, sku, gpu, prefill, decode; got 'h100-paris'",
        ),
    ],
)
def test_faults_of_rules(rule, said):
    told = complaints(changed(two_sites(), "limits", forbid=[rule]))
    assert any(complaint.startswith(said) for complaint in told), told


def test_rules_are_a_list():
    (complaint,) = complaints(changed(two_sites(), "limits", require={"sku": "h100-paris"}))
    assert complaint.startswith("limits.require: must be a list")


def test_faults_of_rules_are_told_beside_others_of_their_section():
    told = complaints(changed(two_sites(), limits={"max_skus": 0, "forbid": [{"gpu": "b200"}]}))
    assert [complaint.split(":")[0] for complaint in told] == ["limits.max_skus", "limits.forbid[0].gpu"]


def test_node_types_of_a_price_list_stand_in_one_site(tmp_path):
    (tmp_path / "prices.csv").write_text(
        "instance_type,gpu,gpus,usd_per_hour,source,source_date\nbox,h100,1,4,quote,2026-01-01\n"
    )
    document = changed(two_sites(), skus={"from": "prices.csv", "site": "virginia"})
    del document["sites"]["paris"]
    file = tmp_path / "fleet.yaml"
    for site, path in (("virginia", None), ("virgina", "skus.site"), (None, "skus.from")):
        file.write_text(yaml.safe_dump(changed(document, "skus", site=site)))
        if path is None:
            assert {sku.site for sku in pdopt.read_fleet(file).skus.values()} == {"virginia"}
            continue
        with pytest.raises(FleetFaults) as raised:
            pdopt.read_fleet(file)
        assert [fault.path for fault in raised.value.faults] == [path]


@pytest.fixture(scope="module")
def joined():
    """Prefill only on H100 in paris, decode only on A100 in virginia, over a link."""
    document = changed(two_sites(), "transfer", links=[LINK])
    require = [{"role": "prefill", "gpu": "h100"}, {"role": "decode", "sku": "a100-virginia"}]
    return fleet_of(changed(document, "limits", require=require))


LINK = {"prefill": "h100-paris", "decode": "a100-virginia", "gb_per_s": 1}


@pytest.fixture(scope="module")
def plan(joined):
    return pdopt.solve(joined)


def test_the_plan_says_where_it_stands(joined, plan, capsys):
    assert {(pool.role, pool.sku, pool.site) for pool in plan.pools} == {
        ("prefill", "h100-paris", "paris"),
        ("decode", "a100-virginia", "virginia"),
    }
    stated = json.loads(plan.to_json())
    assert {rental["sku"]: rental["site"] for rental in stated["skus"]} == {
        "h100-paris": "paris",
        "a100-virginia": "virginia",
    }
    assert stated["rules"] == {"require": [rule.written() for rule in joined.require]}
    show(answer_lines(plan))
    lines = capsys.readouterr().out.splitlines()
    assert next(line.split()[:3] for line in lines if line.startswith("rent")) == ["rent", "site", "nodes"]
    assert any(line.split()[:3] == ["h100-paris", "paris", "2"] for line in lines)


def test_without_sites_a_plan_does_not_speak_of_them(capsys):
    document = two_sites()
    del document["sites"]
    for sku in document["skus"].values():
        del sku["site"]
    plan = answer_of(document)
    show(answer_lines(plan))
    assert '"site"' not in plan.to_json()
    assert '"rules"' not in plan.to_json()
    assert " site " not in capsys.readouterr().out


def moved(fleet, sku: str, site: str):
    skus = {**fleet.skus, sku: replace(fleet.skus[sku], site=site)}
    return replace(fleet, skus=skus)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"transfer": "no links"}, "no link joins h100-paris (paris) to a100-virginia (virginia)"),
        ({"forbid": (Rule(role="prefill", sku="h100-paris"),)}, "limits.forbid rules it out, {role: prefill, sku:"),
        ({"forbid": (Rule(gpu="a100", llm="toy"),)}, "toy decode on a100-virginia: limits.forbid rules it out"),
        ({"forbid": (Rule(prefill_sku="h100-paris", decode_sku="a100-virginia"),)}, "cannot hand its KV cache over"),
        ({"require": (Rule(gpu="h100"),)}, "toy decode on a100-virginia: limits.require wants it on h100-paris only"),
        ({"require": (Rule(prefill_sku="h100-paris", decode_sku="a100-paris"),)}, "to hand over to a100-paris only"),
        ({"pinned": ("virginia",)}, "toy prefill on h100-paris: serves chat, which only virginia may"),
        ({"late": {"paris": 0.4}}, "TTFT mean"),
    ],
)
def test_the_audit_looks_at_sites_and_rules_itself(joined, plan, fields, words):
    assert audit(joined, plan) == []
    if "transfer" in fields:
        fleet = replace(joined, transfer=replace(joined.transfer, links_gb_per_s={}))
    elif "pinned" in fields or "late" in fields:
        chat = joined.workloads["chat"]
        pinned, late = fields.get("pinned", ()), fields.get("late", {})
        fleet = replace(joined, workloads={"chat": replace(chat, sites=pinned, latency_s=late)})
    else:
        fleet = replace(joined, **fields)
    assert any(words in sentence for sentence in audit(fleet, plan)), audit(fleet, plan)


def test_a_site_that_is_not_the_skus_is_found(joined, plan):
    told = audit(moved(joined, "a100-virginia", "paris"), plan)
    assert "toy decode on a100-virginia: says it stands in virginia, the SKU stands in paris" in told
    assert "a100-virginia: says it stands in virginia, the fleet says paris" in told


def test_latency_and_link_count_in_ttft(joined):
    """S = 100 ms; two queues of 5 requests per second wait 100 ms; the link 100 ms, the way there and back 60 ms."""
    document = changed(two_sites(), "transfer", links=[LINK])
    require = [{"role": "prefill", "gpu": "h100"}, {"role": "decode", "sku": "a100-virginia"}]
    document = changed(document, "limits", require=require)
    document = changed(document, "workloads", "chat", latency_ms={"paris": 60, "virginia": 900})
    plan = answer_of(document)
    (chat,) = plan.workloads
    assert next(pool.instances for pool in plan.pools if pool.role == "prefill") == 2
    assert chat.ttft_mean_ms == pytest.approx(100 + 100 + 100 + 60)
    assert next(pool.binds for pool in plan.pools if pool.role == "prefill") == "chat ttft_mean_ms"
    # slack 240 ms less: (100 + w)/w of 0.1 s each at most 2: the wait may grow to 240 ms, 7.06 requests per second
    assert chat.headroom.demand == pytest.approx(2 * (10 - 1 / 0.34) / 10 - 1, abs=1e-3)


def said(document: dict) -> list[tuple[str, str]]:
    answer = answer_of(document)
    assert answer.status == "infeasible"
    assert all(reason.workload == "chat" for reason in answer.reasons)
    return [(reason.kind, reason.sentence) for reason in answer.reasons]


def test_a_pin_to_where_nothing_stands():
    document = changed(two_sites(), "workloads", "chat", sites=["roma"])
    document["sites"]["roma"] = {}
    ((kind, sentence),) = said(document)
    assert kind == "site"
    assert sentence.startswith("chat: pinned to roma, where no SKU stands; let it use paris or virginia too")


def test_a_pin_to_where_the_gpu_is_lacking():
    document = two_sites()
    document["models"]["toy"]["decode"] = document["models"]["toy"]["decode"][:2]  # H100 only
    ((kind, sentence),) = said(changed(document, "workloads", "chat", sites=["virginia"]))
    assert kind == "site"
    assert (
        "pinned to virginia, where no SKU has a GPU that toy has decode profiles on (h100); let it use paris"
        in sentence
    )


def test_a_pin_to_where_the_target_is_out_of_reach_names_both():
    document = changed(two_sites(), "workloads", "chat", sites="paris", latency_ms={"paris": 450, "virginia": 0})
    (first, target), (second, pin) = said(document)
    assert (first, second) == ("target", "site")
    assert "at best 550 ms on h100-paris (with 450 ms there and back), 550 ms on a100-paris (with" in target
    assert "virginia" not in target
    assert pin.startswith("chat: pinned to paris, where it cannot be served; let it use virginia too")


def test_sites_that_no_link_joins():
    document = changed(two_sites(), "limits", forbid=[{"role": "prefill", "gpu": "a100"}])
    document["models"]["toy"]["decode"] = document["models"]["toy"]["decode"][2:]  # A100 only
    del document["skus"]["a100-paris"]
    sites = [sentence for kind, sentence in said(document) if kind == "site"]
    assert sites == [
        "chat: prefill is possible in paris and decode in virginia, which no link joins; add a fast enough one to "
        "transfer.links, such as {prefill: h100-paris, decode: a100-virginia, gb_per_s: …}, "
        "or SKUs for both in one site"
    ]
    assert answer_of(changed(document, "transfer", links=[LINK])).status == "optimal"


def test_a_rule_that_leaves_nothing_is_named_and_idle_ones_are_not():
    idle, fatal = {"role": "mixed", "gpu": "h100"}, {"model": "toy", "role": "decode", "gpu": "a100"}
    document = changed(two_sites(), "limits", forbid=[idle, fatal])
    document["models"]["toy"]["decode"] = document["models"]["toy"]["decode"][2:]
    ((kind, sentence),) = said(document)
    assert kind == "rule"
    assert sentence.startswith("chat: limits.forbid {model: toy, role: decode, gpu: a100} leaves no way to serve it")


def test_rules_that_leave_nothing_together_are_all_named():
    document = changed(two_sites(), "limits", forbid=[{"gpu": "h100"}], require=[{"role": "decode", "gpu": "h100"}])
    assert [kind for kind, _ in said(document)] == ["rule", "rule"]  # either alone would do
    document["limits"]["forbid"].append({"role": "prefill", "gpu": "a100"})
    told = said(document)
    assert [kind for kind, _ in told] == ["rule"]
    assert "limits.forbid {gpu: h100}" in told[0][1]
    document["limits"]["forbid"].append({"sku": "h100-paris"})
    together = said(document)
    assert len(together) == 2
    assert all("(together with the others named for chat)" in sentence for _, sentence in together)


def test_mixed_instances_lose_the_latency_of_their_site():
    """TTFT 500 ms less 100 ms: halfway between 300 ms at 4 and 500 ms at 8 requests per second, 6."""
    document = two_sites()
    rows = [(4, 300), (8, 500)]
    shape = {"gpu": "a100", "gpus": 1, "input_tokens": 1000, "output_tokens": 100, "tpot_mean_ms": 15}
    document["models"]["toy"] = {"mixed": [{**shape, "requests_per_s": r, "ttft_mean_ms": t} for r, t in rows]}
    chat = {"sites": "paris", "latency_ms": {"paris": 100}, "requests_per_second": 6}
    one = answer_of(changed(document, "workloads", "chat", **chat))
    assert [(pool.role, pool.sku, pool.instances) for pool in one.pools] == [("mixed", "a100-paris", 1)]
    assert one.workloads[0].ttft_mean_ms == pytest.approx(500)
    two = answer_of(changed(document, "workloads", "chat", **{**chat, "requests_per_second": 6.01}))
    assert [pool.instances for pool in two.pools] == [2]
    ((kind, sentence),) = said(changed(document, "workloads", "chat", latency_ms={"paris": 250, "virginia": 201}))
    assert kind == "target"
    assert "501 ms on a100-virginia (with 201 ms there and back), 550 ms on a100-paris" in sentence


def test_size_keeps_to_the_pin_and_the_rules():
    fleet = fleet_of(changed(two_sites(), "workloads", "chat", sites="paris"))
    assert {side.sku for side in size(fleet, "chat").sides} == {"h100-paris", "a100-paris"}
    ruled = fleet_of(changed(two_sites(), "limits", forbid=[{"sku": "a100-paris"}]))
    pairs = {(pair.prefill.sku, pair.decode.sku) for pair in size(ruled, "chat").pairs}
    assert pairs == {("h100-paris", "h100-paris"), ("a100-virginia", "a100-virginia")}


def test_faults_stand_at_their_lines(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(
        textwrap.dedent(
            """\
            sites: {paris: {pue: 0}}
            skus:
              a: {gpu: g, gpus: 1, usd_per_hour: 1}
              b: {gpu: g, gpus: 1, usd_per_hour: 1, site: rome}
            models: {m: {mixed: [{gpu: g, gpus: 1, input_tokens: 9, output_tokens: 9, requests_per_s: 1,
                                  ttft_mean_ms: 9, tpot_mean_ms: 9}]}}
            workloads:
              w:
                {model: m, input_tokens: 9, output_tokens: 9, requests_per_second: 1,
                 sites: [paris, oslo], slo: {ttft_mean_ms: 9, tpot_mean_ms: 9}}
            limits:
              require:
                - {gpu: g}
                - {gpu: h}
            """
        )
    )
    with pytest.raises(FleetFaults) as raised:
        pdopt.read_fleet(file)
    assert [(fault.line, fault.path) for fault in raised.value.faults] == [
        (1, "sites.paris.pue"),
        (3, "skus.a"),
        (4, "skus.b.site"),
        (10, "workloads.w.sites[1]"),
        (14, "limits.require[1].gpu"),
    ]
