"""How an instance is spread over GPUs, in the words of the catalogue and in those of AIConfigurator."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEMS = {"rtx-pro-6000": "rtx_pro_6000_server"}  # the others differ in dashes only
HOPPER = ("h100", "h200", "h800", "h20", "gh200")


def system_of(gpu: str) -> str:
    """Give AIConfigurator's name of a GPU type of the catalogue."""
    return SYSTEMS.get(gpu, gpu.replace("-", "_"))


def gpu_of(system: str) -> str:
    """Give the catalogue's name of one of AIConfigurator's systems."""
    return next((gpu for gpu, name in SYSTEMS.items() if name == system), system.replace("_", "-"))


@dataclass(frozen=True)
class Layout:
    """Tensor, attention-data and expert parallel degrees of one instance."""

    tp: int
    dp: int = 1
    ep: int = 1

    @classmethod
    def of(cls, gpus: int | None, tp: int | None, dp: int, ep: int) -> Layout:
        """Fill in what was left open: tp = gpus / dp.

        Raises
        ------
        ValueError
            The degrees do not multiply to the number of GPUs.
        """
        tp = tp or (gpus // dp if gpus else 1)
        if gpus is not None and tp * dp != gpus:
            raise ValueError(f"tp {tp} x dp {dp} is not {gpus} GPUs; give degrees whose product is --gpus")
        if tp * dp % ep:
            raise ValueError(f"--ep {ep} does not divide the {tp * dp} GPUs of the instance")
        return cls(tp, dp, ep)

    @property
    def gpus(self) -> int:
        """GPUs of the instance."""
        return self.tp * self.dp

    @property
    def name(self) -> str:
        """Name as in the catalogue: tp8, tp8-ep8, dp8-ep8."""
        parts = [f"tp{self.tp}" if self.tp > 1 or self.dp == 1 else "", f"dp{self.dp}" if self.dp > 1 else ""]
        return "-".join([part for part in parts if part] + ([f"ep{self.ep}"] if self.ep > 1 else []))

    @property
    def degrees(self) -> dict[str, int]:
        """Keyword arguments of the SDK; experts are split ep ways, and each over the GPUs that leaves."""
        return {
            "tp_size": self.tp,
            "pp_size": 1,
            "attention_dp_size": self.dp,
            "moe_tp_size": self.gpus // self.ep,
            "moe_ep_size": self.ep,
        }


@dataclass(frozen=True)
class Quantisation:
    """Names of the SDK's modes; None leaves the choice to it."""

    gemm: str | None = None
    moe: str | None = None
    kv: str | None = None
    fmha: str | None = None

    @property
    def options(self) -> dict[str, str]:
        """Keyword arguments of the SDK for the modes that are stated."""
        modes = {
            "gemm_quant_mode": self.gemm,
            "moe_quant_mode": self.moe,
            "kvcache_quant_mode": self.kv,
            "fmha_quant_mode": self.fmha,
        }
        return {key: mode for key, mode in modes.items() if mode is not None}


@dataclass(frozen=True)
class Instance:
    """One LLM on one instance shape, and the version of the data."""

    model: str
    gpu: str
    engine: str
    version: str
    layout: Layout

    @property
    def place(self) -> tuple[str, str, str]:
        """Model, system and engine, in the words of the SDK."""
        return self.model, system_of(self.gpu), self.engine
