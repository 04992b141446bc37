"""Scenarios, risk and budget as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from pdopt.fleet.entries.kinds import Deviations, Factors, MonthlyGrowth
from pdopt.fleet.faults import Path
from pdopt.fleet.fields import Count, CountOrZero, Entry, Fraction, NotNegative, Positive
from pdopt.fleet.hours import HOURS_PER_MONTH


class ScenarioEntry(Entry):
    """One way the demand may turn out."""

    probability: Fraction = Field(description="its probability, such as 0.3 or 30 %; those of all add up to 1")
    demand: Factors = Field(
        1.0, description="a factor on every demand, such as 1.5, or a mapping of workloads and factors"
    )


class RiskEntry(Entry):
    """What is minimised: expected cost, and the mean cost of the dearest cases (or `risk: worst_case`)."""

    weight: Fraction = Field(description="the weight of the dearest cases against the expected cost, 0 to 1")
    cvar: Fraction = Field(
        description="the part of the cases left out as cheap: 0.9 for the dearest tenth, 1 for the dearest one"
    )


class ChangeEntry(Entry):
    """What it costs to change from the plan that runs now (solve --current) to the new one, and how much may change."""

    usd_per_start: NotNegative = Field(0.0, description="dollars that starting an instance costs that does not run now")
    usd_per_stop: NotNegative = Field(0.0, description="dollars that stopping an instance costs that runs now")
    over_hours: Positive = Field(
        float(HOURS_PER_MONTH), description="hours over which these dollars are spread: how long the plan will run"
    )
    max_starts: CountOrZero | None = Field(None, description="how many instances may be started at most")


class UncertaintyEntry(Entry):
    """More work than stated: more requests, longer ones, or slower service, of some workloads at once."""

    workloads: CountOrZero = Field(description="how many workloads of any one pool may bring more than stated at once")
    deviation: Deviations = Field(
        description="the fraction of work they may bring beyond it, such as 0.2 or 20 %, or a mapping of workloads"
    )


class GrowthEntry(Entry):
    """How demand grows, and how far ahead `pdopt budget` plans (docs/budget.md)."""

    growth: MonthlyGrowth | None = Field(
        None, description="growth of every demand from one month to the next, such as 8 %/month or 150 %/year"
    )
    months: Count | None = Field(None, description="the months to plan, the first at the demand stated; left out, 12")


class BudgetEntry(Entry):
    """What may be spent: the plan serves the most value within it, then at least cost."""

    ESSENTIAL: ClassVar[tuple[str, ...]] = ("usd_per_hour or usd_per_month",)

    usd_per_hour: NotNegative | None = Field(None, description="dollars per hour, averaged over the periods")
    usd_per_month: NotNegative | None = Field(None, description="dollars per month of 730 hours")

    @classmethod
    def cross_faults(cls, raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        """Ask for one way of stating it."""
        stated = [key for key in ("usd_per_hour", "usd_per_month") if raw.get(key) is not None]
        if len(stated) != 1:
            yield tuple(stated[:1]), "needs exactly one of usd_per_hour and usd_per_month; keep one"
