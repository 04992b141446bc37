"""Limits of a fleet that leave no plan: their rows, and what to say when they must give way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

from pdopt.fleet.fleet import Fleet, Quota, Site
from pdopt.plan.plan import Reason

Rows = Callable[..., tuple[int, ...]]  # of a family, and of an index that begins as given
Limited = tuple[tuple[int, ...], float, bool, Callable[[float, str], Reason], float]  # what a Bound is made of


def limited(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    """Give the rows of each limit, what exceeding it by one weighs, whether that is whole, its sentence, the sign."""
    for kind in (_pools, _quotas, _sites, _carbon, _starts):
        yield from kind(fleet, rows)


def narrowed(fleet: Fleet) -> bool:
    """Whether quotas, sites or changes keep a plan from using all the stock."""
    starts = fleet.changeover is not None and fleet.changeover.max_starts is not None
    return bool(fleet.quotas) or starts or any(site.power_kw is not None for site in fleet.sites.values())


def _pools(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    found = rows("pools_large_enough")
    if found:

        def told(fewer: float, helps: str) -> Reason:
            least = fleet.limits.min_pool_instances or 1
            sentence = f"limits.min_pool_instances: {least - round(fewer)} instead of {least} {helps}"
            return Reason(kind="limit", limit="min_pool_instances", short_by=float(round(fewer)), sentence=sentence)

        yield found, 8.0, True, told, -1.0


def _quotas(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    for quota in fleet.quotas:
        found = rows("gpus_within_quotas", quota.name)
        if not found:
            continue

        def told(more: float, helps: str, quota: Quota = quota) -> Reason:
            short, unit = round(more), quota.unit if round(more) != 1 else quota.unit[:-1]
            had, name = quota.most, f"quotas.{quota.name}"
            sentence = f"{name}: {short} {unit} short; {had + short} instead of {had} {quota.unit} {helps}"
            return Reason(kind="limit", limit=name, short_by=float(short), sentence=sentence)

        yield found, 1.0 if quota.nodes is None else 8.0, True, told, -1.0


def _sites(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    for site in fleet.sites.values():
        found = rows("power_within_sites", site.name)
        if not found:
            continue

        def told(more: float, helps: str, site: Site = site) -> Reason:
            had, short, name = site.power_kw or 0.0, _rounded_up(more), f"sites.{site.name}.power_kw"
            sentence = f"{name}: {short:g} kW short; {had + short:g} instead of {had:g} kW {helps}"
            return Reason(kind="limit", limit=name, short_by=short, sentence=sentence)

        yield found, 1.0, False, told, -1.0


def _carbon(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    found = rows("carbon_within_limit")
    if found:

        def told(more: float, helps: str) -> Reason:
            had, short = fleet.limits.carbon_kg_per_hour or 0.0, _rounded_up(more)
            needed = f"{had + short:g} instead of {had:g} kg of CO2 per hour"
            sentence = f"limits.carbon_kg_per_hour: {short:g} kg short; {needed} {helps}"
            return Reason(kind="limit", limit="carbon_kg_per_hour", short_by=short, sentence=sentence)

        yield found, 1.0, False, told, -1.0


def _starts(fleet: Fleet, rows: Rows) -> Iterator[Limited]:
    found = rows("starts_within_limit")
    if found:

        def told(more: float, helps: str) -> Reason:
            had, short = (fleet.changeover.max_starts or 0) if fleet.changeover else 0, round(more)
            sentence = f"change.max_starts: {had + short} instead of {had} {helps}"
            return Reason(kind="limit", limit="change.max_starts", short_by=float(short), sentence=sentence)

        yield found, 8.0, True, told, -1.0


def _rounded_up(amount: float) -> float:
    return ceil(amount * 1000 - 1e-6) / 1000
