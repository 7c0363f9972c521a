"""Gaps and weekends, told apart."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from trady2.data.calendar import missing_bars, periods_per_year
from trady2.errors import DataError

HOUR = np.timedelta64(3_600_000_000, "us")
Times = npt.NDArray[np.datetime64]


def office_hours(weeks: int, *, summer_from: int | None = None) -> Times:
    """Hourly bars from 9 to 16 h, Monday to Friday, an hour earlier from week *summer_from* on."""
    days = pd.bdate_range("2024-01-01", periods=5 * weeks)
    early = np.arange(5 * weeks) // 5 >= (weeks if summer_from is None else summer_from)
    hours = [
        day + pd.Timedelta(hours=hour - shift) for day, shift in zip(days, early, strict=True) for hour in range(9, 17)
    ]
    return np.array(hours, "datetime64[us]")


def test_every_step_is_expected_around_the_clock() -> None:
    """`24/7` counts the steps between two rows."""
    times = np.datetime64("2024-01-01", "us") + np.array([0, 1, 4, 5, 30]) * HOUR
    assert missing_bars(times, HOUR, "24/7").tolist() == [0, 0, 2, 0, 24]


@pytest.mark.parametrize("calendar", ["24/7", "sessions"])
@pytest.mark.parametrize("rows", [0, 1])
def test_the_first_row_misses_nothing(rows: int, calendar: str) -> None:
    """With one row or none there is no gap."""
    assert missing_bars(office_hours(1)[:rows], HOUR, calendar).tolist() == [0] * rows


@pytest.mark.parametrize("summer_from", [None, 10, 15])
def test_nights_weekends_and_daylight_saving_are_no_gaps(summer_from: int | None) -> None:
    """A market that keeps its hours has no gap, also where its hours move."""
    assert missing_bars(office_hours(30, summer_from=summer_from), HOUR, "sessions").sum() == 0


def test_lost_bars_are_found_inside_sessions() -> None:
    """Bars taken out are missing just where they were, however long the night beside them."""
    times = office_hours(30)
    lost = [100, 101, 407, 408, 409]
    missing = missing_bars(np.delete(times, lost), HOUR, "sessions")
    assert {int(row): int(missing[row]) for row in np.flatnonzero(missing)} == {100: 2, 405: 3}


def test_an_outage_of_weeks_is_a_gap() -> None:
    """Weeks without any bar do not teach the calendar that the market rests."""
    times = office_hours(30)
    kept = np.delete(times, np.arange(10 * 40, 15 * 40))
    assert missing_bars(kept, HOUR, "sessions").sum() == 5 * 40


def test_a_year_of_office_hours_has_its_bars() -> None:
    """40 bars a week are 2,087 a year; around the clock it is 8,766."""
    assert periods_per_year(office_hours(52), HOUR, "sessions") == pytest.approx(40 * 365.25 / 7, rel=0.02)
    assert periods_per_year(office_hours(52), HOUR, "24/7") == 8_766


@pytest.mark.parametrize(("days", "calendar"), [(1, "24/7"), (3, "sessions")])
def test_under_a_week_every_step_counts(days: int, calendar: str) -> None:
    """Trading hours cannot be learned from days."""
    assert periods_per_year(office_hours(1)[: 8 * days], HOUR, calendar) == 8_766
    assert periods_per_year(office_hours(1)[:0], HOUR, calendar) == 8_766


def test_weekly_bars_are_expected_every_week() -> None:
    """A step of a week has no hours to learn."""
    week = np.timedelta64(7, "D").astype("timedelta64[us]")
    times = np.datetime64("2024-01-01", "us") + np.array([0, 1, 3]) * week
    assert missing_bars(times, week, "sessions").tolist() == [0, 0, 1]
    assert periods_per_year(times, week, "sessions") == pytest.approx(52.18, abs=0.01)


@pytest.mark.parametrize(
    ("times", "step", "calendar", "message"),
    [
        (office_hours(1), HOUR, "nyse", r"unknown calendar 'nyse': it has to be '24/7' or 'sessions'"),
        (office_hours(1)[::-1], HOUR, "24/7", r"row 1: .* is not later than .*; sort"),
        (office_hours(2), 5 * HOUR, "sessions", r"18000 s has no place in a week.*use the calendar '24/7'"),
    ],
)
def test_what_cannot_be_counted_is_refused(times: Times, step: np.timedelta64, calendar: str, message: str) -> None:
    """Unknown calendars, unsorted times and steps that do not divide a week have their message."""
    with pytest.raises(DataError, match=message):
        missing_bars(times, step, calendar)


@pytest.mark.parametrize("calendar", ["24/7", "sessions"])
def test_a_crypto_venue_has_its_known_outages(market_data: Path, calendar: str) -> None:
    """BTCEUR misses 36 bars in 14 runs, the longest 6 bars, under either calendar."""
    missing = missing_bars(_times(market_data / "bars/BTCEUR_1h.parquet"), HOUR, calendar)
    assert (missing.sum(), (missing > 0).sum(), missing.max()) == (36, 14, 6)


def test_currency_weekends_are_explained_and_holidays_are_not(market_data: Path) -> None:
    """Of 641 breaks in twelve years of EURUSD, the 28 around holidays and outages are left, none a plain weekend."""
    times = _times(market_data / "bars/EURUSD-OANDA_1h.parquet")
    missing = missing_bars(times, HOUR, "sessions")
    assert ((missing_bars(times, HOUR, "24/7") > 0).sum(), (missing > 0).sum()) == (641, 28)
    hours = (np.diff(times, prepend=times[:1]) // HOUR)[missing > 0]
    assert not np.isin(hours, [48, 49, 50]).any()
    assert periods_per_year(times, HOUR, "sessions") == pytest.approx(120 * 365.25 / 7, rel=0.005)


def _times(path: Path) -> Times:
    return pd.read_parquet(path)["timestamp"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
