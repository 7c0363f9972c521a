from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose, assert_array_equal

from trady2.features.bar_arrays import BarArrays

ToArrays = Callable[[pd.DataFrame], BarArrays]


def test_a_frame_survives_the_way_through(bars: pd.DataFrame, to_arrays: ToArrays) -> None:
    """Frame to arrays to frame changes nothing, and numbers are not copied on the way in."""
    given = to_arrays(bars)
    pd.testing.assert_frame_equal(given.frame("AAA"), bars)
    assert len(given) == len(bars)
    assert np.shares_memory(given.close, bars["close"].to_numpy())


def test_slices_have_the_same_bits(bars: pd.DataFrame, to_arrays: ToArrays) -> None:
    """What a slice computes for a row has the bits that the same bars give when they stand alone."""
    part = to_arrays(bars).rows(100, 300)
    alone = to_arrays(bars[100:300].reset_index(drop=True))
    for name in ("log_close", "log_return", "true_range", "log_range", "typical", "direction"):
        assert_array_equal(getattr(part, name), getattr(alone, name), err_msg=name)


def test_derived_series_follow_their_formulas(bars: pd.DataFrame, to_arrays: ToArrays) -> None:
    """Log return, squared return, true range, body and relative prices are those of pandas."""
    given = to_arrays(bars)
    before = bars.close.shift(1)
    returns = np.log(bars.close / before)
    assert_allclose(given.log_return[1:], returns[1:], atol=1e-14)
    assert_allclose(given.squared_return[1:], returns[1:] ** 2, atol=1e-14)
    ranges = np.log(np.maximum(bars.high, before) / np.minimum(bars.low, before))
    assert_allclose(given.true_range[1:], ranges[1:], atol=1e-14)
    assert_allclose(given.log_body, np.log(bars.close / bars.open), atol=1e-14)
    assert_allclose(given.relative[0], bars.high / bars.close[0])
    assert_allclose(given.relative_logs[1], np.log(bars.low / bars.close[0]), atol=1e-14)
    assert_allclose(given.mean_range(9)[9:], ranges.rolling(9).mean()[9:], rtol=1e-10)
    assert_allclose(given.return_moments(9)[1][9:], returns.rolling(9).var(ddof=0)[9:], rtol=1e-8)


def test_shared_values_are_made_once(bars: pd.DataFrame, to_arrays: ToArrays) -> None:
    """The second question is answered from memory, another key is not."""
    given, made = to_arrays(bars), []
    for key in (("a", 1), ("a", 1), ("a", 2)):
        given.once(key, lambda: made.append(1) or len(made))
    assert len(made) == 2


def test_the_market_is_cut_with_the_bars(bars: pd.DataFrame, to_arrays: ToArrays) -> None:
    """A slice takes its part of the market along."""
    given = to_arrays(bars).with_market(np.arange(float(len(bars))))
    assert given.rows(5, 8).market.tolist() == [5, 6, 7]
    assert to_arrays(bars).rows(5, 8).market is None
