from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from trady2.stats import (
    kurtosis,
    probabilistic_sharpe_ratio,
    skewness,
    unbiased_kurtosis,
    unbiased_skewness,
)

RETURNS = np.random.default_rng(2).standard_t(5, 240) * 0.01


def test_unbiased_moments_follow_scipy_and_pandas():
    """Both corrections are those of two libraries."""
    skew, tails = unbiased_skewness(skewness(RETURNS), 240), unbiased_kurtosis(kurtosis(RETURNS), 240)
    assert skew == pytest.approx(scipy_stats.skew(RETURNS, bias=False)) == pytest.approx(pd.Series(RETURNS).skew())
    assert tails - 3 == pytest.approx(scipy_stats.kurtosis(RETURNS, bias=False))
    assert tails - 3 == pytest.approx(pd.Series(RETURNS).kurt())


def test_published_example():
    """Two years of monthly returns, an annual Sharpe ratio of 1.59, skew -2.448 and kurtosis 10.164 leave 91.3 %.

    Bailey and López de Prado (2012), section 4: with normal returns it would be 98.2 %.
    """
    monthly = 1.59 / math.sqrt(12)
    assert probabilistic_sharpe_ratio(monthly, 24, -2.448, 10.164) == pytest.approx(0.913, abs=1e-3)
    assert probabilistic_sharpe_ratio(monthly, 24, 0.0, 3.0) == pytest.approx(0.982, abs=1e-3)


def test_against_itself_it_is_a_coin():
    """A benchmark equal to the estimate is beaten half of the time."""
    assert probabilistic_sharpe_ratio(0.1, 100, 0.3, 4.0, benchmark=0.1) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: unbiased_skewness(0.1, 2),
        lambda: unbiased_kurtosis(3.0, 3),
        lambda: probabilistic_sharpe_ratio(0.1, 1, 0.0, 3.0),
        lambda: probabilistic_sharpe_ratio(math.nan, 100, 0.0, 3.0),
        lambda: probabilistic_sharpe_ratio(0.1, 100, math.nan, 3.0),
        lambda: probabilistic_sharpe_ratio(1.0, 100, 5.0, 3.0),
    ],
)
def test_undefined_is_nan(figure):
    """Too few observations, a NaN, or moments without a positive variance give no probability."""
    assert math.isnan(figure())
