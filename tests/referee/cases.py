"""Fleets and a plan whose answers are derived by hand."""

from tests.referee.decode import Curve

PAPER_BATCHES = (10, 20, 30, 40, 50, 60)
PAPER_TPOTS_MS = (12.8, 16.4, 18.8, 21.6, 23.9, 26.2)
PAPER_CURVE = Curve(PAPER_BATCHES, tuple(ms / 1000 for ms in PAPER_TPOTS_MS), 60)
NODE_USD_PER_H = 10.0


def paper_fleet(**workload):
    """The paper's DeepSeek-V3.1 on H200 nodes at 5 million tokens per minute."""
    shape = {"gpu": "h200-sxm", "gpus": 8, "input_tokens": 6144}
    curve = zip(PAPER_BATCHES, PAPER_TPOTS_MS, strict=True)
    chat = {
        "model": "deepseek-v3.1",
        "input_tokens": 6144,
        "output_tokens": 512,
        "tokens_per_minute": 5_000_000,
        "slo": {"ttft_mean_ms": 2000, "tpot_mean_ms": 20},
    }
    return {
        "name": "paper",
        "skus": {"h200-node": {"gpu": "h200-sxm", "gpus": 8, "usd_per_hour": NODE_USD_PER_H}},
        "models": {
            "deepseek-v3.1": {
                "prefill": [shape | {"tokens_per_s": 28309}],
                "decode": [shape | {"output_tokens": 512, "batch": b, "tpot_ms": ms} for b, ms in curve],
            }
        },
        "workloads": {"chat": chat | workload},
        "transfer": {"overhead_ms": 100},
    }


def textbook_fleet(demand_rps, slo, **assumptions):
    """One GPU serves a prefill in 1 s; decode takes any load here: 1000 requests/s at 1 ms per token."""
    lengths = {"input_tokens": 1000}
    decode = lengths | {"gpu": "g", "gpus": 1, "output_tokens": 10}
    return {
        "name": "textbook",
        "skus": {"small": {"gpu": "g", "gpus": 1, "usd_per_hour": 1.0}},
        "models": {
            "m": {
                "prefill": [lengths | {"gpu": "g", "gpus": 1, "tokens_per_s": 1000}],
                "decode": [decode | {"batch": batch, "tpot_ms": 1} for batch in (1, 10)],
            }
        },
        "workloads": {
            "w": lengths | {"model": "m", "output_tokens": 10, "requests_per_second": demand_rps, "slo": slo}
        },
        "assumptions": assumptions,
    }


def paper_plan(prefills, served_rps, **figures):
    """A plan of the paper's fleet with four decode instances."""
    pool = {"model": "deepseek-v3.1", "sku": "h200-node", "gpus_per_instance": 8, "serves": {"chat": served_rps}}
    cost = NODE_USD_PER_H * (prefills + 4)
    rates = {"name": "chat", "demand_rps": 5e6 / 60 / 6656, "served_rps": served_rps}
    return {
        "status": "optimal",
        "cost_per_hour": cost,
        "bound_per_hour": cost,
        "pools": [pool | {"role": "prefill", "instances": prefills}, pool | {"role": "decode", "instances": 4}],
        "workloads": [rates | figures],
        "skus": [{"sku": "h200-node", "nodes": prefills + 4, "usd_per_hour": cost}],
    }
