from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from trady2.features.kernels import (
    circle,
    divide,
    log_ratio,
    logarithm,
    merge_by_clock,
    run_length,
    sum_between,
    window_moments,
    window_sum,
)

SERIES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(values=SERIES, window=st.integers(1, 70))
def test_window_sum_is_the_exact_sum_of_each_window(values: list[float], window: int) -> None:
    """Every window's sum agrees with correctly rounded addition, and unfilled windows are NaN."""
    found = window_sum(np.array(values), window)
    full = range(window - 1, len(values))
    expected = [math.fsum(values[row - window + 1 : row + 1]) for row in full]
    assert np.isnan(found[: window - 1]).all()
    assert_allclose(found[window - 1 :], expected, rtol=1e-12, atol=1e-6 * 1e-6)


def test_a_spike_leaves_nothing_behind() -> None:
    """After a spike of 1e20 has left the window, sum and variance are what they would be without it."""
    values = np.full(50, 1e-3)
    clean_sum, clean_moments = window_sum(values, 7), window_moments(values, 7)
    values[10] = 1e20
    assert_array_equal(window_sum(values, 7)[17:], clean_sum[17:])
    assert_array_equal(window_moments(values, 7)[1][17:], clean_moments[1][17:])


@settings(max_examples=60, deadline=None)
@given(values=SERIES, window=st.integers(1, 20))
def test_moments_agree_with_numpy(values: list[float], window: int) -> None:
    """Mean and variance of each window are numpy's; the tolerance is the cancellation in a mean of squares."""
    series = np.array(values)
    average, variance = window_moments(series, window)
    for row in range(window - 1, len(values)):
        part = series[row - window + 1 : row + 1]
        assert_allclose(average[row], part.mean(), rtol=1e-12, atol=1e-9)
        assert_allclose(variance[row], part.var(), rtol=1e-9, atol=1e-11 * float((part**2).mean()) + 1e-300)


def test_a_constant_has_no_variance() -> None:
    """A window of one repeated number has variance exactly 0, whatever the number."""
    for number in (0.1, 1e-9, 123456.789):
        assert_array_equal(window_moments(np.full(40, number), 9)[1][8:], np.zeros(32))


def test_divide_takes_the_neutral_value_only_at_zero() -> None:
    """X / 0 and 0 / 0 are neutral; NaN stays NaN."""
    found = divide(np.array([1.0, 0.0, 6.0, 1.0]), np.array([0.0, 0.0, 2.0, np.nan]), 0.5)
    assert_array_equal(found, [0.5, 0.5, 3.0, np.nan])


def test_logarithms_are_those_of_the_math_library() -> None:
    """Each logarithm has the bits of math.log at any position, and a ratio with a side that is not positive is 0."""
    values = np.random.default_rng(0).lognormal(size=101)
    assert_array_equal(logarithm(values), [math.log(value) for value in values])
    found = log_ratio(np.array([2.0, 0.0, 1.0, -1.0, np.nan]), np.array([1.0, 1.0, 0.0, 1.0, 1.0]))
    assert_array_equal(found, [math.log(2.0), 0.0, 0.0, 0.0, np.nan])


def test_the_circle_closes() -> None:
    """A quarter, a half and a full turn land where geometry says."""
    sine, cosine = circle(np.array([0.0, 6.0, 12.0, 24.0]), 24.0)
    assert_allclose(sine, [0, 1, 0, 0], atol=1e-15)
    assert_allclose(cosine, [1, 0, -1, 1], atol=1e-15)


def test_runs_are_counted_up_to_their_limit() -> None:
    """A run grows by one each row, carries the sign, is capped, and a zero has no length."""
    found = run_length(np.array([1.0, 1, 1, 1, -1, 0, 0, -1, -1]), 3)
    assert_array_equal(found, [1, 2, 3, 3, -1, 0, 0, -1, -2])


def test_buckets_become_bars() -> None:
    """First open, highest high, lowest low, last close and the volume's sum make the bar of a bucket."""
    bucket = np.array([4, 4, 4, 9])
    open_, high, low = np.array([1.0, 2, 3, 8]), np.array([5.0, 9, 4, 8]), np.array([1.0, 0.5, 2, 7])
    close, volume = np.array([2.0, 3, 2.5, 7.5]), np.array([1.0, 10, 100, 5])
    number, merged, first_row = merge_by_clock(bucket, open_, high, low, close, volume)
    assert_array_equal(number, [4, 9])
    assert_array_equal(merged, [[1, 8], [9, 8], [0.5, 7], [2.5, 7.5], [111, 5]])
    assert_array_equal(first_row, [0, 0, 0, 3])


def test_returns_between_rows_are_summed_and_go_stale() -> None:
    """A row takes what came after the row before it; it is NaN before the first value and after too long a silence."""
    rows, times = np.array([5, 10, 20, 25, 31]), np.array([6, 9, 10, 15, 20])
    found = sum_between(rows, times, np.array([1.0, 2, 4, 8, 16]), 10)
    assert_array_equal(found, [np.nan, 7, 24, 0, np.nan])
