from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.errors import ConfigError, NotEnoughDataError
from trady2.learning.splitter_calendar import CalendarWalkForward, period_of

PANDAS_NAMES = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}


@pytest.mark.parametrize("period", PANDAS_NAMES)
@given(numbers=st.lists(st.integers(-40_000_000, 40_000_000), min_size=1, max_size=40))
def test_periods_equal_those_of_pandas(period: str, numbers: list[int]) -> None:
    """Minutes from 1893 to 2046 fall into the periods that pandas puts them in, each numbered one after the last."""
    times = np.datetime64("1970-01-01", "us") + np.array(numbers) * np.timedelta64(1, "m")
    expected = pd.DatetimeIndex(times).to_period(PANDAS_NAMES[period]).astype("int64").to_numpy()
    found = period_of(times, period)  # type: ignore[arg-type]
    assert (found - found[0]).tolist() == (expected - expected[0]).tolist()


def test_months_by_hand() -> None:
    """Four months of days are tested month by month; labels of three days purge the end of every month before."""
    days = pd.date_range("2024-01-10", "2024-04-15", tz="UTC")
    ends = days + pd.Timedelta("3D")
    found = CalendarWalkForward(period="month").split(days, ends)
    spans = [tuple(f"{days[row]:%m%d}" for row in (*train[[0, -1]], *test[[0, -1]])) for train, test in found]
    assert spans == [
        ("0110", "0128", "0201", "0229"),
        ("0110", "0226", "0301", "0331"),
        ("0110", "0328", "0401", "0415"),
    ]
    rolling = CalendarWalkForward(period="month", n_train_periods=2, expanding=False, embargo=pd.Timedelta("1D"))
    spans = [tuple(f"{days[row]:%m%d}" for row in train[[0, -1]]) for train, _ in rolling.split(days, ends)]
    assert spans == [("0110", "0225"), ("0201", "0327")]


def test_midnight_belongs_to_the_new_month() -> None:
    """The bar that closes at midnight is decided on in the new month, and is tested there."""
    hours = np.arange("2024-01-31T20", "2024-02-01T04", dtype="datetime64[h]")
    ((train, test),) = CalendarWalkForward(period="month").split(hours, hours)
    assert (hours[train[-1]], hours[test[0]]) == (np.datetime64("2024-01-31T23"), np.datetime64("2024-02-01T00"))


def test_a_month_without_rows_is_no_test_and_counts_in_the_window() -> None:
    """A gap of a month is not tested; a rolling window of one month after it has nothing to train on, and raises."""
    days = np.arange("2024-01-01", "2024-05-01", dtype="datetime64[D]")
    days = days[period_of(days.astype("datetime64[us]"), "month") != 649]
    assert len(list(CalendarWalkForward(period="month").split(days, days))) == 2
    with pytest.raises(NotEnoughDataError, match=r"month 1 of 2 has no row to train on"):
        list(CalendarWalkForward(period="month", expanding=False).split(days, days))


def test_too_few_periods() -> None:
    """History within the first training periods, or no labelled row, cannot be split."""
    days = np.arange("2024-01-01", "2024-01-30", dtype="datetime64[D]")
    with pytest.raises(NotEnoughDataError, match=r"29 labelled rows leave no month to test after 1 to train on"):
        CalendarWalkForward(period="month").split(days, days)
    with pytest.raises(NotEnoughDataError, match=r"0 labelled rows leave no month"):
        CalendarWalkForward(period="month").split(days, np.full(29, np.datetime64("NaT", "us")))


def test_names_and_numbers_that_are_none() -> None:
    """A period that no calendar has, or no training period, is refused."""
    with pytest.raises(ConfigError, match=r"period = 'fortnight' is none; choose from day, week, month"):
        CalendarWalkForward(period="fortnight")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"n_train_periods = 0 splits nothing"):
        CalendarWalkForward(period="week", n_train_periods=0)
