from __future__ import annotations

import numpy as np
import pytest

from trady2 import stats
from trady2.stats import stationary_bootstrap

RETURNS = np.random.default_rng(0).standard_t(5, 60) * 0.02


def rotations(figure):
    """Return the figure of the returns begun at each of their places."""
    return np.array([figure(np.roll(RETURNS, -place)) for place in range(RETURNS.size)])


def fall(returns):
    """Return the deepest fall of money that starts at 1."""
    return stats.max_drawdown(np.concatenate([[1.0], np.cumprod(1 + returns)]))


def test_one_endless_block_is_a_rotation():
    """With blocks that never end, growth and Sharpe ratio stay, and the falls are those of all beginnings."""
    paths = stationary_bootstrap(RETURNS, 1e12, runs=2_000, seed=1)
    assert paths.total_return == pytest.approx(np.full(2_000, stats.total_return(RETURNS)))
    assert paths.sharpe == pytest.approx(np.full(2_000, stats.sharpe_ratio(RETURNS, 1)))
    found, counts = np.unique(paths.max_drawdown.round(12), return_counts=True)
    every, weight = np.unique(rotations(fall).round(12), return_counts=True)
    assert found == pytest.approx(every)
    assert counts / 2_000 == pytest.approx(weight / 60, abs=0.02)


@pytest.mark.parametrize("length", [1.0, 2.5, 20.0])
def test_spread_of_growth_has_its_closed_form(length):
    """The variance of the log growth is the sum over circular autocovariances that Politis and Romano give."""
    memory = RETURNS + 0.8 * np.roll(RETURNS, 1)
    logs = np.log1p(memory)
    away, n = logs - logs.mean(), logs.size
    circular = np.array([away @ np.roll(away, -lag) / n for lag in range(n)])
    lags = np.arange(1, n)
    weight = (1 - lags / n) * (1 - 1 / length) ** lags
    expected = n * (circular[0] + 2 * weight @ circular[1:])
    growth = np.log1p(stationary_bootstrap(memory, length, runs=40_000, seed=2).total_return)
    assert growth.var() == pytest.approx(expected, rel=0.03)
    assert growth.mean() == pytest.approx(logs.sum(), abs=4 * np.sqrt(expected / 40_000))


def test_single_periods_are_drawn_with_replacement():
    """Blocks of one period give what plain resampling gives, for each of the figures."""
    picks = RETURNS[np.random.default_rng(9).integers(0, 60, (20_000, 60))]
    paths = stationary_bootstrap(RETURNS, 1.0, runs=20_000, seed=3)
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    sharpe = picks.mean(axis=1) / picks.std(axis=1, ddof=1)
    falls = np.array([fall(pick) for pick in picks[:4_000]])
    assert np.quantile(paths.sharpe, quantiles) == pytest.approx(np.quantile(sharpe, quantiles), abs=0.012)
    assert np.quantile(paths.max_drawdown, quantiles) == pytest.approx(np.quantile(falls, quantiles), abs=0.012)


def test_seed_decides_the_paths():
    """The same seed gives the same paths to the bit, another one others."""
    first, again, other = (stationary_bootstrap(RETURNS, 5.0, runs=50, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first.total_return, other.total_return)


def test_long_records_are_walked_in_parts():
    """Runs that do not fit into one part of the draws are all filled."""
    paths = stationary_bootstrap(np.tile(RETURNS, 20_000) * 0.01, 50.0, runs=8, seed=4)
    assert np.isfinite(np.concatenate(paths)).all()
    assert np.unique(paths.max_drawdown).size == 8


def test_flat_returns_have_no_ratio():
    """Without movement there is no fall and no Sharpe ratio."""
    paths = stationary_bootstrap(np.zeros(30), 3.0, runs=5, seed=0)
    assert (paths.total_return.tolist(), paths.max_drawdown.tolist()) == ([0.0] * 5, [0.0] * 5)
    assert np.isnan(paths.sharpe).all()
