"""When an asset trades: which bars a calendar expects, so that a gap and a weekend are told apart.

``24/7`` expects every step. ``sessions`` learns the trading hours from the bars themselves: a slot (weekday
and time of day, UTC) is expected in a week when at least half of the weeks within six weeks of it traded that
slot. So a weekend is no gap, daylight saving moves with the data, and an outage is a gap. Weeks without a single bar
say nothing about trading hours and are not counted.

It looks up to six weeks ahead: right for labels, reports and counting; never a feature.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.errors import DataError

__all__ = ["missing_bars", "periods_per_year"]

_WEEK = 7 * 86_400_000_000
_MONDAY = 4 * 86_400_000_000  # 1970-01-05, the first Monday after the epoch
_YEAR = 365.25 * 86_400_000_000
_WEEKS_AROUND = 6

Integers = npt.NDArray[np.int64]


def missing_bars(timestamps: npt.NDArray[np.datetime64], step: np.timedelta64, calendar: str) -> Integers:
    """Count the expected bars between each row and the one before it that are not there.

    Args:
        timestamps: (n,) datetime64, UTC, strictly rising (one asset).
        step: the timeframe.
        calendar: ``24/7`` or ``sessions``.

    Returns:
        (n,) int64, 0 for the first row.

    Raises:
        DataError: an unknown calendar, times that do not rise, or (``sessions``) a step that does not divide a week.
    """
    times, size = _checked(timestamps, step, calendar)
    missing = np.zeros(len(times), np.int64)
    if len(times) < 2:
        return missing
    if calendar == "24/7" or size >= _WEEK:
        missing[1:] = (np.diff(times) - 1) // size
        return missing
    slots = _slots(times, size)
    before = np.concatenate(([0], np.cumsum(_expected(slots, size))))
    first = slots[0]
    missing[1:] = before[slots[1:] - first] - before[slots[:-1] - first + 1]
    return np.maximum(missing, 0)  # two bars inside one slot, where the clock moved, would count as -1


def periods_per_year(timestamps: npt.NDArray[np.datetime64], step: np.timedelta64, calendar: str) -> float:
    """Return how many bars the calendar expects in a year of 365.25 days.

    With ``sessions`` and less than a week of bars, the trading hours are unknown and every step counts.
    Arguments and errors are those of `missing_bars`.
    """
    times, size = _checked(timestamps, step, calendar)
    span = times[-1] - times[0] + size if len(times) else 0
    if calendar == "24/7" or span < _WEEK or size >= _WEEK:
        return _YEAR / size
    return float(np.count_nonzero(_expected(_slots(times, size), size))) * _YEAR / float(span)


def _checked(timestamps: npt.NDArray[np.datetime64], step: np.timedelta64, calendar: str) -> tuple[Integers, int]:
    if calendar not in ("24/7", "sessions"):
        raise DataError(f"unknown calendar {calendar!r}: it has to be '24/7' or 'sessions'", calendar=calendar)
    times = timestamps.astype("datetime64[us]").astype(np.int64)
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        row = int(back[0]) + 1
        raise DataError(
            f"row {row}: {timestamps[row]} is not later than {timestamps[row - 1]} before it; "
            "sort the bars of one asset by time and drop duplicates",
            row=row,
        )
    return times, int(step.astype("timedelta64[us]").astype(np.int64))


def _slots(times: Integers, size: int) -> Integers:
    """Number the steps of the clock since a Monday; a start shifted by daylight saving falls into its usual slot."""
    phase = (times[0] - _MONDAY) % size
    return np.asarray((times - _MONDAY - phase + size // 2) // size, np.int64)


def _expected(slots: Integers, size: int) -> npt.NDArray[np.bool_]:
    """Return, for each slot from the first bar's to the last bar's, whether the calendar expects a bar."""
    if _WEEK % size:
        raise DataError(
            f"a step of {size // 1_000_000} s has no place in a week of trading hours: it does not divide a week; "
            "resample the bars, or use the calendar '24/7'",
            step=size,
        )
    per_week = _WEEK // size
    first_week, last_week = slots[0] // per_week, slots[-1] // per_week
    weeks = int(last_week - first_week) + 1
    start, stop = slots[0] - first_week * per_week, slots[-1] - first_week * per_week + 1
    traded = np.zeros(weeks * per_week, np.int32)
    traded[slots - first_week * per_week] = 1
    inside = np.zeros(weeks * per_week, np.int32)
    inside[start:stop] = 1
    by_week, possible = traded.reshape(weeks, per_week), inside.reshape(weeks, per_week)
    possible[~by_week.any(axis=1)] = 0
    near, seen = _around(by_week), _around(possible)
    return ((2 * near >= seen) & (near > 0)).reshape(-1)[start:stop]


def _around(flags: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Sum each slot over the weeks within `_WEEKS_AROUND` of its own."""
    weeks = len(flags)
    sums = np.zeros((weeks + 1, flags.shape[1]), np.int32)
    np.cumsum(flags, axis=0, out=sums[1:])
    low = np.maximum(np.arange(weeks) - _WEEKS_AROUND, 0)
    high = np.minimum(np.arange(weeks) + _WEEKS_AROUND + 1, weeks)
    return sums[high] - sums[low]
