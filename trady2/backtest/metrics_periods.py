"""Figures of the closes, bar by bar: growth, risk, tails and falls. Nothing here knows of a trade."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trady2.stats import drawdown, growth, recovery, risk, serial, sharpe
from trady2.stats import returns as figures
from trady2.stats.probabilistic_sharpe import probabilistic_sharpe_ratio
from trady2.stats.unbiased_moments import unbiased_kurtosis, unbiased_skewness

__all__ = ["drawdown_metrics", "period_metrics"]

Floats = NDArray[np.float64]


def period_metrics(equity: Floats, periods_per_year: float) -> dict[str, float]:
    """Return what the closes say.

    Args:
        equity: (n,) money at the close of every bar, the first one before any trade.
        periods_per_year: of the calendar.

    Returns:
        Fractions, annual where the name says so, and so are the Sharpe and Sortino ratios. `annual_return` is the
        arithmetic mean of the returns a year, `cagr` the compound one. Durations are in bars. What lies in the tails
        is per bar, and its method is in the name.
    """
    returns = figures.period_returns(equity)
    values = {
        "n_bars": equity.size,
        "years": returns.size / periods_per_year,
        "periods_per_year": periods_per_year,
        "final_equity": float(equity[-1]),
        "peak_equity": float(equity.max()),
        "total_return": float(equity[-1] / equity[0] - 1),
        "cagr": figures.cagr(returns, periods_per_year),
        "annual_return": float(returns.mean()) * periods_per_year,
        "expected_bar_return": growth.geometric_mean(returns),
        "annual_volatility": figures.annual_volatility(returns, periods_per_year),
        "annual_downside_volatility": risk.downside_volatility(returns, periods_per_year),
        "log_equity_r_squared": growth.log_equity_r_squared(equity),
    }
    tails = _tail_metrics(returns)
    return {**values, **_ratio_metrics(returns, periods_per_year, tails), **tails, **drawdown_metrics(equity, values)}


def _ratio_metrics(returns: Floats, periods_per_year: float, tails: dict[str, float]) -> dict[str, float]:
    correlation = serial.autocorrelation(returns)
    penalty = serial.autocorrelation_penalty(correlation, returns.size)
    per_year = sharpe.sharpe_ratio(returns, periods_per_year)
    downside = sharpe.sortino_ratio(returns, periods_per_year)
    omega = figures.omega_ratio(returns)
    return {
        "sharpe_ratio": per_year,
        "sharpe_ratio_per_bar": per_year / math.sqrt(periods_per_year),
        "smart_sharpe_ratio": per_year / penalty,
        "psr_2012": probabilistic_sharpe_ratio(
            per_year / math.sqrt(periods_per_year),
            returns.size,
            unbiased_skewness(tails["skew"], returns.size),
            unbiased_kurtosis(tails["kurtosis"], returns.size),
        ),
        "sortino_ratio": downside,
        "smart_sortino_ratio": downside / penalty,
        "adjusted_sortino_ratio": downside / math.sqrt(2),
        "smart_adjusted_sortino_ratio": downside / penalty / math.sqrt(2),
        "omega_ratio": omega,
        "gain_to_pain_ratio": omega - 1,
        "common_sense_ratio": omega * tails["tail_ratio"],
        "autocorrelation": correlation,
        "autocorrelation_penalty": penalty,
    }


def _tail_metrics(returns: Floats) -> dict[str, float]:
    return {
        "skew": figures.skewness(returns),
        "kurtosis": figures.kurtosis(returns),
        "variance_skewness": risk.variance_skewness(returns),
        "value_at_risk_historical": figures.value_at_risk(returns),
        "value_at_risk_normal": risk.normal_value_at_risk(returns),
        "conditional_value_at_risk_historical": figures.conditional_value_at_risk(returns),
        "conditional_value_at_risk_normal": risk.normal_conditional_value_at_risk(returns),
        "tail_ratio": figures.tail_ratio(returns),
        "best_bar_return": float(returns.max()),
        "worst_bar_return": float(returns.min()),
    }


def drawdown_metrics(equity: Floats, growths: dict[str, float]) -> dict[str, float]:
    """Return what the (n,) closes say about falls from the peak; *growths* are `period_metrics` about figures.

    `drawdown_time_share` is the share of closes below a peak; recoveries are counted from the bottom to the close
    that is back at the peak; `current_drawdown` is that of the last close.
    """
    depth = drawdown.underwater(equity)
    periods = drawdown.drawdown_periods(depth)
    back = recovery.recoveries(equity, periods, recovery.bottoms(depth, periods))
    deepest, ulcer = float(depth.min()), drawdown.ulcer_index(depth)
    at_risk = risk.conditional_drawdown_at_risk(depth)
    return {
        "max_drawdown": deepest,
        "average_drawdown": drawdown.average_drawdown(periods),
        "current_drawdown": float(depth[-1]),
        "n_drawdowns": periods.start.size,
        "n_recovered_drawdowns": back.gain.size,
        "max_drawdown_duration_bars": int(periods.duration.max(initial=0)),
        "average_drawdown_duration_bars": figures.mean(periods.duration),
        "current_drawdown_duration_bars": int((periods.duration[periods.end == equity.size]).sum()),
        "drawdown_time_share": float(periods.duration.sum()) / equity.size,
        "max_recovery_duration_bars": int(back.duration.max(initial=0)),
        "average_recovery_duration_bars": figures.mean(back.duration),
        "max_recovery_return": float(back.gain.max(initial=0)),
        "average_recovery_return": figures.mean(back.gain),
        "ulcer_index": ulcer,
        "conditional_drawdown_at_risk_historical": at_risk,
        "calmar_ratio": drawdown.calmar_ratio(growths["cagr"], deepest),
        "martin_ratio": risk.martin_ratio(growths["cagr"], ulcer),
        "serenity_ratio": risk.serenity_ratio(growths["annual_return"], ulcer, at_risk, growths["annual_volatility"]),
        "recovery_factor": figures.ratio(growths["total_return"], abs(deepest)),
    }
