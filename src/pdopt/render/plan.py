"""A plan, or the reasons why there is none, at a glance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from rich.table import Table

from pdopt.plan.headroom import MOST
from pdopt.plan.plan import Answer, Headroom, NoPlan, Plan, Pool, Promise
from pdopt.render.text import Line, number, percent, table, usd, usd_per_month

WORDS = {"optimal": "the cheapest plan, proven", "feasible": "the best plan found so far"}

ROLES = ("encode", "prefill", "decode", "mixed")
SHOWN_SKUS = 8


def answer_lines(answer: Answer) -> Iterator[Line]:
    """Give a plan as tables, or the reasons why there is none as sentences."""
    if isinstance(answer, NoPlan):
        state = "no plan is possible" if answer.status == "infeasible" else "no plan found in time"
        yield f"{answer.name}: {state} ({answer.status})"
        yield ""
        yield from (f"  {reason.sentence}" for reason in answer.reasons)
        return
    month = usd_per_month(answer.cost_per_hour)
    yield f"{answer.name}: {usd(answer.cost_per_hour)} per hour, {month} per month ({WORDS[answer.status]})"
    yield ""
    if not answer.pools:
        yield "nothing has to run: no workload asks to be served"
        return
    yield from _llm_lines(answer)
    yield ""
    yield _rent_table(answer)
    yield ""
    header = ["pool ", "role ", "SKU ", "instances ", "serves req/s ", "load", "nearest target "]
    yield table(header, (_pool(pool) for pool in answer.pools))
    yield ""
    header = ["workload ", "req/s", "served", "TTFT ms ", "TPOT ms ", "demand may grow"]
    encoded = any(pool.role == "encode" for pool in answer.pools)
    header += [*(["E may slow"] if encoded else []), "P may slow", "D may slow"]
    yield table(header, (_promise(promise, encoded) for promise in answer.workloads))
    yield ""
    if len({price.sku for price in answer.token_prices}) > 1:
        yield "dollars per million tokens within the targets, on each SKU's best instance fully used (* used here)"
        yield _price_table(answer)
        if (more := len({price.sku for price in answer.token_prices}) - SHOWN_SKUS) > 0:
            yield f"({more} dearer {'SKU' if more == 1 else 'SKUs'}: see --json)"
        yield ""
    held_back = [f"{name} {percent(fraction)}" for name, fraction in answer.margins.items() if fraction]
    if held_back:
        yield f"margins held back (in load, not in the latencies shown): {', '.join(held_back)}"
    if answer.limits:
        yield f"limits: {', '.join(_limits(answer))}"
    spares = answer.redundancy.get("instances", 0)
    if spares:
        gone = "1 instance" if spares == 1 else f"{spares} instances"
        yield f"redundancy: every pool keeps its targets with {gone} gone (shown: all running)"
    yield _rests_on(answer)
    yield _proof(answer)


def _llm_lines(plan: Plan) -> Iterator[str]:
    by_llm: dict[str, list[Pool]] = defaultdict(list)
    for pool in plan.pools:
        by_llm[pool.model].append(pool)
    width = max((len(llm) for llm in by_llm), default=0)
    for llm, pools in by_llm.items():
        counts = {role: sum(p.instances for p in pools if p.role == role) for role in ROLES}
        encode = f"{counts['encode']}E" if counts["encode"] else ""
        split = f"{encode}{counts['prefill']}P{counts['decode']}D" if counts["prefill"] else ""
        mixed = f"{counts['mixed']} mixed" if counts["mixed"] else ""
        wheres = {role: _where([pool for pool in pools if pool.role == role]) for role in counts}
        detail = ", ".join(f"{role} on {where}" for role, where in wheres.items() if where)
        yield f"{llm:<{width}}  {' + '.join(filter(None, (split, mixed)))}  {detail}"


def _where(pools: list[Pool]) -> str:
    counts: Counter[tuple[int, str]] = Counter()
    for pool in pools:
        counts[pool.gpus_per_instance, pool.gpu] += pool.instances
    return " + ".join(f"{count} x ({gpus} {gpu})" for (gpus, gpu), count in counts.items())


def _rent_table(plan: Plan) -> Table:
    sites = any(rental.site is not None for rental in plan.skus)
    header = ["rent ", *(["site "] if sites else []), "nodes", "of", "GPUs used", "$ per hour", "$ per month"]
    return table(header, _rentals(plan, sites))


def _rentals(plan: Plan, sites: bool) -> Iterator[list[str]]:
    for rental in plan.skus:
        site = [rental.site or ""] if sites else []
        stock = "" if rental.available is None else str(rental.available)
        used = f"{rental.gpus_used} of {rental.gpus_rented}"
        month = usd_per_month(rental.usd_per_hour)
        yield [rental.sku, *site, str(rental.nodes), stock, used, usd(rental.usd_per_hour), month]


def _pool(pool: Pool) -> list[str]:
    serves = ", ".join(f"{name} {number(rate)}" for name, rate in pool.serves.items())
    words = [f"{pool.instances} x ({pool.gpus_per_instance} {pool.gpu})", pool.parallelism, pool.engine, pool.precision]
    shape = " ".join(filter(None, words))
    return [pool.model, pool.role, pool.sku, shape, serves, f"{pool.utilisation * 100:.0f} %", pool.binds]


def _promise(promise: Promise, encoded: bool) -> list[str]:
    served = percent(promise.served_rps / promise.demand_rps) if promise.demand_rps else "-"
    survives = promise.headroom or Headroom()
    prefill = survives.prefill_slower if survives.prefill_slower is not None else survives.mixed_slower
    decode = survives.decode_slower if survives.decode_slower is not None else survives.mixed_slower
    past = "over " if survives.demand is not None and survives.demand >= MOST else ""
    cells = [f"{past}+{percent(survives.demand)}" if survives.demand is not None else "-"]
    slower = (survives.encode_slower, prefill, decode) if encoded else (prefill, decode)
    cells += ["-" if fraction is None else percent(fraction) for fraction in slower]
    latencies = [_latencies(promise, metric) for metric in ("ttft", "tpot")]
    return [promise.name, number(promise.demand_rps), served, *latencies, *cells]


def _latencies(promise: Promise, metric: str) -> str:
    parts = []
    for key, bound_ms in promise.slo.items():
        if key.startswith(metric):
            value = getattr(promise, key)
            parts.append(f"{key.split('_')[1]} {'-' if value is None else number(value)} of {number(bound_ms)}")
    return ", ".join(parts)


def _price_table(plan: Plan) -> Table:
    best: dict[str, tuple[bool, float]] = {}
    for price in plan.token_prices:
        rank = (not price.used, price.usd_per_million_tokens)
        best[price.sku] = min(rank, best.get(price.sku, rank))
    shown = sorted(best, key=lambda sku: best[sku])[:SHOWN_SKUS]
    skus = [sku for sku in best if sku in shown]
    rows: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for price in plan.token_prices:
        star = "*" if price.used else " "
        rows[price.workload, price.role][price.sku] = f"{number(price.usd_per_million_tokens)}{star}"
    header = ["workload ", "role ", *skus]
    return table(header, ([*key, *(prices.get(sku, "- ") for sku in skus)] for key, prices in rows.items()))


def _limits(plan: Plan) -> Iterator[str]:
    if "max_skus" in plan.limits:
        yield f"{len(plan.skus)} of at most {plan.limits['max_skus']:g} SKUs"
    if "power_kw" in plan.limits:
        drawn = sum(rental.power_kw or 0.0 for rental in plan.skus)
        yield f"{number(drawn)} of {number(plan.limits['power_kw'])} kW"


def _rests_on(plan: Plan) -> str:
    distinct = {(used.model, used.role, used.shape, used.kind) for used in plan.profiles}
    kinds = Counter(kind for *_, kind in distinct)
    words = {"unstated": "of unstated kind"}
    counts = ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in kinds.most_common())
    return f"rests on profiles: {counts} (sources with --json)"


def _proof(plan: Plan) -> str:
    seconds = f", found in {plan.effort.total_s:.2f} s" if plan.effort else ""
    if plan.status == "optimal":
        return f"proof: no plan is cheaper than {usd(plan.bound_per_hour)} per hour (gap 0){seconds}"
    saving = usd(plan.cost_per_hour - plan.bound_per_hour)
    return (
        f"proof: no plan is cheaper than {usd(plan.bound_per_hour)} per hour: at most {saving} per hour "
        f"({plan.gap * 100:.2f} %) could be saved{seconds}"
    )
