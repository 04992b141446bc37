"""``skus: {from: …}``: what it takes, what it leaves alone, and how it complains."""

from datetime import date

import pytest
import yaml

import pdopt
from pdopt.fleet.faults import FleetFaults

TODAY = date(2026, 8, 1)
PREFILL = {"input_tokens": 1000, "tokens_per_s": 10000}
DECODE = {"input_tokens": 1000, "output_tokens": 100, "batch": 10, "tpot_ms": 10}


def llm(*shapes, **keys):
    """An LLM measured on (GPU, GPUs) pairs."""
    on = [{"gpu": gpu, "gpus": gpus} for gpu, gpus in shapes]
    return {"prefill": [{**s, **PREFILL} for s in on], "decode": [{**s, **DECODE} for s in on], **keys}


def fleet(skus, *shapes, **keys):
    return {
        "skus": skus,
        "models": {"toy": llm(*(shapes or [("h100-sxm", 8)]), **keys)},
        "workloads": {
            "chat": {
                "model": "toy",
                "input_tokens": 1000,
                "output_tokens": 100,
                "requests_per_second": 1,
                "slo": {"ttft_mean_ms": 2000, "tpot_mean_ms": 50},
            }
        },
    }


@pytest.fixture
def read(tmp_path):
    def read_it(content, today=TODAY):
        file = tmp_path / "fleet.yaml"
        file.write_text(yaml.safe_dump(content, sort_keys=False))
        return pdopt.read_fleet(file, today=today)

    return read_it


@pytest.fixture
def faults(read):
    def complain(content):
        with pytest.raises(FleetFaults) as told:
            read(content)
        return [str(fault).partition("fleet.yaml:")[2] for fault in told.value.faults]

    return complain


AWS = {"from": "aws", "region": "us-east-1"}


def test_takes_the_node_types_that_an_instance_fits(read):
    """p5.4xlarge has one H100, a part of a machine: no instance of eight stretches over eight of them."""
    (sku,) = read(fleet(AWS)).skus.values()
    assert (sku.name, sku.gpu, sku.gpus, sku.usd_per_h, sku.available) == ("p5.48xlarge", "h100-sxm", 8, 55.04, None)
    assert (sku.price_origin.file, sku.price_origin.date) == ("2026-07-20-aws.csv", "2026-07-20")
    assert sku.price_origin.source.startswith("aws/karpenter-provider-aws@")


def test_whole_machines_may_be_joined_and_parts_may_not(read):
    skus = read(fleet(AWS, ("h100-sxm", 16), ("h200-sxm", 1))).skus
    assert {name: sku.spans for name, sku in skus.items()} == {"p5.48xlarge": True, "p5en.48xlarge": True}
    skus = read(fleet(AWS, ("h100-sxm", 1), ("h100-sxm", 2))).skus
    assert {name: sku.spans for name, sku in skus.items()} == {"p5.48xlarge": True, "p5.4xlarge": False}


def test_network_is_the_share_of_the_smallest_instance(read):
    """p5: 3,200 Gbit/s for 8 GPUs, p4de: 400 Gbit/s."""
    assert read(fleet(AWS)).skus["p5.48xlarge"].nic_gb_per_s == 400
    assert read(fleet(AWS, ("h100-sxm", 2), ("h100-sxm", 8))).skus["p5.48xlarge"].nic_gb_per_s == 100
    assert read(fleet(AWS, ("a100-sxm", 4))).skus["p4de.24xlarge"].nic_gb_per_s == 25


def test_an_unknown_network_is_said(read):
    notes = read(fleet({"from": "azure", "region": "eastus2"}, ("h200-sxm", 8), ("h100-sxm", 8))).notes
    assert any("network unknown of Standard_ND96isr_H200_v5" in note for note in notes)


def test_entries_add_to_node_types_and_own_skus_stand_beside(read):
    mine = {"gpu": "h100-sxm", "gpus": 8, "usd_per_hour": 20}
    skus = read(fleet({**AWS, "p5.48xlarge": {"available": 10, "billing": "gpu"}, "mine": mine})).skus
    assert (skus["p5.48xlarge"].available, skus["p5.48xlarge"].billing) == (10, "gpu")
    assert skus["p5.48xlarge"].usd_per_h == 55.04
    assert skus["mine"].price_origin.source == "given in the fleet file"
    assert skus["mine"].nic_gb_per_s is None


def test_an_own_price_of_a_node_type_is_ones_own(read):
    sku = read(fleet({**AWS, "p5.48xlarge": {"usd_per_hour": 30}})).skus["p5.48xlarge"]
    assert (sku.gpu, sku.gpus, sku.usd_per_h) == ("h100-sxm", 8, 30)
    assert sku.price_origin.file is None


def test_only_takes_gpus_and_node_types(read):
    shapes = [("h100-sxm", 1), ("h200-sxm", 1), ("a100-sxm", 1)]
    assert list(read(fleet({**AWS, "only": "h200-sxm"}, *shapes)).skus) == ["p5en.48xlarge"]
    taken = read(fleet({**AWS, "only": ["a100-sxm", "p5.4xlarge"]}, *shapes)).skus
    assert set(taken) == {"p4de.24xlarge", "p5.4xlarge"}


@pytest.mark.parametrize(("term", "usd"), [("on_demand", 88.49), ("reserved_1y", 61.3837), ("reserved_3y", 38.8644)])
def test_terms_have_their_own_prices(read, term, usd):
    """GCP a3-highgpu-8g in us-central1 (Cyclenerd, 2026-07-30)."""
    chosen = {"from": "gcp", "region": "us-central1", "term": term, "only": "a3-highgpu-8g"}
    sku = read(fleet(chosen)).skus["a3-highgpu-8g"]
    assert sku.price_origin.term == term
    assert sku.usd_per_h == usd


def test_what_a_term_lacks_is_left_out_and_said(read):
    fleet_ = read(fleet({**AWS, "term": "reserved_1y"}, ("h100-sxm", 8), ("h200-sxm", 8)))
    assert {name: sku.usd_per_h for name, sku in fleet_.skus.items()} == {"p5.48xlarge": 32.36}
    assert any("no reserved_1y price at aws us-east-1" in note for note in fleet_.notes)


def test_spot_is_said_to_be_illustrative(read):
    notes = read(fleet({**AWS, "term": "spot"})).notes
    assert any("spot nodes can be taken away: p5.48xlarge" in note for note in notes)


def test_a_list_of_ones_own(read, tmp_path):
    (tmp_path / "quote.csv").write_text(
        "instance_type,gpu,gpus,usd_per_hour,source_date\nbox,h100-sxm,8,20,2026-07-31\n"
    )
    plain = read(fleet({"from": "quote.csv"}))
    assert (plain.skus["box"].usd_per_h, plain.skus["box"].price_origin.file) == (20, "quote.csv")
    assert not any("prices are" in note for note in plain.notes)


def test_a_provider_with_one_price_for_all_regions_needs_none(read):
    assert read(fleet({"from": "coreweave"}, ("h200-sxm", 8))).skus["hgx-h200 (8x)"].usd_per_h == 50.44


# -- age ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("today", "said"), [(date(2026, 10, 18), False), (date(2026, 10, 19), True)])
def test_prices_older_than_90_days_are_said(read, today, said):
    notes = [note for note in read(fleet(AWS), today).notes if "prices are" in note]
    assert bool(notes) == said
    if said:
        assert notes == ["prices are 91 days old (2026-07-20-aws.csv): p5.48xlarge; check them before buying"]


def test_undated_prices_are_said_whatever_the_day(read):
    notes = read(fleet({"from": "oci"})).notes
    assert any(note.startswith("prices are undated (undated-oci.csv): ") for note in notes)


def test_the_plan_states_price_sources_and_age(read):
    plan = pdopt.solve(read(fleet(AWS), date(2026, 12, 1)))
    (rental,) = plan.skus
    assert rental.price_source.model_dump() == {
        "source": "aws/karpenter-provider-aws@1d927085 (Apache-2.0)",
        "file": "2026-07-20-aws.csv",
        "date": "2026-07-20",
        "term": "on_demand",
        "region": "us-east-1",
    }
    assert any("134 days old" in note for note in plan.notes)


def test_a_price_of_ones_own_is_said_to_be_so(read):
    plan = pdopt.solve(read(fleet({"mine": {"gpu": "h100-sxm", "gpus": 8, "usd_per_hour": 20}})))
    assert plan.skus[0].price_source.model_dump(exclude_none=True) == {"source": "given in the fleet file"}


# -- networks of lists never make a fleet faulty --------------------------------------------------------------------


def test_a_listed_network_asks_for_no_kv_bytes_but_an_own_one_does(read, faults):
    assert read(fleet(AWS)).llms["toy"].kv_bytes_per_token is None
    assert "kv_bytes_per_token" in faults(fleet({**AWS, "p5.48xlarge": {"nic_gb_per_s": 50}}))[0]


# -- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("skus", "complaints"),
    [
        ({"from": "asw"}, ["2: skus.from: no prices of 'asw'; did you mean aws?"]),
        ({"from": "aws"}, ["2: skus.from: aws has several regions; add region: ap-northeast-1, "]),
        ({"from": "aws", "region": "us-esat-1"}, ["3: skus.region: no prices of aws in 'us-esat-1'; did you mean us-"]),
        ({"from": "coreweave", "region": "x"}, ["3: skus.region: no prices of coreweave in 'x'; coreweave has one"]),
        ({**AWS, "term": "reserved"}, ["4: skus.term: no reserved prices of aws us-east-1; did you mean reserved_"]),
        ({**AWS, "only": ["h100"]}, ["5: skus.only[0]: 'h100' has no on_demand price at aws us-east-1; did you mean "]),
        ({**AWS, "p5.48xlrge": {"available": 1}}, ["4: skus.p5.48xlrge: is no node type of aws us-east-1; did you"]),
        ({**AWS, "p5.48xlarge": {"stock": 1}}, ["5: skus.p5.48xlarge.stock: unknown key; "]),
        ({"region": "us-east-1"}, ["1: skus.from: is missing; give a provider"]),
        ({"from": "nowhere.csv"}, ["2: skus.from: there is no file nowhere.csv beside this file"]),
        ({**AWS, "term": 3}, ["4: skus.term: no 3 prices of aws us-east-1; known: on_demand, "]),
    ],
)
def test_faults_are_located_and_say_what_to_do(read, skus, complaints):
    with pytest.raises(FleetFaults) as told:
        read(fleet(skus))
    said = [str(fault).partition("fleet.yaml:")[2] for fault in told.value.faults]
    assert len(said) == len(complaints), said
    for line, beginning in zip(said, complaints, strict=True):
        assert line.startswith(beginning)


def test_nothing_that_any_llm_runs_on_is_a_fault(faults):
    (said,) = faults(fleet({"from": "coreweave"}, ("h20", 8)))
    assert "coreweave offers a100-sxm, b200-sxm" in said
    assert "no LLM has a profile that fits" in said


def test_other_faults_are_told_too(faults):
    content = fleet({"from": "asw"})
    content["workloads"]["chat"]["model"] = "toi"
    assert len(faults(content)) == 2


def test_a_sku_may_be_called_from(read):
    own = {"gpu": "h100-sxm", "gpus": 8, "usd_per_hour": 20}
    assert list(read(fleet({"from": own, "region": own})).skus) == ["from", "region"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("region", [{"region": "us-1"}, {}])
@pytest.mark.parametrize("everywhere", ["all", ""])
def test_the_price_of_a_region_wins_over_that_of_all_regions(read, tmp_path, order, region, everywhere):
    rows = ["box,us-1,h100-sxm,8,30,2026-07-20", f"box,{everywhere},h100-sxm,8,40,2026-07-20"][::order]
    rows.append(f"other,{everywhere},h100-sxm,8,50,2026-07-20")
    (tmp_path / "own.csv").write_text("\n".join(["instance_type,region,gpu,gpus,usd_per_hour,source_date", *rows]))
    skus = read(fleet({"from": "own.csv", **region})).skus
    assert {name: sku.usd_per_h for name, sku in skus.items()} == {"box": 30, "other": 50}


@pytest.mark.parametrize(
    ("skus", "said"),
    [
        ({**AWS, "trem": "spot"}, ["1: skus.trem: unknown key; did you mean term?"]),
        ({**AWS, "onyl": ["h100-sxm"]}, ["1: skus.onyl: unknown key; did you mean only?"]),
        ({**AWS, "zone": "a"}, ["1: skus.zone: unknown key; known: from, only, region, site, term"]),
        ({"form": "aws"}, ["1: skus.form: unknown key; did you mean from?"]),
    ],
)
def test_mistyped_keys_are_told_with_the_right_one(faults, skus, said):
    assert [line.partition(":")[2] for line in faults(fleet(skus))] == [line.partition(":")[2] for line in said]


# -- several terms --------------------------------------------------------------------------------------------------

GCP = {"from": "gcp", "region": "us-central1", "only": "a3-highgpu-8g"}


def terms_of(sku):
    return {term.name: (term.kind, term.usd_per_h) for term in sku.terms}


def test_several_terms_of_a_list_are_ways_to_pay(read):
    """GCP a3-highgpu-8g in us-central1 (Cyclenerd, 2026-07-30)."""
    sku = read(fleet({**GCP, "term": ["reserved_3y", "on_demand"]})).skus["a3-highgpu-8g"]
    assert terms_of(sku) == {"reserved_3y": ("reserved", 38.8644), "on_demand": ("on_demand", 88.49)}
    assert (sku.usd_per_h, sku.price_origin.term) == (88.49, "on_demand")


def test_one_term_that_is_not_on_demand_has_its_kind_and_on_demand_is_a_price(read):
    assert terms_of(read(fleet({**GCP, "term": "reserved_1y"})).skus["a3-highgpu-8g"]) == {
        "reserved_1y": ("reserved", 61.3837)
    }
    assert terms_of(read(fleet({**AWS, "term": "spot"})).skus["p5.48xlarge"])["spot"][0] == "spot"
    assert read(fleet({**GCP, "term": ["on_demand"]})).skus["a3-highgpu-8g"].terms == ()


def test_entries_add_to_the_terms_of_a_list(read):
    own = {"reserved_1y": {"available": 4}, "quote": {"usd_per_hour": 50}, "on_demand": {"usd_per_hour": 80}}
    chosen = {**GCP, "term": ["on_demand", "reserved_1y"], "a3-highgpu-8g": {"terms": own}}
    sku = read(fleet(chosen)).skus["a3-highgpu-8g"]
    assert terms_of(sku) == {
        "on_demand": ("on_demand", 80),
        "reserved_1y": ("reserved", 61.3837),
        "quote": ("on_demand", 50),
    }
    assert [term.available for term in sku.terms] == [None, 4, None]
    assert sku.price_origin.source == "given in the fleet file"


def test_terms_beside_one_price_of_a_list(read):
    own = {"terms": {"spot": {"usd_per_hour": 30, "max_share": 0.2}}}
    sku = read(fleet({**AWS, "p5.48xlarge": own})).skus["p5.48xlarge"]
    assert terms_of(sku) == {"on_demand": ("on_demand", 55.04), "spot": ("spot", 30)}
    assert sku.price_origin.file == "2026-07-20-aws.csv"


def test_an_own_price_leaves_the_terms_of_a_list_out(read):
    sku = read(fleet({**GCP, "term": ["on_demand", "reserved_1y"], "a3-highgpu-8g": {"usd_per_hour": 40}})).skus
    assert (sku["a3-highgpu-8g"].usd_per_h, sku["a3-highgpu-8g"].terms) == (40, ())


def test_a_node_type_has_those_of_the_terms_that_the_list_has(read):
    found = read(fleet({**AWS, "term": ["on_demand", "reserved_1y"]}, ("h100-sxm", 8), ("h200-sxm", 8)))
    assert "no reserved_1y price at aws us-east-1 of p5en.48xlarge: on its other terms alone" in found.notes
    skus = found.skus
    assert list(terms_of(skus["p5.48xlarge"])) == ["on_demand", "reserved_1y"]
    assert skus["p5en.48xlarge"].terms == ()


@pytest.mark.parametrize(
    ("skus", "said"),
    [
        ({**AWS, "term": ["on_demand", "sopt"]}, "skus.term[1]: no sopt prices of aws us-east-1; did you mean spot?"),
        ({**AWS, "term": []}, "skus.term: must name at least one"),
        ({**AWS, "p5.48xlarge": {"terms": {}}}, "skus.p5.48xlarge.terms: must name at least one term"),
        ({**AWS, "p5.48xlarge": {"terms": {"spot": {}}}}, "skus.p5.48xlarge.terms.spot.usd_per_hour: is missing"),
        ({**AWS, "p5.48xlarge": {"terms": {"spot": 3}}}, "skus.p5.48xlarge.terms.spot: must be a mapping, got 3"),
    ],
)
def test_terms_of_lists_that_cannot_be(faults, skus, said):
    (found,) = faults(fleet(skus))
    assert found.partition(": ")[2].startswith(said)
