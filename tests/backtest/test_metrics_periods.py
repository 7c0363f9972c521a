from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from trady2.backtest.metrics_periods import drawdown_metrics, period_metrics

HOURS_A_YEAR = 365.25 * 24


def test_return_metrics_follow_pandas(two_assets, returns):
    """Growth, volatility and ratios equal the textbook formulas over the published equity."""
    metrics, equity = two_assets[0].metrics, two_assets[0].equity
    years = len(returns) / HOURS_A_YEAR
    downside = math.sqrt((returns.clip(upper=0) ** 2).mean())
    expected = {
        "n_bars": 1500,
        "years": years,
        "periods_per_year": HOURS_A_YEAR,
        "final_equity": equity.iloc[-1],
        "peak_equity": equity.max(),
        "total_return": equity.iloc[-1] / 10_000 - 1,
        "cagr": (equity.iloc[-1] / 10_000) ** (1 / years) - 1,
        "annual_return": returns.mean() * HOURS_A_YEAR,
        "annual_volatility": returns.std() * math.sqrt(HOURS_A_YEAR),
        "sharpe_ratio": returns.mean() / returns.std() * math.sqrt(HOURS_A_YEAR),
        "sortino_ratio": returns.mean() / downside * math.sqrt(HOURS_A_YEAR),
        "omega_ratio": returns[returns > 0].sum() / -returns[returns < 0].sum(),
        "gain_to_pain_ratio": returns.sum() / -returns[returns < 0].sum(),
        "annual_downside_volatility": downside * math.sqrt(HOURS_A_YEAR),
        "expected_bar_return": (equity.iloc[-1] / 10_000) ** (1 / len(returns)) - 1,
        "log_equity_r_squared": np.corrcoef(np.arange(len(equity)), np.log(equity))[0, 1] ** 2,
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_tail_metrics_follow_scipy(two_assets, returns):
    """Moments and tails equal scipy's and pandas'."""
    low, high = returns.quantile([0.05, 0.95])
    normal = scipy_stats.norm(returns.mean(), returns.std())
    expected = {
        "skew": scipy_stats.skew(returns),
        "kurtosis": scipy_stats.kurtosis(returns, fisher=False),
        "variance_skewness": (returns.clip(lower=0) ** 2).sum() / (returns.clip(upper=0) ** 2).sum(),
        "value_at_risk_historical": low,
        "value_at_risk_normal": normal.ppf(0.05),
        "conditional_value_at_risk_historical": returns[returns <= low].mean(),
        "conditional_value_at_risk_normal": returns.mean()
        - returns.std() * scipy_stats.norm.pdf(1.6448536269514722) / 0.05,
        "tail_ratio": abs(high) / abs(low),
        "best_bar_return": returns.max(),
        "worst_bar_return": returns.min(),
    }
    assert {name: two_assets[0].metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_drawdown_metrics_follow_pandas(two_assets):
    """Drawdowns equal a walk over the curve, one bar at a time."""
    metrics, equity = two_assets[0].metrics, two_assets[0].equity
    depth = equity / equity.cummax() - 1
    stretches = depth[depth < 0].groupby((depth >= 0).cumsum())
    total = equity.iloc[-1] / 10_000 - 1
    expected = {
        "max_drawdown": depth.min(),
        "average_drawdown": stretches.min().mean(),
        "max_drawdown_duration_bars": stretches.size().max(),
        "average_drawdown_duration_bars": stretches.size().mean(),
        "current_drawdown": depth.iloc[-1],
        "n_drawdowns": len(stretches),
        "n_recovered_drawdowns": len(stretches) - (depth.iloc[-1] < 0),
        "current_drawdown_duration_bars": len(depth) - 1 - np.flatnonzero(depth == 0)[-1],
        "drawdown_time_share": (depth < 0).mean(),
        "conditional_drawdown_at_risk_historical": depth[depth <= depth.quantile(0.05)].mean(),
        "martin_ratio": ((1 + total) ** (HOURS_A_YEAR / 1499) - 1) / math.sqrt((depth**2).mean()),
        "ulcer_index": math.sqrt((depth**2).mean()),
        "calmar_ratio": ((1 + total) ** (HOURS_A_YEAR / 1499) - 1) / -depth.min(),
        "recovery_factor": total / -depth.min(),
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_ratios_allow_for_memory_and_length(two_assets, returns):
    """The smart ratios divide by the penalty; the probabilistic one takes unbiased moments of this many returns."""
    metrics, memory = two_assets[0].metrics, abs(returns.autocorr())
    penalty = math.sqrt(1 + 2 * sum((1499 - k) / 1499 * memory**k for k in range(1, 1499)))
    per_bar = returns.mean() / returns.std()
    spread = 1 - returns.skew() * per_bar + (returns.kurt() + 2) / 4 * per_bar**2
    expected = {
        "autocorrelation": returns.autocorr(),
        "autocorrelation_penalty": penalty,
        "smart_sharpe_ratio": metrics["sharpe_ratio"] / penalty,
        "smart_sortino_ratio": metrics["sortino_ratio"] / penalty,
        "adjusted_sortino_ratio": metrics["sortino_ratio"] / math.sqrt(2),
        "smart_adjusted_sortino_ratio": metrics["sortino_ratio"] / penalty / math.sqrt(2),
        "sharpe_ratio_per_bar": per_bar,
        "psr_2012": scipy_stats.norm.cdf(per_bar * math.sqrt(1498 / spread)),
        "common_sense_ratio": metrics["omega_ratio"] * metrics["tail_ratio"],
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-8)


def test_recoveries_follow_a_walk():
    """From 8 back to 10 in two bars, from 9 to 12 in one; the serenity ratio is that of its parts."""
    equity = np.array([10.0, 8.0, 9.0, 10.0, 9.0, 12.0, 6.0])
    found = period_metrics(equity, 365.0)
    depth = np.array([0, 0.2, 0.1, 0, 0.1, 0, 0.5])
    pitfall = 0.5 / found["annual_volatility"]
    expected = {
        "max_recovery_duration_bars": 2,
        "average_recovery_duration_bars": 1.5,
        "max_recovery_return": 12 / 9 - 1,
        "average_recovery_return": ((12 / 9 - 1) + (10 / 8 - 1)) / 2,
        "current_drawdown_duration_bars": 1,
        "serenity_ratio": found["annual_return"] / (math.sqrt((depth**2).mean()) * pitfall),
        "recovery_factor": -0.4 / 0.5,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_what_never_falls_has_no_recovery():
    """A rising curve has no fall, and no ratio to one."""
    growths = {"cagr": 0.1, "annual_return": 0.1, "annual_volatility": 0.2, "total_return": 0.1}
    found = drawdown_metrics(np.array([1.0, 2.0, 3.0]), growths)
    assert [found[name] for name in ("max_drawdown", "n_drawdowns", "max_recovery_return", "drawdown_time_share")] == [
        0
    ] * 4
    assert all(math.isnan(found[name]) for name in ("calmar_ratio", "martin_ratio", "average_recovery_duration_bars"))
