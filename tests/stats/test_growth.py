from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from trady2.stats import geometric_mean, log_equity_r_squared


def test_geometric_mean_by_hand():
    """Up 100 % and down 50 % is nothing in two periods; a total loss stays one."""
    assert geometric_mean([1.0, -0.5]) == pytest.approx(0)
    assert geometric_mean([0.1, 0.21]) == pytest.approx(math.sqrt(1.1 * 1.21) - 1)
    assert geometric_mean([0.5, -1.0]) == -1


def test_r_squared_follows_a_regression():
    """The share explained by a straight line in log equity is that of scipy's regression."""
    equity = np.exp(np.cumsum(np.random.default_rng(1).normal(0.001, 0.01, 500)))
    line = scipy_stats.linregress(np.arange(500), np.log(equity))
    assert log_equity_r_squared(equity) == pytest.approx(line.rvalue**2)


def test_steady_growth_is_a_line():
    """A constant rate explains everything."""
    assert log_equity_r_squared(1.001 ** np.arange(50)) == pytest.approx(1)


@pytest.mark.parametrize("equity", [[1.0, 2.0], [5.0] * 9, [1.0, 0.0, 0.0, 0.0]])
def test_undefined_is_nan(equity):
    """Too few closes, a flat curve and a total loss have no line."""
    assert math.isnan(log_equity_r_squared(equity))
    assert math.isnan(geometric_mean([]))
