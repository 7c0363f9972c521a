from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats import autocorrelation, autocorrelation_penalty

RETURNS = np.random.default_rng(0).standard_t(4, 300) * 0.01


def test_autocorrelation_follows_pandas():
    """The correlation with the period before is pandas'."""
    assert autocorrelation(RETURNS) == pytest.approx(pd.Series(RETURNS).autocorr())


@given(st.floats(-0.999, 0.999), st.integers(2, 300))
def test_penalty_equals_the_sum_it_stands_for(correlation, n):
    """The closed form is the sum over all lags, term by term."""
    total = sum((n - k) / n * abs(correlation) ** k for k in range(1, n))
    assert autocorrelation_penalty(correlation, n) == pytest.approx(math.sqrt(1 + 2 * total), rel=1e-8)


def test_penalty_at_its_ends():
    """Nothing remembered costs nothing; returns that repeat for ever are one return."""
    assert autocorrelation_penalty(0.0, 50) == 1
    assert autocorrelation_penalty(-1.0, 49) == 7
    assert math.isnan(autocorrelation_penalty(math.nan, 50))


@pytest.mark.parametrize("returns", [[], [0.1, 0.2], [0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.2]])
def test_too_little_to_correlate_is_nan(returns):
    """Fewer than three returns, or a side that does not vary, has no correlation."""
    assert math.isnan(autocorrelation(returns))
