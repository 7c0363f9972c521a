from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats import information_ratio, sharpe_ratio, sortino_ratio

RETURNS = np.random.default_rng(1).normal(0.001, 0.01, 400)


def test_sharpe_by_hand():
    """Returns of 1, 2 and 3 % have mean 2 % and standard deviation 1 %: 2 a period, 4 a year of four periods."""
    assert sharpe_ratio([0.01, 0.02, 0.03], periods_per_year=4) == pytest.approx(4)


def test_sharpe_follows_pandas():
    """Arithmetic mean over ddof-1 deviation, times the root of the periods."""
    series = pd.Series(RETURNS)
    assert sharpe_ratio(series, 8766) == pytest.approx(series.mean() / series.std() * math.sqrt(8766))


@given(st.floats(0.01, 100))
def test_sharpe_does_not_depend_on_leverage(leverage):
    """Twice the position is twice the return and twice the risk."""
    assert sharpe_ratio(leverage * RETURNS, 252) == pytest.approx(sharpe_ratio(RETURNS, 252))


@pytest.mark.parametrize("returns", [[], [0.1], [0.0] * 9, [0.1] * 9, [0.1 + 0.2, 0.3]])
def test_sharpe_without_variation_is_nan(returns):
    """Too few returns, or returns that differ by rounding alone, have no ratio."""
    assert math.isnan(sharpe_ratio(returns, 252))


def test_sortino_by_hand():
    """Mean 1 %, squares of losses (0.02 ** 2) / 4 in the mean: 0.01 / 0.01 a period."""
    assert sortino_ratio([0.03, -0.02, 0.03, 0.0], periods_per_year=9) == pytest.approx(3)


@pytest.mark.parametrize("returns", [[], [0.1, 0.2]])
def test_sortino_without_a_loss_is_nan(returns):
    """Without a losing period there is no downside to divide by."""
    assert math.isnan(sortino_ratio(returns, 252))


def test_information_ratio_is_the_sharpe_ratio_of_the_difference():
    """Against a benchmark of zeros it is the Sharpe ratio, against itself it is not defined."""
    assert information_ratio(RETURNS, np.zeros(400), 252) == sharpe_ratio(RETURNS, 252)
    assert math.isnan(information_ratio(RETURNS, RETURNS, 252))
