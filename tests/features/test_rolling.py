from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose, assert_array_equal

from trady2.features.rolling import awake, correlation, covariance, highest, lowest, mean, ratio, shift, z_score

RNG = np.random.default_rng(0)
LEFT, RIGHT = pd.Series(RNG.normal(5, 1, 80)), pd.Series(RNG.normal(0, 2, 80))


def test_statistics_agree_with_pandas() -> None:
    """Mean, z-score, covariance, correlation, maximum and minimum of a window are those of pandas."""
    left, right = LEFT.to_numpy(), RIGHT.to_numpy()
    assert_allclose(mean(left, 7), LEFT.rolling(7).mean(), rtol=1e-12)
    z = (LEFT - LEFT.rolling(7).mean()) / LEFT.rolling(7).std(ddof=0)
    assert_allclose(z_score(left, 7), z, rtol=1e-8)
    assert_allclose(covariance(left, right, 7)[0], LEFT.rolling(7).cov(RIGHT, ddof=0), atol=1e-12)
    assert_allclose(correlation(left, right, 7), LEFT.rolling(7).corr(RIGHT), atol=1e-10)
    assert_array_equal(highest(left, 7), LEFT.rolling(7).max())
    assert_array_equal(lowest(left, 7), LEFT.rolling(7).min())


def test_a_window_of_one_is_the_value() -> None:
    """TA-Lib refuses a maximum over one value; here it is that value."""
    assert_array_equal(highest(LEFT.to_numpy(), 1), LEFT)
    assert_array_equal(lowest(LEFT.to_numpy(), 1), LEFT)


def test_shifting_keeps_the_length() -> None:
    """The first value stands in for what was before it, also when the shift is longer than the series."""
    assert shift(np.array([1.0, 2, 3]), 1).tolist() == [1, 1, 2]
    assert shift(np.array([1.0, 2, 3]), 5).tolist() == [1, 1, 1]


def test_a_constant_correlates_with_nothing() -> None:
    """A flat side gives 0, not NaN."""
    assert correlation(LEFT.to_numpy(), np.full(80, 3.3), 9)[8:].tolist() == [0.0] * 72


def test_ratios_of_dead_markets_are_neutral() -> None:
    """A value stands until four windows brought no move, and from then on is neutral."""
    moved = np.array([True] * 3 + [False] * 10)
    found = awake(np.arange(13.0), moved, 2, neutral=-1.0)
    assert found.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -1, -1]
    assert ratio(np.array([1.0]), np.array([0.0]), neutral=0.25).tolist() == [0.25]
