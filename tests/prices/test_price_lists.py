"""Price lists: what is read, which price is kept, how old it is."""

from datetime import date

import pytest

from pdopt.fleet.faults import FleetFaults
from pdopt.fleet.prices import provider_of, read_networks, read_prices

HEADER = "instance_type,region,gpu,gpus,term,usd_per_hour,source_date,source\n"
TODAY = date(2026, 11, 23)


@pytest.fixture
def lists(tmp_path):
    def write(**files):
        found = []
        for name, rows in files.items():
            file = tmp_path / f"{name.replace('_', '-')}.csv"
            file.write_text(HEADER + rows)
            found.append(file)
        return found

    return write


def row(kind="n", region="here", price="10", day="2026-07-20", term="on_demand"):
    return f"{kind},{region},h100-sxm,8,{term},{price},{day},a list\n"


@pytest.mark.parametrize(
    ("name", "provider"),
    [("2026-07-20-aws", "aws"), ("undated-lambda", "lambda"), ("2026-07-20-my-cloud", "my-cloud"), ("mine", "mine")],
)
def test_the_provider_stands_in_the_name(tmp_path, name, provider):
    assert provider_of(tmp_path / f"{name}.csv") == provider


@pytest.mark.parametrize(
    ("day", "age", "stale"),
    [
        ("2026-11-23", 0, False),
        ("2026-08-25", 90, False),
        ("2026-08-24", 91, True),
        ("2026-11", 22, False),
        ("", None, True),
        ("undated (2026)", None, True),
        ("2026-13-45", None, True),
    ],
)
def test_age_is_told_in_days_and_undated_is_stale(lists, day, age, stale):
    (price,) = read_prices(lists(mine=row(day=day)))
    assert price.age_days(TODAY) == age
    assert price.stale(TODAY) == stale


@pytest.mark.parametrize("order", [("2026_01_21_aws", "2026_07_20_aws"), ("2026_07_20_aws", "2026_01_21_aws")])
def test_the_newest_price_is_kept_row_by_row(lists, order):
    rows = {
        "2026_01_21_aws": row(price="12", day="2026-01-21") + row("old", price="3", day="2026-01-21"),
        "2026_07_20_aws": row(price="10", day="2026-07-20") + row(term="spot", price="4", day="2026-07-20"),
    }
    prices = read_prices(lists(**{name: rows[name] for name in order}))
    kept = {(p.row.instance_type, p.row.term): (p.row.usd_per_hour, p.file) for p in prices}
    assert kept == {
        ("n", "on_demand"): (10, "2026-07-20-aws.csv"),
        ("n", "spot"): (4, "2026-07-20-aws.csv"),
        ("old", "on_demand"): (3, "2026-01-21-aws.csv"),
    }


def test_a_dated_price_beats_an_undated_one(lists):
    files = lists(**{"2026_07_20_aws": row(price="10"), "undated_aws": row(price="1", day="undated")})
    assert [p.row.usd_per_hour for p in read_prices(files)] == [10]


def test_an_own_folder_comes_first_whatever_its_date(tmp_path):
    files = []
    for folder, price, day in (("own", "8", "2025-01-01"), ("pdopt", "10", "2026-07-20")):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / f"{day}-aws.csv")
        files[-1].write_text(HEADER + row(price=price, day=day))
    assert [p.row.usd_per_hour for p in read_prices(files)] == [8]


def test_an_own_list_needs_four_columns_only(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("instance_type,gpu,gpus,usd_per_hour\nbox,h100-sxm,8,20\n")
    (price,) = read_prices([file])
    assert (price.provider, price.row.term, price.row.region) == ("mine", "on_demand", "")
    assert price.usd_per_gpu_h == 2.5
    assert price.stale(TODAY)


def test_every_fault_of_every_list_is_told(lists):
    files = lists(a=row(price="free"), b=row(price="-1") + "n,here,h100-sxm,8,on_demand,10,2026-07-20,a,b\n")
    with pytest.raises(FleetFaults) as told:
        read_prices(files)
    assert [(f.file[-5:], f.line, f.path) for f in told.value.faults] == [
        ("a.csv", 2, "usd_per_hour"),
        ("b.csv", 2, "usd_per_hour"),
        ("b.csv", 3, ""),
    ]


def test_networks_are_told_per_gpu(tmp_path):
    file = tmp_path / "nodes.csv"
    file.write_text("provider,instance_type,gpus,network_gb_per_s,source\naws,p5,8,400,x\naws,one,1,12.5,x\n")
    assert read_networks([file]) == {("aws", "p5"): 50, ("aws", "one"): 12.5}
