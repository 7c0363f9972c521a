from __future__ import annotations

import json
import os

import numpy as np
import pytest

from trady2.backtest.intervals import bootstrap_intervals

FIGURES = ("total_return", "sharpe_ratio", "max_drawdown")
LONG = "TRADY2_LONG" in os.environ
HOLD = 12


def record(rng, n, edge=0.0004, memory=0.12):
    """Return the bars of a strategy: flat, then 12 bars in a market of fat tails whose volatility remembers."""
    volatility, steps = np.empty(n), rng.standard_normal(n)
    level = 0.0
    for bar in range(n):
        level = 0.97 * level + memory * steps[bar]
        volatility[bar] = 0.005 * np.exp(level - memory**2 / (1 - 0.97**2))
    market = np.maximum(edge + volatility * rng.standard_t(5, n) / np.sqrt(5 / 3), -0.5)
    held, bar = np.zeros(n), 0
    while bar < n:
        bar += rng.geometric(1 / 25)
        held[bar : bar + HOLD] = 1
        bar += HOLD
    return held * market


def intervals(returns, **more):
    """Return the intervals of a record, per bar."""
    return bootstrap_intervals(returns, **({"hold_bars": HOLD, "periods_per_year": 1.0, "runs": 300, "seed": 0} | more))


def fall(returns):
    """Return the deepest fall of money that starts at 1."""
    curve = np.cumprod(np.concatenate([[1.0], 1 + returns]))
    return (curve / np.maximum.accumulate(curve)).min() - 1


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 2_000, 8_000] if LONG else [2_000])
def test_intervals_cover_what_they_promise(n):
    """Of records of one strategy, about nine in ten intervals at 0.9 hold the truth.

    The truth is the total return of its mean log growth, its Sharpe ratio, and the median of its maximum drawdowns.
    Measured over 300 records each of 500, 2,000 and 8,000 bars, with and without an edge and memory in volatility:
    0.86 to 0.91 for the total return, 0.85 to 0.92 for the Sharpe ratio, 0.81 to 1.00 for the maximum drawdown.
    """
    rng = np.random.default_rng(5)
    records = [record(rng, n) for _ in range(300 if LONG else 200)]
    pooled = np.concatenate(records)
    truths = {
        "total_return": np.expm1(n * np.log1p(pooled).mean()),
        "sharpe_ratio": pooled.mean() / pooled.std(),
        "max_drawdown": np.median([fall(each) for each in records]),
    }
    found = [intervals(each, seed=seed) for seed, each in enumerate(records)]
    covered = {
        name: np.mean([each[name]["low"] <= truths[name] <= each[name]["high"] for each in found]) for name in FIGURES
    }
    assert 0.8 <= covered["total_return"] <= 0.97
    assert 0.8 <= covered["sharpe_ratio"] <= 0.97
    assert covered["max_drawdown"] >= 0.75


def test_intervals_hold_what_was_seen():
    """The record's own growth, ratio and fall lie inside, and more is asked of a higher level."""
    returns = record(np.random.default_rng(1), 3_000)
    own = {"total_return": np.prod(1 + returns) - 1, "sharpe_ratio": returns.mean() / returns.std(ddof=1)}
    wide, narrow = intervals(returns, level=0.95), intervals(returns, level=0.5)
    for name, value in own.items():
        assert wide[name]["low"] < narrow[name]["low"] < value < narrow[name]["high"] < wide[name]["high"]
    assert wide["max_drawdown"]["low"] < fall(returns) < wide["max_drawdown"]["high"] <= 0
    assert json.loads(json.dumps(wide, allow_nan=False)) == wide


def test_sharpe_ratios_are_annual():
    """More periods a year scale the Sharpe ratio by their root, and nothing else."""
    returns = record(np.random.default_rng(1), 1_000)
    bar, year = intervals(returns), intervals(returns, periods_per_year=400.0)
    assert year["sharpe_ratio"]["low"] == pytest.approx(20 * bar["sharpe_ratio"]["low"])
    assert year["total_return"] == bar["total_return"]


def test_blocks_hold_a_trade_at_least():
    """Returns without memory still come in blocks of the hold, those with much of it in longer ones."""
    noise = 0.001 * np.random.default_rng(2).standard_normal(2_000)
    assert intervals(noise)["block_bars"] == HOLD
    smooth = np.convolve(noise, np.ones(200) / 10, "same")
    assert intervals(smooth)["block_bars"] > 2 * HOLD
    assert intervals(noise[:5])["block_bars"] == 5


@pytest.mark.parametrize("returns", [np.empty(0), np.array([0.1]), np.array([0.1, -1.0, 0.0])])
def test_too_little_and_ruin_have_no_interval(returns):
    """Fewer than two bars, or a total loss, leave nothing to draw from."""
    found = intervals(returns)
    assert all(found[name] == {"low": None, "high": None} for name in FIGURES)


def test_a_flat_record_has_no_ratio():
    """Without a trade growth and falls are 0, and the Sharpe ratio is not defined."""
    found = intervals(np.zeros(50))
    assert found["total_return"] == found["max_drawdown"] == {"low": 0, "high": 0}
    assert found["sharpe_ratio"] == {"low": None, "high": None}
