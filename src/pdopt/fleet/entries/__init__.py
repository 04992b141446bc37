"""The parts of a fleet file as they are written: milliseconds, minutes and all."""

from pdopt.fleet.entries.models import ModelEntry
from pdopt.fleet.entries.planning import (
    BudgetEntry,
    ChangeEntry,
    GrowthEntry,
    RiskEntry,
    ScenarioEntry,
    UncertaintyEntry,
)
from pdopt.fleet.entries.quotas import QuotaEntry
from pdopt.fleet.entries.sites import RuleEntry, SiteEntry
from pdopt.fleet.entries.skus import SkuEntry
from pdopt.fleet.entries.terms import TermEntry
from pdopt.fleet.entries.transfer import LinkEntry, TransferEntry
from pdopt.fleet.entries.whole import AssumptionsEntry, CarbonEntry, LimitsEntry, MarginsEntry, RedundancyEntry
from pdopt.fleet.entries.workloads import SloEntry, WorkloadEntry

__all__ = [
    "AssumptionsEntry",
    "BudgetEntry",
    "CarbonEntry",
    "ChangeEntry",
    "GrowthEntry",
    "LimitsEntry",
    "LinkEntry",
    "MarginsEntry",
    "ModelEntry",
    "QuotaEntry",
    "RedundancyEntry",
    "RiskEntry",
    "RuleEntry",
    "ScenarioEntry",
    "SiteEntry",
    "SkuEntry",
    "SloEntry",
    "TermEntry",
    "TransferEntry",
    "UncertaintyEntry",
    "WorkloadEntry",
]
