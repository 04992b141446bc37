"""Whether the pools of a plan stand where the fleet allows: pins, sites, and what ``limits`` forbid and require."""

from __future__ import annotations

from collections.abc import Iterator

from pdopt.fleet.fleet import Fleet
from pdopt.fleet.rules import Rule
from pdopt.plan.plan import Plan, Pool


def misplaced(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Say which pools may not stand where they do, or may not serve what they serve."""
    for pool in plan.pools:
        sku = fleet.skus.get(pool.sku)
        where = f"{pool.model} {pool.role} on {pool.sku}"
        if sku is None:
            continue
        if pool.site != sku.site:
            yield f"{where}: says it stands in {pool.site}, the SKU stands in {sku.site}"
        for name in pool.serves:
            pinned = fleet.workloads[name].sites if name in fleet.workloads else ()
            if pinned and sku.site not in pinned:
                yield f"{where}: serves {name}, which only {', '.join(pinned)} may"
        for rule in fleet.forbid:
            if _about(rule, pool) and pool.sku in _skus(fleet, rule):
                yield f"{where}: limits.forbid rules it out, {rule}"
        yield from _elsewhere(fleet, pool, where)
    for rental in plan.skus:
        if rental.sku in fleet.skus and rental.site != fleet.skus[rental.sku].site:
            yield f"{rental.sku}: says it stands in {rental.site}, the fleet says {fleet.skus[rental.sku].site}"


def cannot_hand_over(fleet: Fleet, pool: Pool, other: Pool) -> Iterator[str]:
    """Say why a prefill pool may not send its KV cache to a decode pool; engines and precision aside."""
    if pool.sku not in fleet.skus or other.sku not in fleet.skus:
        return
    yield from not_joined(fleet, pool, other)
    for rule in fleet.forbid:
        if (rule.prefill_sku, rule.decode_sku) == (pool.sku, other.sku) and rule.llm in (None, pool.model):
            yield f"limits.forbid rules it out, {rule}"
    for llm in (None, pool.model):
        wanted = [rule.decode_sku for rule in fleet.require if (rule.prefill_sku, rule.llm) == (pool.sku, llm)]
        if wanted and other.sku not in wanted:
            yield f"limits.require wants {pool.sku} to hand over to {' or '.join(map(str, wanted))} only"


def not_joined(fleet: Fleet, pool: Pool, other: Pool) -> Iterator[str]:
    """Say that a pool can send nothing to another one: they stand apart, and no link joins them."""
    sites = [fleet.skus[name].site for name in (pool.sku, other.sku)]
    if sites[0] != sites[1] and (pool.sku, other.sku) not in fleet.transfer.links_gb_per_s:
        yield f"no link joins {pool.sku} ({sites[0]}) to {other.sku} ({sites[1]})"


def _elsewhere(fleet: Fleet, pool: Pool, where: str) -> Iterator[str]:
    """Look up, for each model and role that rules speak of together, whether one of them names the pool's SKU."""
    wanted: dict[tuple[str | None, str | None], set[str]] = {}
    for rule in fleet.require:
        if _about(rule, pool):
            wanted.setdefault((rule.llm, rule.role), set()).update(_skus(fleet, rule))
    for skus in wanted.values():
        if pool.sku not in skus:
            yield f"{where}: limits.require wants it on {' or '.join(sorted(skus))} only"


def _about(rule: Rule, pool: Pool) -> bool:
    placement = rule.prefill_sku is None and rule.decode_sku is None
    return placement and rule.llm in (None, pool.model) and rule.role in (None, pool.role)


def _skus(fleet: Fleet, rule: Rule) -> set[str]:
    return {name for name, sku in fleet.skus.items() if rule.sku == name or (rule.gpu and rule.gpu == sku.gpu)}


def rules_of(fleet: Fleet) -> dict[str, tuple[dict[str, str], ...]] | None:
    """Give the rules as they are written, or None where there are none."""
    rules = {"forbid": fleet.forbid, "require": fleet.require}
    return {key: tuple(rule.written() for rule in stated) for key, stated in rules.items() if stated} or None
