"""Fleets and tables that several tests start from, and short ways of making them."""

from __future__ import annotations

import copy
import tempfile
from functools import cache
from pathlib import Path

import pytest
import yaml

import pdopt
from pdopt.capacity.slots import Slot
from pdopt.capacity.table import Lane, LaneTable, NodeType, Route
from pdopt.fleet.fleet import Fleet, Target, Workload
from pdopt.fleet.profiles import Shape

PAPER_CURVE = ((10, 12.8), (20, 16.4), (30, 18.8), (40, 21.6), (50, 23.9), (60, 26.2))  # arXiv 2603.04716, demo


def decode_rows(points, input_tokens, output_tokens, **shape):
    """Decode rows of one curve; points are (batch, TPOT in ms)."""
    lengths = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    return [{**shape, **lengths, "batch": batch, "tpot_ms": tpot} for batch, tpot in points]


def paper(**chat) -> dict:
    """Give the paper's experiment as a fleet file; keywords change its only workload."""
    shape = {"gpu": "h200", "gpus": 8}
    return {
        "name": "paper",
        "skus": {"node": {"gpu": "h200", "gpus": 8, "usd_per_hour": 60}},
        "models": {
            "llm": {
                "prefill": [{**shape, "input_tokens": 6144, "tokens_per_s": 28309}],
                "decode": decode_rows(PAPER_CURVE, 6144, 512, **shape),
            }
        },
        "workloads": {
            "chat": {
                "model": "llm",
                "input_tokens": 6144,
                "output_tokens": 512,
                "tokens_per_minute": 5_000_000,
                "slo": {"ttft_mean_ms": 2000, "tpot_mean_ms": 20},
                **chat,
            }
        },
        "transfer": {"overhead_ms": 100},
    }


def town() -> dict:
    """Two LLMs, two GPU types, five workloads: every kind of sharing there is."""
    shapes = {"big": {"gpu": "big", "gpus": 4}, "small": {"gpu": "small", "gpus": 2}}
    speed = {"big": 1.0, "small": 0.4}

    def rows(scale):
        prefill, decode = [], []
        for name, shape in shapes.items():
            tps = speed[name] * scale
            prefill += [{**shape, "input_tokens": n, "tokens_per_s": tps * t} for n, t in ((500, 18000), (8000, 24000))]
            for context in (500, 8000):
                points = [(b, (8 + b * 0.25 + context / 4000) / tps) for b in (1, 8, 16, 32, 64)]
                decode += decode_rows(points, context, 200, **shape)
        return {"prefill": prefill, "decode": decode}

    def workload(model, tokens, rate, ttft, tpot):
        return {
            "model": model,
            "input_tokens": tokens,
            "output_tokens": 200,
            "requests_per_second": rate,
            "slo": {"ttft_mean_ms": ttft, "tpot_mean_ms": tpot},
        }

    return {
        "name": "town",
        "skus": {
            "big-node": {"gpu": "big", "gpus": 8, "usd_per_hour": 40},
            "small-node": {"gpu": "small", "gpus": 8, "usd_per_hour": 19, "available": 12},
        },
        "models": {"first": rows(1.0), "second": rows(0.6)},
        "workloads": {
            "chat": workload("first", 1000, 9, 400, 25),
            "code": workload("first", 4000, 3, 1500, 40),
            "batch": workload("first", 7000, 1, 6000, 60),
            "search": workload("second", 1500, 4, 700, 40),
            "mail": workload("second", 3000, 2, 4000, 80),
        },
        "transfer": {"overhead_ms": 50},
    }


def village() -> dict:
    """Give the town with three of its workloads: still two LLMs on two GPU types, one of them shared."""
    fleet = town()
    fleet["workloads"] = {name: fleet["workloads"][name] for name in ("chat", "batch", "search")}
    return fleet


def some(values, first: int) -> list:
    """Give the first few to every run of the tests, the others to the slow ones."""
    values = list(values)
    return [*values[:first], *(pytest.param(value, marks=pytest.mark.slow) for value in values[first:])]


def fleet_of(document: dict) -> Fleet:
    """Write a fleet file and read it."""
    return _read(_yaml(document))


def answer_of(document: dict):
    """Solve a fleet file; what was solved before is not solved again."""
    return _answer(_yaml(document))


def _yaml(document: dict) -> str:
    return yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)


def _read(text: str) -> Fleet:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "fleet.yaml")
        file.write_text(text, encoding="utf-8")
        return pdopt.read_fleet(file)


def forget() -> None:
    """Forget what was solved, for tests that put something in the solver's place."""
    _answer.cache_clear()


@cache
def _answer(text: str):
    return pdopt.solve(_read(text))


def cost_of(document: dict) -> float:
    """Dollars per hour of the proven cheapest plan."""
    answer = answer_of(document)
    assert answer.status == "optimal", answer
    return answer.cost_per_hour


def changed(document: dict, *path, **values) -> dict:
    """Copy a fleet file with some values of one of its mappings replaced (None takes a key away)."""
    result = copy.deepcopy(document)
    place = result
    for step in path:
        place = place.setdefault(step, {})
    for key, value in values.items():
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    return result


def workload_of(
    ttft=None, tpot=None, name="chat", tokens=(6144, 512), cached=0.0, rate=1.0, cv2=1.0, **fields
) -> Workload:
    """Give a workload; targets are {statistic: seconds}."""
    targets = [Target("ttft", s, bound) for s, bound in (ttft or {}).items()]
    targets += [Target("tpot", s, bound) for s, bound in (tpot or {}).items()]
    return Workload(name, "llm", *tokens, cached, rate, tuple(targets), prefill_service_cv2=cv2, **fields)


def lane(name, role, sku, gpus, loads, limits=("load",), llm="llm", **fields) -> Lane:
    """Give a lane; loads are {(workload, handover): instances per request per second, one per limit}."""
    loads = {Route(*route): load if isinstance(load, tuple) else (load,) for route, load in loads.items()}
    return Lane(name, llm, role, sku, Shape("gpu", gpus), limits, loads, **fields)


def table_of(lanes, nodes, required_rps, slots=None, **more) -> LaneTable:
    """Give a table; nodes are (sku, GPUs, dollars per hour, available), slots {name: (weight, required rates)}."""
    when = {"always": (1.0, required_rps)} if slots is None else slots
    made, names = [], list(when)
    for i, (name, (weight, rates)) in enumerate(when.items()):
        made.append(Slot(name, weight, rates, rates, (("as stated", name),), names[i - 1], 24.0 * weight))
    return LaneTable(tuple(lanes), tuple(NodeType(*node) for node in nodes), tuple(made), (), **more)
