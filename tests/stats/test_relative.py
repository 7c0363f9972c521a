from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2 import stats

OTHER = np.random.default_rng(7).standard_t(4, 200) * 0.01
OWN = 0.4 * OTHER + np.random.default_rng(8).standard_t(4, 200) * 0.01


def test_correlation_follows_numpy():
    """The correlation is numpy's."""
    assert stats.correlation(OWN, OTHER) == pytest.approx(np.corrcoef(OWN, OTHER)[0, 1])


def test_tracking_error_is_the_denominator_of_the_information_ratio():
    """Mean difference a year over the tracking error is the information ratio."""
    expected = (OWN - OTHER).mean() * 252 / stats.tracking_error(OWN, OTHER, 252)
    assert stats.information_ratio(OWN, OTHER, 252) == pytest.approx(expected)


def test_captures_by_hand():
    """Where the market gained 10 % and 21 % the strategy made 5 % and 5 %; where it lost 10 %, it lost 20 %."""
    own, other = [0.05, -0.2, 0.05, 0.3], [0.1, -0.1, 0.21, 0.0]
    assert stats.up_capture(own, other) == pytest.approx(0.05 / (math.sqrt(1.1 * 1.21) - 1))
    assert stats.down_capture(own, other) == pytest.approx(2)


@given(st.floats(-0.9, 3))
def test_the_benchmark_captures_itself(shift):
    """A strategy that is its benchmark captures all of it, up and down, whatever the scale."""
    returns = OTHER * (1 + shift)
    assert stats.up_capture(returns, returns) == pytest.approx(1)
    assert stats.down_capture(returns, returns) == pytest.approx(1)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: stats.correlation(OWN, np.full(200, 0.1)),
        lambda: stats.correlation(np.full(200, 0.1), OWN),
        lambda: stats.correlation([0.1], [0.1]),
        lambda: stats.treynor_ratio(0.1, 0.0),
        lambda: stats.up_capture([0.1, 0.2], [-0.1, 0.0]),
        lambda: stats.down_capture([0.1, 0.2], [0.1, 0.0]),
        lambda: stats.up_capture([-1.0, 0.2], [0.1, 0.1]),
        lambda: stats.up_capture([], []),
    ],
)
def test_undefined_is_nan(figure):
    """What cannot be computed is NaN, a growth after a total loss among it."""
    assert math.isnan(figure())
