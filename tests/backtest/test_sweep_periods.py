from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trady2.backtest.sweep_periods import compounded, cut_periods, returns_by_period
from trady2.errors import DataError


def equity_at(times: list[str], values: list[float]) -> pd.Series:
    """Return an equity curve."""
    return pd.Series(values, index=pd.DatetimeIndex(times, tz="UTC").as_unit("us"))


def test_a_bar_belongs_to_the_day_in_which_it_opens():
    """The bar from 23:00 to midnight ends its day; the first day begins with the cash, a day without bars earns 0."""
    times = ["2024-01-05 22:00", "2024-01-05 23:00", "2024-01-08 00:00", "2024-01-08 01:00"]
    returns = returns_by_period(equity_at(times, [100, 110, 99, 121]), 100.0)
    assert returns.index.tolist() == pd.date_range("2024-01-05", "2024-01-08", tz="UTC").tolist()
    np.testing.assert_allclose(returns, [0.1, 0, 0, 0.1])
    assert (str(returns.index.dtype), returns.index.name) == ("datetime64[us, UTC]", "timestamp")


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("1D", ["2024-01-03", "2024-01-04"]),
        ("12h", ["2024-01-03 12:00", "2024-01-04 00:00", "2024-01-04 12:00"]),
        ("1w", ["2024-01-01"]),
    ],
)
def test_periods_are_counted_in_utc_from_a_monday(period, starts):
    """Days begin at midnight, weeks on Mondays."""
    times = ["2024-01-03 13:00", "2024-01-04 20:00"]
    index = returns_by_period(equity_at(times, [1, 1]), 1.0, period).index
    assert index.tolist() == [pd.Timestamp(start, tz="UTC") for start in starts]


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True).map(sorted),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["1h", "7h", "1D", "1w"]),
)
@settings(max_examples=60, deadline=None)
def test_returns_equal_those_of_pandas_and_compound_to_the_total(hours, seed, period):
    """Resampling with pandas gives the same periods and returns, and their product is the total return."""
    random = np.random.default_rng(seed)
    times = pd.Timestamp("2024-02-26T05:00", tz="UTC").as_unit("us") + pd.to_timedelta(hours, unit="h").as_unit("us")
    equity = pd.Series(100 * np.exp(np.cumsum(random.normal(0, 0.02, len(hours)))), index=times)
    got = returns_by_period(equity, 100.0, period)
    length = {"1h": "1h", "7h": "7h", "1D": "1D", "1w": "7D"}[period]
    last = equity.tz_localize(None).resample(length, origin=pd.Timestamp("1970-01-05")).last().tz_localize("UTC")
    expected = last.ffill() / last.ffill().shift(fill_value=100.0) - 1
    assert got.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(got, expected, atol=1e-13)
    assert np.prod(1 + got) - 1 == pytest.approx(equity.iloc[-1] / 100 - 1, abs=1e-12)


def test_who_has_lost_all_earns_nothing_more():
    """After an equity of 0 every return is 0, never NaN."""
    clock = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[us]")
    assert compounded(np.array([5.0, 0, 0]), 10.0, cut_periods(clock, "1d")).tolist() == [-0.5, -1, 0]


def test_an_unknown_period_says_what_to_write():
    """A period is a number and a unit."""
    with pytest.raises(DataError, match=r"'daily' is no timeframe: .*write 1h or 15m"):
        cut_periods(np.array(["2024-01-01"], "datetime64[us]"), "daily")
