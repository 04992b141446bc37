"""``gpus_within_quotas``: GPUs of some LLMs' instances, or of all nodes held; no row without a quota."""

from dataclasses import replace
from math import inf

from tests.samples import lane, table_of
from tests.witness import Row, rows_of

from pdopt.capacity.table import GpuQuota

TABLE = table_of(
    lanes=[
        lane("M", "mixed", "A", 4, {("chat", ""): 0.5}),
        lane("N", "mixed", "B", 2, {("chat", ""): 0.9}),
        lane("O", "mixed", "B", 8, {("mail", ""): 0.9}, llm="other"),
    ],
    nodes=[("A", 8, 40.0, None), ("B", 16, 20.0, None)],
    required_rps={"chat": 5.0, "mail": 1.0},
)


def test_instances_of_the_llms_it_names_count_on_the_skus_it_names():
    both = {"A": 1.0, "B": 1.0}
    quotas = (GpuQuota("one", ("llm",), both, 64), GpuQuota("two", ("llm", "other"), {"B": 1 / 16}, 3))
    table = replace(TABLE, quotas=quotas)
    assert rows_of(table, "gpus_within_quotas") == {
        "one": Row({("Instances", "M"): 4.0, ("Instances", "N"): 2.0}, -inf, 64.0),
        "two": Row({("Instances", "N"): 0.125, ("Instances", "O"): 0.5}, -inf, 3.0),
    }


def test_nodes_held_count_where_no_llm_is_named():
    quotas = (GpuQuota("gpus", (), {"A": 1.0, "B": 1.0}, 64), GpuQuota("nodes", (), {"B": 1 / 16}, 3))
    table = replace(TABLE, quotas=quotas)
    assert rows_of(table, "gpus_within_quotas") == {
        "gpus": Row({("Nodes", "A"): 8.0, ("Nodes", "B"): 16.0}, -inf, 64.0),
        "nodes": Row({("Nodes", "B"): 1.0}, -inf, 3.0),
    }


def test_no_quota_no_row():
    table = replace(TABLE, quotas=(GpuQuota("idle", ("nobody",), {"A": 1.0}, 0),))
    assert rows_of(table, "gpus_within_quotas") == {}
    assert rows_of(TABLE, "gpus_within_quotas") == {}
