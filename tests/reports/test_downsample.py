from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trady2.reports.downsample import PIXELS, extreme_rows

values_of_any_kind = arrays(
    np.float64, st.integers(0, 400), elements=st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")))
)


@given(values_of_any_kind, st.integers(1, 20))
def test_extremes_and_ends_survive(values: np.ndarray, buckets: int) -> None:
    """First and last row, global minimum and maximum are among the rows that are drawn."""
    drawn = values[extreme_rows(values, buckets)]
    np.testing.assert_equal(drawn[[0, -1]] if len(drawn) else drawn, values[[0, -1]] if len(values) else values)
    known = values[~np.isnan(values)]
    if known.size:
        assert (np.nanmin(drawn), np.nanmax(drawn)) == (known.min(), known.max())


@given(values_of_any_kind, st.integers(1, 20))
def test_rows_increase_and_are_few(values: np.ndarray, buckets: int) -> None:
    """The rows are strictly increasing, so time stays monotone, and at most four a bucket."""
    rows = extreme_rows(values, buckets)
    assert (np.diff(rows) > 0).all()
    assert len(rows) <= 4 * buckets


@given(values_of_any_kind, st.integers(1, 20))
def test_drawing_what_was_drawn_changes_nothing(values: np.ndarray, buckets: int) -> None:
    """What is short enough stays whole, the result of an earlier call included."""
    drawn = values[extreme_rows(values, buckets)]
    np.testing.assert_array_equal(np.arange(len(drawn)), extreme_rows(drawn, buckets))


def test_each_bucket_gives_its_own_extremes() -> None:
    """Two runs of five rows give first, lowest, highest and last of each."""
    values = np.array([3.0, 9.0, 4.0, 1.0, 5.0, 7.0, 6.0, 2.0, 8.0, 7.5])
    np.testing.assert_array_equal([0, 1, 3, 4, 5, 7, 8, 9], extreme_rows(values, 2))


@pytest.mark.parametrize("n", [4801, 100_003])
def test_every_pixel_column_keeps_its_range(n: int) -> None:
    """In each bucket the drawn line spans exactly the range of all its bars, whatever the remainder."""
    values = np.random.default_rng(n).standard_normal(n).cumsum()
    rows = extreme_rows(values)
    width = -(-n // PIXELS)
    for start in range(0, n, width):
        inside = rows[(rows >= start) & (rows < start + width)]
        own = values[start : start + width]
        assert (own.min(), own.max()) == (values[inside].min(), values[inside].max())
