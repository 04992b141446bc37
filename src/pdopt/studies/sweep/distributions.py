"""Distributions that values are drawn from, and Latin hypercube samples of several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = 10  # of drawn values: what two machines agree on


@dataclass(frozen=True)
class Distribution:
    """A distribution by the name and the numbers that users give; `quantile` maps (0, 1) to values."""

    name: str
    numbers: tuple[float, ...]
    quantile: Callable[[Any], Any]
    whole: bool = False

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{number:g}' for number in self.numbers)})"


def uniform(low: float, high: float) -> Distribution:
    """Give the uniform distribution between two numbers."""
    if not low < high:
        raise ValueError("the second number must be above the first")
    return Distribution("uniform", (low, high), lambda u: low + u * (high - low))


def integer(low: float, high: float) -> Distribution:
    """Give whole numbers from `low` to `high`, both included, equally likely."""
    if low != int(low) or high != int(high) or not low <= high:
        raise ValueError("must be two whole numbers, the second not below the first")
    return Distribution("integer", (low, high), lambda u: low + (u * (high - low + 1)) // 1, whole=True)


def normal(mean: float, deviation: float) -> Distribution:
    """Give the normal distribution."""
    if deviation <= 0:
        raise ValueError("the standard deviation must be above 0")

    def quantile(u: Any) -> Any:
        from scipy.special import ndtri

        return mean + deviation * ndtri(u)

    return Distribution("normal", (mean, deviation), quantile)


def lognormal(median: float, sigma: float) -> Distribution:
    """Give the lognormal distribution: sigma is the standard deviation of the logarithm."""
    if median <= 0 or sigma <= 0:
        raise ValueError("both numbers must be above 0")

    def quantile(u: Any) -> Any:
        import numpy as np
        from scipy.special import ndtri

        return median * np.exp(sigma * ndtri(u))

    return Distribution("lognormal", (median, sigma), quantile)


def triangular(low: float, mode: float, high: float) -> Distribution:
    """Give the triangular distribution, `mode` its most likely value."""
    if not low <= mode <= high or low == high:
        raise ValueError("must be three numbers in order, the last above the first")

    def quantile(u: Any) -> Any:
        import numpy as np

        width, split = high - low, (mode - low) / (high - low)
        below = low + np.sqrt(u * width * (mode - low))
        return np.where(u < split, below, high - np.sqrt((1 - u) * width * (high - mode)))

    return Distribution("triangular", (low, mode, high), quantile)


DISTRIBUTIONS: dict[str, tuple[Callable[..., Distribution], str]] = {
    "uniform": (uniform, "low, high"),
    "integer": (integer, "low, high"),
    "normal": (normal, "mean, standard deviation"),
    "lognormal": (lognormal, "median, standard deviation of the logarithm"),
    "triangular": (triangular, "low, most likely, high"),
}


def draws(distributions: Sequence[Distribution], count: int, seed: int) -> list[tuple[float | int, ...]]:
    """Draw jointly from independent distributions by Latin hypercube.

    Every distribution is cut into `count` parts of equal probability, and each part is drawn from once (McKay, Beckman
    and Conover, Technometrics 21, 1979).

    Returns
    -------
    list of `count` tuples, one value per distribution
    """
    import numpy as np
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(len(distributions), seed=np.random.default_rng(seed))
    cube = np.clip(sampler.random(count), 1e-12, 1 - 1e-12)
    columns = [kind.quantile(cube[:, i]).tolist() for i, kind in enumerate(distributions)]
    rounded = [
        [int(v) if kind.whole else float(f"{v:.{DIGITS}g}") for v in column]
        for kind, column in zip(distributions, columns, strict=True)
    ]
    return list(zip(*rounded, strict=True))
