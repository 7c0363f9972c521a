"""Figures of the closes beside buy and hold of the same bars, bar by bar, and those of buy and hold itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trady2.stats import relative
from trady2.stats import returns as growth
from trady2.stats.drawdown import max_drawdown
from trady2.stats.sharpe import information_ratio, sharpe_ratio

__all__ = ["relative_metrics"]


def relative_metrics(
    equity: NDArray[np.float64], benchmark: NDArray[np.float64], periods_per_year: float
) -> dict[str, float]:
    """Return what the closes say beside the benchmark.

    Args:
        equity: (n,) money at the close of every bar, the first one before any trade.
        benchmark: (n,) buy and hold of the same bars, without costs.
        periods_per_year: of the calendar.

    Returns:
        `alpha`, `tracking_error`, `information_ratio` and `treynor_ratio` are annual and arithmetic; captures are per
        bar; names that begin with benchmark_ are about the benchmark or its relation to the strategy.
    """
    returns, other = growth.period_returns(equity), growth.period_returns(benchmark)
    alpha, beta = growth.alpha_beta(returns, other, periods_per_year)
    together = relative.correlation(returns, other)
    return {
        "buy_and_hold_return": float(benchmark[-1] / benchmark[0] - 1),
        "benchmark_cagr": growth.cagr(other, periods_per_year),
        "benchmark_annual_volatility": growth.annual_volatility(other, periods_per_year),
        "benchmark_sharpe_ratio": sharpe_ratio(other, periods_per_year),
        "benchmark_max_drawdown": max_drawdown(benchmark),
        "alpha": alpha,
        "beta": beta,
        "benchmark_correlation": together,
        "benchmark_r_squared": together**2,
        "tracking_error": relative.tracking_error(returns, other, periods_per_year),
        "information_ratio": information_ratio(returns, other, periods_per_year),
        "treynor_ratio": relative.treynor_ratio(float(returns.mean()) * periods_per_year, beta),
        "up_capture": relative.up_capture(returns, other),
        "down_capture": relative.down_capture(returns, other),
    }
