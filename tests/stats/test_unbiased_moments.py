from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from trady2.stats import (
    kurtosis,
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


@pytest.mark.parametrize(
    "figure",
    [
        lambda: unbiased_skewness(0.1, 2),
        lambda: unbiased_kurtosis(3.0, 3),
    ],
)
def test_undefined_is_nan(figure):
    """Too few observations have no corrected moment."""
    assert math.isnan(figure())
