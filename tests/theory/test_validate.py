"""Plans made with more caution until they hold: against counts derived by hand, with simulators of known bias."""

from __future__ import annotations

from math import ceil

import pytest

from pdopt.plan.plan import NoPlan, Plan
from pdopt.simulate import Settings, simulate
from pdopt.simulate.answers import Estimate, PoolSeen, Simulation, TargetSeen, WorkloadSeen
from pdopt.solving.solve import solve
from pdopt.studies.validate import validated
from tests.samples import fleet_of

TTFT_S, SERVICE_S, RATE = 1.0, 0.1, 20.0
NONE = Estimate(mean=0.0, low=0.0, high=0.0)


def document(**slo) -> dict:
    """M/M/1 prefill of 10 requests a second and instance; decode that 2 instances carry at any of these targets."""
    return {
        "skus": {"node": {"gpu": "h", "gpus": 1, "usd_per_hour": 10.0}},
        "models": {
            "m": {
                "prefill": [{"gpu": "h", "gpus": 1, "input_tokens": 100, "tokens_per_s": 100 / SERVICE_S}],
                "decode": [
                    {"gpu": "h", "gpus": 1, "input_tokens": 100, "output_tokens": 10, "batch": batch, "tpot_ms": 10}
                    for batch in (1, 64)
                ],
            }
        },
        "workloads": {
            "w": {
                "model": "m",
                "input_tokens": 100,
                "output_tokens": 10,
                "requests_per_second": RATE,
                "slo": {"ttft_mean_ms": 1000 * TTFT_S, "tpot_mean_ms": 20} | slo,
            }
        },
    }


def seen(plan: Plan, value_of) -> Simulation:
    """A simulation that finds what `value_of` makes of each planned latency."""
    (promise,) = plan.workloads
    targets = []
    for target, bound_ms in promise.slo.items():
        planned = getattr(promise, target)
        value = value_of(plan, target, planned)
        estimate = Estimate(mean=value, low=value, high=value)
        verdict = "holds" if value <= bound_ms else "fails"
        targets.append(
            TargetSeen(target=target, bound_ms=bound_ms, seen_ms=estimate, planned_ms=planned, verdict=verdict)
        )
    workload = WorkloadSeen(
        name="w",
        model="m",
        demand_rps=RATE,
        completed_rps=NONE,
        ttft_ms={},
        tpot_ms={},
        spread_ms={},
        e2e_ms={},
        targets=tuple(targets),
        within_targets=NONE,
        goodput_rps=NONE,
        requests=1,
    )
    told = {"arrivals": "poisson", "dispatch": "random", "requests": 1, "replications": 2, "seed": 0, "confidence": 0.9}
    pools: tuple[PoolSeen, ...] = ()
    return Simulation(name="", workloads=(workload,), pools=pools, settings=told, requests=1, events=1, seconds=0.0)


def prefill_instances(plan: Plan) -> int:
    return sum(pool.instances for pool in plan.pools if pool.role == "prefill")


def mm1_ms(instances: int) -> float:
    idle_rps = 1 / SERVICE_S - RATE / instances
    return 1e3 / idle_rps if idle_rps > 0 else 1e6


def biased(factor: float):
    """TTFT is `factor` times the M/M/1 formula's, worked out from the counts alone."""

    def value_of(plan, target, planned):
        return planned if target.startswith("tpot") else factor * mm1_ms(prefill_instances(plan))

    return lambda fleet, plan, times: seen(plan, value_of)


@pytest.mark.parametrize("factor", [1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0])
def test_a_simulator_that_is_slower_by_a_factor_gets_the_fewest_instances_that_hold(factor):
    plan = validated(fleet_of(document()), solve, biased(factor))
    fewest = ceil(RATE / (1 / SERVICE_S - factor / TTFT_S) - 1e-9)
    assert plan.validation.holds
    assert prefill_instances(plan) == fewest
    assert plan.validation.rounds[0].missed or plan.validation.chosen == 0
    assert plan.workloads[0].slo["ttft_mean_ms"] == 1000 * TTFT_S


def test_what_no_number_of_instances_mends_is_given_up_with_the_reason():
    plan = validated(fleet_of(document()), solve, biased(10.5))
    assert not plan.validation.holds
    assert "out of reach" in plan.validation.why_not
    assert all(tried.missed for tried in plan.validation.rounds)
    beyond = [max(m.simulated_ms / m.bound_ms for m in tried.missed) for tried in plan.validation.rounds]
    assert plan.validation.chosen == beyond.index(min(beyond))


def test_a_fleet_without_a_plan_is_answered_as_by_solve():
    answer = validated(fleet_of(document(ttft_mean_ms=50)), solve, biased(1.0))
    assert isinstance(answer, NoPlan)
    assert answer.status == "infeasible"


def test_instances_that_a_simulator_does_not_need_are_told_as_left_over():
    def enough_with(prefill: int):
        def value_of(plan, target, planned):
            return 1.0 if prefill_instances(plan) >= prefill or target.startswith("tpot") else 5000.0

        return lambda fleet, plan, times: seen(plan, value_of)

    plan = validated(fleet_of(document()), solve, enough_with(2))
    (spare,) = (one for one in plan.validation.surplus if one.role == "prefill")
    assert (spare.of, spare.instances) == (3, 1)  # 20 / (10 - 1) = 2.2: three are planned, two would do


def test_every_round_is_more_careful_than_the_last():
    plan = validated(fleet_of(document()), solve, biased(5.0))
    bounds = [tried.planned_for.get("w", {}).get("ttft_mean", 1e9) for tried in plan.validation.rounds]
    until_held = bounds[: next(i for i, tried in enumerate(plan.validation.rounds) if not tried.missed) + 1]
    assert until_held == sorted(until_held, reverse=True)


def steps() -> dict:
    """A curve with a step: up to 32 requests at 10 ms, beyond that 30 ms; 3000 tokens/s are asked of one instance."""
    told = document()
    rows = [(1, 10.0), (32, 10.0), (33, 30.0), (64, 32.0)]
    told["models"]["m"]["decode"] = [
        {"gpu": "h", "gpus": 1, "input_tokens": 100, "output_tokens": 100, "batch": batch, "tpot_ms": tpot}
        for batch, tpot in rows
    ]
    told["workloads"]["w"] |= {"output_tokens": 100, "requests_per_second": 31.0}
    return told


def test_a_steady_batch_that_tips_over_a_step_is_planned_anew_under_open_arrivals():
    """Steady, 3100 of 3200 tokens/s fit one instance; the batch breathes past 32, where it yields only 1100."""
    few = Settings(requests=4000, replications=4)
    plan = validated(fleet_of(steps()), solve, lambda fleet, plan, times: simulate(fleet, plan, few))
    first = plan.validation.rounds[0]
    assert first.decode_load == "steady"
    assert [missed.target for missed in first.missed] == ["tpot_mean_ms"]
    assert plan.validation.holds
    assert plan.assumptions["decode_load"] == "open"
    assert sum(pool.instances for pool in plan.pools if pool.role == "decode") == 2
    assert plan.validation.surplus == ()
