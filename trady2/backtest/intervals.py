"""How else a record like this one could have come out: intervals from a stationary block bootstrap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.metrics import Metric, defined
from trady2.stats.block_length import optimal_block_length
from trady2.stats.resampling import stationary_bootstrap

__all__ = ["bootstrap_intervals"]


def bootstrap_intervals(
    returns: NDArray[np.float64], *, hold_bars: int, periods_per_year: float, runs: int, seed: int, level: float = 0.9
) -> dict[str, Any]:
    """Return intervals for total return, Sharpe ratio and maximum drawdown at *level*.

    The returns of the bars are drawn again in blocks of geometric length (Politis & Romano 1994), on average as long
    as the automatic choice of Politis & White and never shorter than a trade; the ends are the equal-tailed quantiles
    of what the runs come to.

    Args:
        returns: (n,) of the bars, flat ones included.
        hold_bars: how long a trade may be open: within it, the returns of bars belong together.
        periods_per_year: of the calendar.
        runs: how many paths.
        seed: of the draws.
        level: of the intervals.

    Returns:
        runs, seed, level, block_bars, and total_return, sharpe_ratio and max_drawdown with low and high each; the
        ends are None for fewer than 2 returns, after a total loss, and for a Sharpe ratio that is not defined.
    """
    found = {"runs": runs, "seed": seed, "level": level}
    if returns.size < 2 or returns.min() <= -1:
        nothing = {"low": None, "high": None}
        return {**found, "block_bars": 1, **dict.fromkeys(("total_return", "sharpe_ratio", "max_drawdown"), nothing)}
    block = min(max(math.ceil(optimal_block_length(returns)), hold_bars, 1), returns.size)
    paths = stationary_bootstrap(returns, block, runs=runs, seed=seed)
    return {
        **found,
        "block_bars": block,
        "total_return": _ends(paths.total_return, level),
        "sharpe_ratio": _ends(paths.sharpe * math.sqrt(periods_per_year), level),
        "max_drawdown": _ends(paths.max_drawdown, level),
    }


def _ends(values: NDArray[np.float64], level: float) -> dict[str, Metric]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return {"low": defined(float(low)), "high": defined(float(high))}
