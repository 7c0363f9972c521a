from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from trady2 import stats

RETURNS = np.random.default_rng(0).standard_t(4, 500) * 0.01
EMPTY = np.empty(0)
CONSTANT = np.full(9, 0.1)


def test_period_returns_undo_compounding():
    """Returns of a compounded curve are the returns it was made of."""
    equity = 100 * np.cumprod(np.r_[1, 1 + RETURNS])
    np.testing.assert_allclose(stats.period_returns(equity), RETURNS, atol=1e-13)
    np.testing.assert_allclose(stats.period_returns(equity), pd.Series(equity).pct_change().dropna(), atol=1e-15)


def test_period_returns_after_ruin_are_zero():
    """From nothing comes nothing; the fall to nothing is a total loss."""
    assert stats.period_returns([100.0, 0.0, 0.0]).tolist() == [-1.0, 0.0]
    assert stats.period_returns([]).tolist() == stats.period_returns([5.0]).tolist() == []


def test_growth_by_hand():
    """Ten per cent twice is 21 %; in half a year that is 1.21 squared a year."""
    assert stats.total_return([0.1, 0.1]) == pytest.approx(0.21)
    assert stats.cagr([0.1, 0.1], periods_per_year=4) == pytest.approx(1.21**2 - 1)
    assert stats.cagr([0.1, -1.0], periods_per_year=4) == -1
    assert stats.cagr([1.0], periods_per_year=8766) == math.inf
    assert stats.total_return(EMPTY) == 0


def test_moments_and_tails_follow_scipy_and_pandas():
    """Each figure equals that of an independent library."""
    series = pd.Series(RETURNS)
    low, high = series.quantile([0.05, 0.95])
    assert stats.annual_volatility(RETURNS, 252) == pytest.approx(series.std() * math.sqrt(252))
    assert stats.skewness(RETURNS) == pytest.approx(scipy_stats.skew(RETURNS))
    assert stats.kurtosis(RETURNS) == pytest.approx(scipy_stats.kurtosis(RETURNS, fisher=False))
    assert stats.value_at_risk(RETURNS) == pytest.approx(low)
    assert stats.value_at_risk(RETURNS, tail=0.01) == pytest.approx(series.quantile(0.01))
    assert stats.conditional_value_at_risk(RETURNS) == pytest.approx(series[series <= low].mean())
    assert stats.tail_ratio(RETURNS) == pytest.approx(high / -low)


def test_omega_and_gain_to_pain_by_hand():
    """Gains of 4 % over losses of 2 % are an omega of 2 and a gain-to-pain ratio of 1."""
    assert stats.omega_ratio([0.03, -0.02, 0.01, 0.0]) == pytest.approx(2)
    assert stats.gain_to_pain_ratio([0.03, -0.02, 0.01, 0.0]) == pytest.approx(1)


@given(st.floats(-3, 3), st.floats(-0.01, 0.01))
def test_alpha_and_beta_of_a_line(slope, intercept):
    """Returns that are a line of the benchmark's have that line's slope, and its intercept times the periods."""
    alpha, beta = stats.alpha_beta(intercept + slope * RETURNS, RETURNS, periods_per_year=252)
    assert (alpha, beta) == pytest.approx((intercept * 252, slope), abs=1e-10)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: stats.cagr(EMPTY, 252),
        lambda: stats.annual_volatility([0.1], 252),
        lambda: stats.skewness(CONSTANT),
        lambda: stats.skewness([0.1]),
        lambda: stats.kurtosis(CONSTANT),
        lambda: stats.value_at_risk(EMPTY),
        lambda: stats.conditional_value_at_risk(EMPTY),
        lambda: stats.tail_ratio(EMPTY),
        lambda: stats.tail_ratio(np.zeros(9)),
        lambda: stats.omega_ratio([0.1]),
        lambda: stats.gain_to_pain_ratio([0.1]),
        lambda: stats.alpha_beta(RETURNS[:9], CONSTANT, 252)[0],
        lambda: stats.alpha_beta([0.1], [0.2], 252)[1],
    ],
)
def test_undefined_is_nan(figure):
    """What cannot be computed is NaN, without a warning and without an exception."""
    assert math.isnan(figure())


@pytest.mark.parametrize(
    "figure",
    [
        stats.total_return,
        stats.skewness,
        stats.kurtosis,
        stats.value_at_risk,
        stats.conditional_value_at_risk,
        stats.tail_ratio,
        stats.omega_ratio,
        lambda returns: stats.cagr(returns, 252),
        lambda returns: stats.annual_volatility(returns, 252),
        lambda returns: stats.sharpe_ratio(returns, 252),
        lambda returns: stats.sortino_ratio(returns, 252),
    ],
)
def test_nan_among_the_returns_is_not_hidden(figure):
    """A hole in the returns makes the figure NaN instead of a figure about something else."""
    assert math.isnan(figure(np.append(RETURNS, np.nan)))


def test_public_names_are_all_there():
    """Every name that the package lists can be imported and is documented."""
    assert [name for name in stats.__all__ if not getattr(stats, name).__doc__] == []
    assert set(stats.__all__) <= set(dir(stats))
