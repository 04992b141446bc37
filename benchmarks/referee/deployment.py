"""What is replayed: pools of identical instances, as a plan of pdopt or somebody else has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pdopt.plan.plan import Plan, Pool

LAYOUT = re.compile(r"(?:tp(?P<tp>\d+))?-?(?:dp(?P<dp>\d+))?-?(?:ep(?P<ep>\d+))?")


@dataclass(frozen=True)
class Group:
    """Identical instances of one role, and the requests per second that they get together."""

    role: str
    gpu: str
    layout: str
    instances: int
    rate_rps: float

    @property
    def degrees(self) -> dict[str, int]:
        """Parallel degrees by name: tp, dp, ep."""
        found = LAYOUT.fullmatch(self.layout)
        if found is None:
            raise ValueError(f"{self.layout}: not a layout such as tp2 or dp8-ep8")
        return {name: int(degree or 1) for name, degree in found.groupdict().items()}

    @property
    def gpus(self) -> int:
        """GPUs of all its instances."""
        return self.degrees["tp"] * self.degrees["dp"] * self.instances

    def resized(self, rate_rps: float) -> Group:
        """Give as many instances as another rate takes at the same load, rounded up."""
        wanted = -(-self.instances * rate_rps // self.rate_rps)
        return Group(self.role, self.gpu, self.layout, max(1, int(wanted)), rate_rps)

    def words(self, several_gpus: bool) -> str:
        """Say what it is: 6P tp1, or with the GPU type where there are several."""
        where = f" {self.gpu}" if several_gpus else ""
        return f"{self.instances}{self.role[0].upper()} {self.layout}{where}"


@dataclass(frozen=True)
class Deployment:
    """Prefill and decode groups of one workload."""

    prefill: tuple[Group, ...]
    decode: tuple[Group, ...]

    @property
    def gpus(self) -> int:
        """GPUs of all instances."""
        return sum(group.gpus for group in (*self.prefill, *self.decode))

    @property
    def name(self) -> str:
        """Name as in the tables: 6P tp1 + 3D tp2; shares are told where groups share a role."""
        groups = (*self.prefill, *self.decode)
        several = len({group.gpu for group in groups}) > 1
        words = []
        for side in (self.prefill, self.decode):
            for group in side:
                share = f" ({group.rate_rps:.2f}/s)" if len(side) > 1 else ""
                words.append(group.words(several) + share)
        return " + ".join(words)


def of_plan(plan: Plan) -> Deployment:
    """Take the pools of a plan for one workload."""
    groups = sorted(map(_group, plan.pools), key=lambda group: (group.layout, group.gpu))
    return Deployment(
        tuple(group for group in groups if group.role == "prefill"),
        tuple(group for group in groups if group.role == "decode"),
    )


def _group(pool: Pool) -> Group:
    return Group(pool.role, pool.gpu, pool.parallelism, pool.instances, sum(pool.serves.values()))


def of_words(words: str, gpu: str, rate_rps: float) -> Deployment:
    """Read a deployment of one prefill and one decode group: 7P tp1 + 2D tp2."""
    groups = []
    for part, role in zip(words.split(" + "), ("prefill", "decode"), strict=True):
        count, layout = part.split(" ")
        groups.append((Group(role, gpu, layout, int(count[:-1]), rate_rps),))
    return Deployment(*groups)
