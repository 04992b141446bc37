"""The door to the SDK: aisimulate_core, else aiconfigurator_core; what it raises becomes one sentence."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from pdopt.catalogue.aic.layout import Instance, Quantisation, gpu_of, system_of
from pdopt.fleet.faults import did_you_mean

PACKAGES = {"aisimulate_core": ("aisimulate", "aisimulate-core"), "aiconfigurator_core": ("aiconfigurator-core",)}
NEEDED = "pip install 'pdopt[aic]' (Linux x86-64, Python 3.11 to 3.13; about 600 MB)"

Answer = TypeVar("Answer")


class AicRefusal(ValueError):  # noqa: N818 - an answer of the package, not a fault of it
    """The package is missing, or has no data for what was asked; the sentence says what there is."""


@dataclass(frozen=True)
class Sdk:
    """The modules of the package that pdopt calls."""

    name: str
    version: str
    engine: Any
    memory: Any
    databases: Any
    common: Any
    builders: Any
    models: Any

    @property
    def title(self) -> str:
        """Package and version, as rows cite it."""
        return f"{self.name.removesuffix('_core').replace('_', '-')} {self.version}"

    def check(self, model: str, gpu: str, engine: str, version: str | None) -> str:
        """Make sure that there is data for a combination; give its data version.

        Raises
        ------
        AicRefusal
            Something is not known; the sentence names what is.
        """
        known = {gpu_of(system): engines for system, engines in self.databases.get_supported_databases().items()}
        if gpu not in known:
            raise AicRefusal(f"--gpu {gpu}: {self.title} has no data for it; it has {', '.join(sorted(known))}")
        if engine not in known[gpu]:
            raise AicRefusal(f"--engine {engine}: no data on {gpu}; there is {', '.join(sorted(known[gpu]))}")
        if version is not None and version not in known[gpu][engine]:
            there = ", ".join(known[gpu][engine])
            raise AicRefusal(f"--engine-version {version}: no data for {engine} on {gpu}; there is {there}")
        if model not in self.common.DefaultHFModels and not (Path(model) / "config.json").exists():
            hint = did_you_mean(model, self.common.DefaultHFModels)
            raise AicRefusal(f"--model {model}: not known offline; {hint} Or give a folder with its config.json")
        return version or str(self.databases.get_latest_database_version(system_of(gpu), engine))

    def compile(self, instance: Instance, modes: Quantisation, nextn: int = 0) -> Any:
        """Compile the engine of one instance."""
        options = {**instance.layout.degrees, **modes.options, **({"nextn": nextn} if nextn else {})}
        compiled = self.engine.EngineHandle.compile
        return self.ask(lambda: compiled(*instance.place, backend_version=instance.version, **options))

    def quantisation(self, instance: Instance, modes: Quantisation) -> Quantisation:
        """Ask which modes the SDK settles on, given those that are wanted."""
        config = self.ask(lambda: self.builders.build_model_config(**instance.layout.degrees, **modes.options))
        settled = self.ask(lambda: self.models.get_model(instance.model, config, instance.engine)).config
        parts = (getattr(settled, f"{part}_quant_mode") for part in ("gemm", "moe", "kvcache", "fmha"))
        return Quantisation(*(getattr(part, "name", part) for part in parts))

    def kv_tokens(self, instance: Instance, modes: Quantisation, batch: int) -> int:
        """Tokens of KV cache that the instance holds: those of one rank times its data-parallel groups.

        `batch` is the largest a rank decodes at once. The share of memory is the engines' usual one: 0.9 of what is
        free (trtllm), 0.9 of all (vllm), 0.88 of all (sglang).
        """
        engine = instance.engine
        kind, fraction = ("of_free", 0.9) if engine == "trtllm" else ("of_total", 0.88 if engine == "sglang" else 0.9)
        options = {"memory_fraction_kind": kind, "memory_fraction_value": fraction, **instance.layout.degrees}
        estimate = self.ask(
            lambda: self.memory.estimate_kv_cache(
                *instance.place,
                instance.version,
                max_num_tokens=batch,
                max_batch_size=batch,
                **options,
                **modes.options,
            )
        )
        return int(estimate["total_kv_size_tokens"]) * instance.layout.dp

    def ask(self, call: Callable[[], Answer]) -> Answer:
        """Call the SDK; it raises many kinds of errors for what it cannot do, and each becomes a refusal."""
        try:
            return call()
        except Exception as error:
            sentence = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise AicRefusal(f"{self.title}: {sentence}") from error


def load() -> Sdk:
    """Import the SDK.

    Raises
    ------
    AicRefusal
        Neither package is installed.
    """
    for name, distributions in PACKAGES.items():
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        logging.getLogger(name).setLevel(logging.ERROR)
        parts = ("engine", "memory", "perf_database", "common", "config_builders", "models")
        try:
            modules = [importlib.import_module(f"{name}.sdk.{part}") for part in parts]
        except ImportError as error:
            raise AicRefusal(f"{name} is installed but incomplete ({error}); {NEEDED}") from error
        return Sdk(name, _version(distributions), *modules)
    raise AicRefusal(f"neither aisimulate_core nor aiconfigurator_core is installed; {NEEDED}")


def _version(distributions: tuple[str, ...]) -> str:
    for distribution in distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "of unknown version"
