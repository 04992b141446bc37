"""A plan, or the reasons why there is none, at a glance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from rich.table import Table

from pdopt.plan.headroom import MOST
from pdopt.plan.plan import Answer, Change, Headroom, NoPlan, Plan, Pool, Promise, Reason
from pdopt.render.buying import buy_list
from pdopt.render.periods import busiest, more_periods, period_table
from pdopt.render.robustness import robustness_lines
from pdopt.render.text import Line, number, percent, table, usd, usd_per_month
from pdopt.render.validation import validation_lines

WORDS = {"optimal": "the cheapest plan, proven", "feasible": "the best plan found so far"}

ROLES = ("encode", "prefill", "decode", "mixed")
SHOWN_SKUS = 8


def answer_lines(answer: Answer) -> Iterator[Line]:
    """Give a plan as tables, or the reasons why there is none as sentences."""
    if isinstance(answer, NoPlan):
        state = "no plan is possible" if answer.status == "infeasible" else "no plan found in time"
        yield f"{answer.name}: {state} ({answer.status})"
        yield ""
        yield from (f"  {reason.sentence}{_verified(reason)}" for reason in answer.reasons)
        return
    yield from _headline(answer)
    if not answer.pools:
        yield "nothing has to run: no workload asks to be served"
        return
    if answer.periods is None:
        yield from _llm_lines(answer)
        yield ""
    yield buy_list(answer)
    yield ""
    if answer.changes is not None:
        yield from _change_lines(answer.changes)
        yield ""
    pools = answer.pools
    if answer.periods is not None:
        yield period_table(answer)
        yield more_periods(answer)
        when, pools = busiest(answer)
        yield f"pools in {when}, when most GPUs are in use (all with --json)"
    header = ["pool ", "role ", "SKU ", "instances ", "serves req/s ", "load", "nearest target "]
    yield table(header, (_pool(pool) for pool in pools))
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
    if limits := list(_limits(answer)):
        yield f"limits: {', '.join(limits)}"
    for key, rules in (answer.rules or {}).items():
        yield f"{key}: {', '.join(map(_rule, rules))}"
    if answer.preference:
        held = f"{number(answer.preference.gpus_elsewhere)} GPUs are held on others, as few as possible"
        yield f"prefers {', '.join(answer.preference.skus)}: {held}; the cheapest among such plans"
    yield from robustness_lines(answer)
    if answer.validation is not None:
        yield from validation_lines(answer.validation)
    yield _rests_on(answer)
    yield _proof(answer)


def _headline(plan: Plan) -> Iterator[str]:
    average = "" if plan.periods is None else " on average"
    month = usd_per_month(plan.cost_per_hour)
    words = "the cheapest found that holds in simulation" if _cautious(plan) else WORDS[plan.status]
    yield f"{plan.name}: {usd(plan.cost_per_hour)} per hour{average}, {month} per month ({words})"
    if plan.budget is not None:
        share = (
            plan.budget.value_per_hour / plan.budget.wanted_value_per_hour if plan.budget.wanted_value_per_hour else 1
        )
        yield (
            f"budget: {usd(plan.budget.usd_per_hour)} per hour; serves {percent(share)} of the value asked for, "
            f"{number(plan.budget.value_per_hour)} of {number(plan.budget.wanted_value_per_hour)} per hour"
        )
    if len(plan.costs) > 1:
        yield "of it: " + ", ".join(f"{usd(amount)} {kind.replace('_', ' ')}" for kind, amount in plan.costs.items())
    yield ""


def _verified(reason: Reason) -> str:
    if reason.verified is None:
        return ""
    return " (verified)" if reason.verified else f" (not verified: {reason.unverified_because})"


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


def _change_lines(changes: tuple[Change, ...]) -> Iterator[str]:
    """Say what to start and to stop."""
    yield "against what runs now:" if changes else "against what runs now: nothing to start or stop"
    for change in changes:
        what = f"{change.role} of {change.model} on {change.sku} ({change.gpus_per_instance} {change.gpu})"
        if change.starts:
            yield f"  start {change.starts} {what}: {change.to} instead of {change.before}"
        if change.stops:
            yield f"  stop {change.stops} {what}: {change.to} instead of {change.before}"


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
    if "min_pool_instances" in plan.limits:
        yield f"pools of at least {plan.limits['min_pool_instances']:g} instances"
    if "carbon_kg_per_hour" in plan.limits:
        emitted = number(plan.carbon_kg_per_hour or 0.0)
        yield f"{emitted} of {number(plan.limits['carbon_kg_per_hour'])} kg of CO2 per hour"
    for site in plan.sites or ():
        if site.power_kw is not None and site.power_kw_available is not None:
            yield f"{site.site} {number(site.power_kw)} of {number(site.power_kw_available)} kW"
    for quota in plan.quotas or ():
        yield f"{quota.name} {number(quota.used)} of {quota.most} {quota.unit}"


def _rule(rule: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in rule.items()) + "}"


def _rests_on(plan: Plan) -> str:
    distinct = {(used.model, used.role, used.shape, used.kind) for used in plan.profiles}
    kinds = Counter(kind for *_, kind in distinct)
    words = {"unstated": "of unstated kind"}
    counts = ", ".join(f"{count} {words.get(kind, kind)}" for kind, count in kinds.most_common())
    return f"rests on profiles: {counts} (sources with --json)"


def _cautious(plan: Plan) -> bool:
    """Whether a plan was made for more than what was asked."""
    return plan.validation is not None and plan.validation.holds and plan.validation.chosen > 0


def _proof(plan: Plan) -> str:
    seconds = f", found in {plan.effort.total_s:.2f} s" if plan.effort else ""
    if _cautious(plan):
        seconds += f"; for what plan {plan.validation.chosen + 1} was made for"  # type: ignore[union-attr]
    bound = usd(plan.bound_per_hour)
    if plan.budget is not None:
        if plan.status == "optimal":
            return f"proof: no plan within the budget serves more value, and none that serves it is cheaper{seconds}"
        return f"proof: no plan within the budget serves more than {percent(plan.gap)} more value{seconds}"
    what = f"no plan is cheaper than {bound} per hour"
    if plan.minimised_per_hour is not None:
        what = f"cost weighed with risk is {usd(plan.minimised_per_hour)} per hour, and no plan's is below {bound}"
    if plan.status == "optimal":
        return f"proof: {what} (gap 0){seconds}"
    saving = usd((plan.minimised_per_hour or plan.cost_per_hour) - plan.bound_per_hour)
    return f"proof: {what}: at most {saving} per hour ({plan.gap * 100:.2f} %) could be saved{seconds}"
