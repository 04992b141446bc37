"""What ``pdopt simulate`` reads: the fleet of a plan, request logs, lengths and loops from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pdopt.cli.common import fleet_or_exit, refuse
from pdopt.cli.trace_workloads import read_or_exit

if TYPE_CHECKING:
    from pdopt.fleet.fleet import Fleet
    from pdopt.plan.plan import Plan
    from pdopt.simulate import Lengths
    from pdopt.traces.requests import Requests


def plan_with_file(plan: Path, output: Path | None) -> None:
    """Refuse to write the answer over the plan."""
    if output is not None and output.exists() and output.resolve() == plan.resolve():
        raise refuse(f"-o {output}: is the plan itself; name another file")


def fleet_of(file: Path, plan: Plan, given: Path | None, models: Path | None) -> tuple[Fleet, list[str]]:
    """Read the fleet that a plan was made for: the one given, else the one that it names; and what to note of it."""
    found = given
    if found is None:
        if plan.fleet_file is None:
            raise refuse(f"{file}: does not say where its fleet is (pdopt solve -o does); give it with --fleet FILE")
        found = file.parent / plan.fleet_file
        if not found.is_file():
            raise refuse(f"{file}: its fleet {found} is not there; say where it is with --fleet FILE")
    fleet = fleet_or_exit(found, models)
    if not plan.fleet_sha256 or fleet.source_hash == plan.fleet_sha256:
        return fleet, []
    if given is None:
        raise refuse(
            f"{file}: {found} has changed since the plan was made; make the plan again (pdopt solve {found} "
            f"-o {file}), or simulate the plan under the changed fleet (--fleet {found})"
        )
    return fleet, [f"{found} is not what the plan was made for, word by word; the plan is simulated under it as it is"]


def traces_of(given: list[str], fleet: Fleet) -> dict[str, Requests]:
    """Read WORKLOAD=FILE, or FILE where the fleet has one workload."""
    found = {}
    for text in given:
        name, path = _named(text, fleet, "--trace", "FILE")
        found[name] = read_or_exit(Path(path))
    return found


def shares(given: list[str], fleet: Fleet) -> dict[str, int]:
    """Read WORKLOAD=N, or N for every workload."""
    found: dict[str, int] = {}
    for text in given:
        name, _, number = text.rpartition("=")
        if not number.isdecimal() or int(number) < 1:
            raise refuse(f"--concurrency {text}: must be WORKLOAD=N or N, with a whole number of 1 or more")
        for each in [_known(name, fleet, "--concurrency")] if name else fleet.workloads:
            found[each] = int(number)
    return found


def spread_of(option: str, text: str) -> Lengths:
    """Read fixed, exponential or lognormal:CV."""
    from pdopt.simulate import Lengths
    from pdopt.simulate.settings import SPREADS

    name, _, cv = text.partition(":")
    try:
        lengths = Lengths(name, float(cv)) if cv else Lengths(name)
    except ValueError:
        name = ""
    if name not in SPREADS or (cv and name != "lognormal"):
        raise refuse(f"{option} {text}: must be fixed, exponential, or lognormal:CV, such as lognormal:1.2")
    return lengths


def _named(text: str, fleet: Fleet, option: str, what: str) -> tuple[str, str]:
    name, separator, rest = text.partition("=")
    if separator and (name in fleet.workloads or not Path(text).exists()):
        return _known(name, fleet, option), rest
    if len(fleet.workloads) > 1:
        raise refuse(f"{option} {text}: the fleet has {', '.join(fleet.workloads)}; say which, WORKLOAD={what}")
    return next(iter(fleet.workloads)), text


def _known(name: str, fleet: Fleet, option: str) -> str:
    if name not in fleet.workloads:
        raise refuse(f"{option}: {name} is no workload of the fleet; it has {', '.join(fleet.workloads)}")
    return name
