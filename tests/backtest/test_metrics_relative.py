from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from trady2.backtest.metrics_relative import relative_metrics

HOURS_A_YEAR = 365.25 * 24


def test_benchmark_metrics_follow_a_regression(two_assets, returns):
    """Alpha and beta are those of a least-squares line on buy and hold in equal shares."""
    done, bars = two_assets
    closes = bars.pivot_table(index="timestamp", columns="asset", values="close")
    held = (closes / closes.iloc[0]).mean(axis=1)
    other = held.pct_change().dropna()
    line = scipy_stats.linregress(other, returns)
    away = returns - other
    up, down = other.round(12) > 0, other.round(12) < 0
    expected = {
        "buy_and_hold_return": held.iloc[-1] - 1,
        "beta": line.slope,
        "alpha": line.intercept * HOURS_A_YEAR,
        "benchmark_correlation": line.rvalue,
        "benchmark_r_squared": line.rvalue**2,
        "tracking_error": away.std() * math.sqrt(HOURS_A_YEAR),
        "treynor_ratio": returns.mean() * HOURS_A_YEAR / line.slope,
        "benchmark_cagr": (held.iloc[-1]) ** (HOURS_A_YEAR / 1499) - 1,
        "benchmark_annual_volatility": other.std() * math.sqrt(HOURS_A_YEAR),
        "benchmark_sharpe_ratio": other.mean() / other.std() * math.sqrt(HOURS_A_YEAR),
        "benchmark_max_drawdown": (held / held.cummax() - 1).min(),
        "up_capture": np.expm1(np.log1p(returns[up]).mean()) / np.expm1(np.log1p(other[up]).mean()),
        "down_capture": np.expm1(np.log1p(returns[down]).mean()) / np.expm1(np.log1p(other[down]).mean()),
        "information_ratio": away.mean() / away.std() * math.sqrt(HOURS_A_YEAR),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_a_strategy_that_is_its_benchmark():
    """Beta 1, correlation 1, alpha 0, and all of it captured."""
    curve = np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 300)))
    found = relative_metrics(5 * curve, curve, 365.0)
    names = ("beta", "benchmark_correlation", "up_capture", "down_capture", "alpha", "tracking_error")
    assert [found[name] for name in names] == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-9)
