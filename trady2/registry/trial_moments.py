"""What the Deflated Sharpe Ratio needs of a trial: Sharpe ratio and shape of its returns, per observation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "moments"]

Floats = NDArray[np.float64]
_ROUNDING = 1e-14


class Moments(NamedTuple):
    """Of n series at once, (n,) each; NaN where one is not defined."""

    sharpe: Floats
    """Mean over standard deviation (ddof 1), not annualised; NaN for returns that do not vary."""
    skew: Floats
    """Unbiased (adjusted Fisher-Pearson); NaN below three observations."""
    kurtosis: Floats
    """Unbiased and raw: a normal distribution has 3; NaN below four observations."""


def moments(returns: Floats) -> Moments:
    """Return the moments of *returns*, (observations, n), by the conventions of Bailey & López de Prado (2012)."""
    count = np.float64(len(returns))
    mean = returns.mean(axis=0)
    away = returns - mean
    squares = away * away
    square, cube, fourth = squares.sum(axis=0), (squares * away).sum(axis=0), (squares * squares).sum(axis=0)
    varies = np.sqrt(square / count) > _ROUNDING * np.abs(returns).max(axis=0, initial=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpe = mean / np.sqrt(square / (count - 1))
        skew = np.sqrt(count * (count - 1)) / (count - 2) * (cube / count) / (square / count) ** 1.5
        excess = (count + 1) * (fourth * count / square**2 - 3) + 6
        kurtosis = (count - 1) / ((count - 2) * (count - 3)) * excess + 3
    return Moments(
        np.where(varies & (count > 1), sharpe, np.nan),
        np.where(varies & (count > 2), skew, np.nan),
        np.where(varies & (count > 3), kurtosis, np.nan),
    )
