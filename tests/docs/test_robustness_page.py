"""docs/robustness.md: its blocks are read as they stand, and its numbers are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.samples import fleet_of, town

from pdopt.capacity.spares import on_a_node
from pdopt.fleet.fleet import Redundancy, Uncertainty

PAGE = (Path(__file__).parents[2] / "docs/robustness.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize(
    ("name", "section", "read"),
    [
        ("instances", "redundancy", Redundancy(1, serve=0.9)),
        ("nodes", "redundancy", Redundancy(nodes=1)),
        ("sites", "redundancy", Redundancy(sites=1, serve=0.7)),
        ("uncertainty", "uncertainty", Uncertainty(1, dict.fromkeys(town()["workloads"], 0.2))),
    ],
)
def test_blocks_are_read(name, section, read):
    document = town() | {"sites": {"paris": {}, "oslo": {}}} | yaml.safe_load(BLOCKS[name])
    for sku, site in zip(document["skus"].values(), document["sites"], strict=True):
        sku["site"] = site
    assert getattr(fleet_of(document), section) == read


def test_the_table_of_nodes():
    rows = re.findall(r"\| ([\d, or]+) GPUs.*? \| ([\d, or]+) \|", PAGE)
    sizes = [[int(n) for n in re.findall(r"\d+", cell)] for row in rows for cell in row]
    assert len(rows) == 4
    for gpus, gone in zip(sizes[::2], sizes[1::2], strict=True):
        assert [on_a_node(size, 8) for size in gpus] == gone * (len(gpus) if len(gone) == 1 else 1)
