"""What `frontier` finds against every plan of small fleets, against closed forms, and against solving at each point."""

from __future__ import annotations

import random
from itertools import pairwise, product
from math import ceil, inf

import pytest
import yaml

import pdopt
from pdopt.studies.frontier.trying import Trier
from tests.referee.fleets import Knobs, random_fleet
from tests.referee.optimum import optimum
from tests.samples import changed, cost_of, some, town
from tests.samples import fleet_of as read
from tests.theory.small import case_of, fleet_of

RATE = 9.5
MOST = 30.0  # dollars per hour beyond the cheapest: enough corners, few enough to enumerate
TO = 1e-3  # the tolerance that the answer states


def corners(frontier) -> list[tuple[float, float]]:
    return [(point.at, point.plan.cost_per_hour) for point in frontier.points]


def pareto(plans) -> list[tuple[float, float]]:
    """Of (at, cost) those that no other is as good as in both."""
    kept: list[tuple[float, float]] = []
    for at, cost in sorted(plan for plan in plans if plan[0] < inf):
        if not kept or cost < kept[-1][1] - 1e-9:
            kept.append((at, cost))
    return kept


def agree(frontier, plans, least, dearest=inf) -> None:
    """The corners are those of all plans: from the one that holds at the tight end, or the dearest looked at, on."""
    wanted = [(at, cost) for at, cost in pareto(plans) if cost <= dearest]
    inside = [(at, cost) for at, cost in wanted if at > least * (1 + TO)]
    at_end = [(at, cost) for at, cost in wanted if at <= least][-1:]
    found = [(at, cost) for at, cost in corners(frontier) if at > least * (1 + TO)]
    assert [cost for _, cost in found] == pytest.approx([cost for _, cost in inside])
    for (at, _), (wanted_at, _) in zip(found, inside, strict=True):
        assert wanted_at * (1 - 1e-5) <= at <= wanted_at * (1 + TO)
    assert frontier.complete
    assert all(point.proven for point in frontier.points)
    if at_end:
        assert corners(frontier)[0] == (pytest.approx(at_end[0][0], rel=TO), pytest.approx(at_end[0][1]))


def ttft_s(case: dict, counts: dict[str, int], rate: float) -> float:
    """Shortest common mean TTFT of M/M/1 instances: each carries mu - 1 / TTFT of what comes."""
    mus = [case["prefill"][gpu] + 1 for gpu, count in counts.items() for _ in range(count)]
    if sum(mus) <= rate:
        return inf
    low, high = 1 / max(mus), 1e9
    for _ in range(200):
        middle = (low * high) ** 0.5
        enough = sum(max(mu - 1 / middle, 0) for mu in mus) >= rate
        low, high = (low, middle) if enough else (middle, high)
    return high


def tpot_s(best_batch: float, count: int, rate: float) -> float:
    """Shortest mean TPOT: the batch grows from 1 at 50 ms to the largest at 100 ms, and 10 tokens are a request."""
    low, high = 0.05, 0.1
    if count * best_batch / 0.1 < rate * 10:
        return inf
    if count / 0.05 >= rate * 10:
        return low
    for _ in range(100):
        middle = (low + high) / 2
        batch = 1 + (best_batch - 1) * (middle - 0.05) / 0.05
        low, high = (low, middle) if count * batch / middle >= rate * 10 else (middle, high)
    return high


def decode_usd(case: dict) -> float:
    """Least cost of decode at the stated TPOT."""
    (a, b), prices = case["decode"].values(), case["prices"]
    counts = product(range(12), repeat=2)
    return min(i * prices["a"] + j * prices["b"] for i, j in counts if i * a + j * b >= RATE - 1e-9)


def many_corners() -> dict:
    """Nine requests per second on GPUs for 2 dollars that prefill five and decode five at most."""
    return fleet_of({"prices": {"a": 2}, "prefill": {"a": 4.0}, "decode": {"a": 5.0}}, 9.0)


def hamlet(**more) -> dict:
    """Two workloads that share the instances of one LLM on two GPU types."""
    document = changed(town(), "workloads", batch=None, search=None, mail=None)
    return changed({**document, **more}, "models", second=None)


@pytest.mark.parametrize("n", some([5, 3, 8], first=1))
def test_corners_of_one_llm_are_those_of_the_closed_form(n):
    """n M/M/1 instances keep a TTFT of 1 / (mu - rate / n), and no less."""
    frontier = pdopt.frontier(read(many_corners()), "ttft", dearest_usd_per_h=2 * (n + 2))
    wanted = sorted((1000 / (5 - 9 / count), 2.0 * (count + 2)) for count in range(2, n + 1))
    assert corners(frontier) == [(pytest.approx(at, rel=1e-5), cost) for at, cost in wanted]
    assert frontier.complete
    assert [point.plan.instances["m"] for point in frontier.points] == [f"{k}P2D" for k in range(n, 1, -1)]


@pytest.mark.parametrize("seed", some([1, *range(3, 12)], first=1))
def test_ttft_corners_are_those_of_all_plans_on_two_gpu_types(seed):
    case = case_of(random.Random(seed))
    prices, decode = case["prices"], decode_usd(case)
    dearest = decode + MOST
    plans = [
        (ttft_s(case, {"a": a, "b": b}, RATE) * 1000, a * prices["a"] + b * prices["b"] + decode)
        for a, b in product(range(8), repeat=2)
        if a * prices["a"] + b * prices["b"] <= MOST
    ]
    fleet = read(fleet_of(case, RATE))
    frontier = pdopt.frontier(fleet, "ttft", shortest=0.2, dearest_usd_per_h=dearest, points=99)
    agree(frontier, [plan for plan in plans if plan[0] <= 4000], 200, dearest)


@pytest.mark.parametrize("seed", some(range(6), first=1))
def test_corners_of_all_targets_together_are_those_of_all_plans(seed):
    case = case_of(random.Random(seed), "a")
    price, rates = case["prices"]["a"], (case["prefill"], case["decode"]["a"])
    firsts = {count: 100 * ttft_s(case, {"a": count}, RATE) for count in range(1, 11)}
    others = {count: 1000 * tpot_s(rates[1], count, RATE) for count in range(1, 11)}
    plans = [(max(firsts[p], others[d]), price * (p + d)) for p, d in product(firsts, others)]
    frontier = pdopt.frontier(read(fleet_of(case, RATE)), "cost", dearest_usd_per_h=price * 11, points=99)
    agree(frontier, [plan for plan in plans if plan[0] <= 400], 25, price * 11)


@pytest.mark.parametrize("seed", some(range(6), first=1))
def test_tpot_corners_are_those_of_the_curve(seed):
    case = case_of(random.Random(seed), "a")
    price, prefill = case["prices"]["a"], ceil(RATE / case["prefill"]["a"] - 1e-12)
    plans = [(1000 * tpot_s(case["decode"]["a"], d, RATE), price * (prefill + d)) for d in range(1, 9)]
    frontier = pdopt.frontier(read(fleet_of(case, RATE)), "tpot", dearest_usd_per_h=price * 8, points=99)
    agree(frontier, plans, 25, price * 8)


@pytest.mark.parametrize("seed", some(range(10), first=2))
def test_power_corners_are_those_of_all_plans(seed):
    rng = random.Random(seed)
    case = case_of(rng)
    power = {gpu: rng.choice([0.7, 1.1, 1.6, 2.3]) for gpu in "ab"}
    document = fleet_of(case, RATE)
    for gpu, kw in power.items():
        document["skus"][gpu]["power_kw"] = kw
    prices, sides = case["prices"], []
    for role in ("prefill", "decode"):
        counts = product(range(8), repeat=2)
        sides.append([(a, b) for a, b in counts if a * case[role]["a"] + b * case[role]["b"] >= RATE - 1e-9])
    held = {(p[0] + d[0], p[1] + d[1]) for p, d in product(*sides)}
    plans = [(a * power["a"] + b * power["b"], a * prices["a"] + b * prices["b"]) for a, b in held]
    frontier = pdopt.frontier(read(document), "power")
    assert corners(frontier) == [(pytest.approx(at), pytest.approx(cost)) for at, cost in pareto(plans)]
    assert [point.plan.power_kw for point in frontier.points] == pytest.approx([at for at, _ in corners(frontier)])
    assert frontier.complete


def test_power_is_that_of_the_period_in_which_most_is_drawn():
    document = changed(fleet_of(case_of(random.Random(3)), RATE), periods={"night": 8, "day": 16})
    document["workloads"]["m"]["requests_per_second"] = {"night": 3, "day": RATE}
    for gpu, kw in {"a": 0.7, "b": 2.3}.items():
        document["skus"][gpu]["power_kw"] = kw
    frontier = pdopt.frontier(read(document), "power")
    for (low, _), (high, cost) in pairwise([(0.0, inf), *corners(frontier)]):
        assert cost_of(changed(document, limits={"power_kw": high})) == pytest.approx(cost)
        tighter = pdopt.solve(read(changed(document, limits={"power_kw": high - 1e-3})))
        assert tighter.cost_per_hour is None or tighter.cost_per_hour > cost + 1e-6
        assert high > low


def scaled(document: dict, metric: str, factor: float) -> dict:
    """The fleet with its targets on a metric so many times as long."""
    result = document
    for name, workload in document["workloads"].items():
        slo = {key: ms * factor if key.startswith(metric) else ms for key, ms in workload["slo"].items()}
        result = changed(result, "workloads", name, slo=slo)
    return result


@pytest.mark.parametrize(
    "more",
    some([{"margins": {"prefill": 0.1, "demand": 0.05}}, {}, {"redundancy": {"instances": 1}}], first=1),
    ids=str,
)
def test_solving_at_each_point_and_just_below_it_costs_what_is_told(more):
    document = hamlet(**more)
    frontier = pdopt.frontier(read(document), "ttft", shortest=0.7, longest=2.0)
    assert len(frontier.points) > 1
    for point in frontier.points:
        moved = document
        for target, ms in point.targets.items():
            name, key = target.split(" ")
            moved = changed(moved, "workloads", name, "slo", **{key: ms})
        assert cost_of(moved) == pytest.approx(point.plan.cost_per_hour)
        below = pdopt.solve(read(scaled(document, "ttft", point.at / 100 * (1 - 1.1 * TO))))
        assert below.cost_per_hour is None or below.cost_per_hour > point.plan.cost_per_hour * (1 + 1e-6)


@pytest.mark.parametrize("seed", some(range(2000, 2040), first=1))
def test_the_curve_costs_what_the_referee_enumerates(seed):
    rng = random.Random(seed)
    document = yaml.safe_load(yaml.safe_dump(random_fleet(rng, Knobs(skus=2, workloads=2, unreachable=0.0))))
    metric = rng.choice(["ttft", "tpot"])
    frontier = pdopt.frontier(read(document), metric, shortest=0.6, longest=1.6, points=99)
    if not hasattr(frontier, "points"):
        assert optimum(scaled(document, metric, 1.6)) is None
        return
    for factor in (1.6, 1.2, 1.0, 0.8, 0.6):
        at = factor * 100 if frontier.unit == "%" else factor * frontier.today.at
        if any(abs(point.at - at) <= TO * at for point in frontier.points):
            continue
        least = optimum(scaled(document, metric, factor))
        told = [cost for corner, cost in corners(frontier) if corner <= at][-1:]
        if least is None or least > frontier.dearest_usd_per_hour:
            assert not told
        else:
            assert told == [pytest.approx(least, rel=1e-6)]


def test_costs_fall_and_prices_add_up():
    frontier = pdopt.frontier(read(hamlet()), "ttft", shortest=0.7, longest=2.0)
    for tighter, looser in pairwise(frontier.points):
        assert tighter.at < looser.at
        more = tighter.plan.cost_per_hour - looser.plan.cost_per_hour
        assert more > 0
        assert tighter.more_per_hour == pytest.approx(more)
        assert tighter.usd_per_unit == pytest.approx(more / (looser.at - tighter.at))
    assert frontier.points[-1].more_per_hour is None
    (today,) = (point for point in frontier.points if point.today)
    assert frontier.today.cost_per_hour == today.plan.cost_per_hour == pytest.approx(cost_of(hamlet()))
    assert frontier.today.same_money_buys == today.at <= 100


@pytest.mark.slow
def test_what_is_known_helps_and_changes_nothing():
    document = many_corners()
    warm, cold = (pdopt.frontier(read(document), "ttft", dearest_usd_per_h=14, warm=warm) for warm in (True, False))
    assert [c for _, c in corners(warm)] == pytest.approx([c for _, c in corners(cold)])
    assert [at for at, _ in corners(warm)] == pytest.approx([at for at, _ in corners(cold)], rel=TO)
    assert warm.solves <= cold.solves


def test_fewer_points_are_some_of_all_and_the_others_are_announced():
    every, few = (pdopt.frontier(read(many_corners()), "ttft", points=most, dearest_usd_per_h=16) for most in (99, 4))
    assert 4 <= len(few.points) < len(every.points)
    assert not few.complete
    for point in every.points:
        known = [p.at for p in few.points if p.plan.cost_per_hour == pytest.approx(point.plan.cost_per_hour)]
        among = [gap for gap in few.open if gap.above * (1 - TO) <= point.at <= gap.below]
        assert known == [pytest.approx(point.at, rel=TO)] or among


@pytest.mark.slow
def test_within_a_gap_costs_are_told_as_bounds():
    document = hamlet()
    frontier = pdopt.frontier(read(document), "ttft", shortest=0.8, longest=2.0, gap=0.2)
    for point in frontier.points:
        least = cost_of(scaled(document, "ttft", point.at / 100))
        assert point.plan.bound_per_hour <= least + 1e-6 <= point.plan.cost_per_hour + 2e-6
        assert point.proven <= (point.plan.status == "optimal")


def test_interrupted_it_gives_what_was_found(monkeypatch):
    solve, count = Trier.solve, iter(range(100))

    def interrupted(self, at):
        if next(count) == 8:
            raise KeyboardInterrupt
        return solve(self, at)

    monkeypatch.setattr(Trier, "solve", interrupted)
    frontier = pdopt.frontier(read(many_corners()), "ttft")
    assert frontier.interrupted
    assert not frontier.complete
    assert frontier.open
    assert len(frontier.points) > 1


@pytest.mark.slow
def test_one_workload_moves_alone():
    document = hamlet()
    frontier = pdopt.frontier(read(document), "ttft", ["chat"], shortest=0.9, longest=1.5)
    assert frontier.unit == "ms"
    assert frontier.workloads == ("chat",)
    for point in frontier.points:
        assert point.targets == {"chat ttft_mean_ms": point.at}
        slo = {**document["workloads"]["chat"]["slo"], "ttft_mean_ms": point.at}
        assert cost_of(changed(document, "workloads", "chat", slo=slo)) == pytest.approx(point.plan.cost_per_hour)


def test_out_of_reach_at_the_loose_end_there_is_no_plan():
    document = fleet_of(case_of(random.Random(0)), RATE)
    document["workloads"]["m"]["slo"]["ttft_mean_ms"] = 10
    answer = pdopt.frontier(read(document), "ttft", longest=2)
    assert answer.status == "infeasible"
    assert "even with targets 2 times as long" in answer.reasons[0].sentence
    assert any(reason.kind == "target" for reason in answer.reasons)


def test_out_of_reach_today_it_starts_where_it_can():
    document = many_corners()
    document["workloads"]["m"]["slo"]["ttft_mean_ms"] = 150  # a request alone takes 200
    frontier = pdopt.frontier(read(document), "ttft", points=3)
    assert frontier.today.cost_per_hour is None
    assert "cannot be met" in frontier.why[0]
    assert not any(point.today for point in frontier.points)
    assert frontier.points[0].at > 200


@pytest.mark.parametrize(
    ("document", "over", "names", "words"),
    [
        ({**town(), "budget": {"usd_per_hour": 50}}, "ttft", (), "has a budget"),
        ({**town(), "limits": {"prefer": ["big-node"]}}, "ttft", (), "has limits.prefer"),
        (town(), "ttft", ("mial",), "has no workload mial; there are chat"),
        (town(), "power", (), "skus.big-node, skus.small-node: need power_kw"),
    ],
)
def test_what_has_no_such_curve_is_refused(document, over, names, words):
    with pytest.raises(ValueError, match=words):
        pdopt.frontier(read(document), over, names)
