"""Columns that do not come from the bars: no cut and no poison can show what they know, so a person has to look."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.errors import DataError
from trady2.guards.builds import call_builder
from trady2.guards.certificate import Finding
from trady2.guards.feature_probe import FeatureProbe
from trady2.guards.poison import poisoned

__all__ = ["outside_findings"]

_SHARE = 0.99
_HOUR = np.timedelta64(1, "h")
_WEEK_MICROSECONDS = 7 * 86_400_000_000


def outside_findings(probe: FeatureProbe) -> tuple[Finding, ...]:
    """Warn of columns that stay the same when every number of every bar is another, and are no calendar either."""
    try:
        other = call_builder(probe.build, poisoned(probe.bars, 0, [probe.seed, 7]))
    except DataError:
        return ()  # the same call with a part of the bars changed has told it already
    first = probe.full
    if other.names != first.names:
        return ()
    same = (other.matrix == first.matrix) | (np.isnan(other.matrix) & np.isnan(first.matrix))
    still = np.flatnonzero(same.mean(axis=0) >= _SHARE)
    found = [first.names[place] for place in still if not _is_calendar(first.matrix[:, place], probe.bars.time)]
    text = (
        "does not depend on the bars at all, so it comes from elsewhere and the audit cannot see what it knows; "
        "see that each of its values was known at the close of its bar"
    )
    return tuple(Finding("A3", name, text, "warn") for name in found)


def _is_calendar(values: npt.NDArray[np.floating], time: npt.NDArray[np.datetime64]) -> bool:
    """Tell whether a column follows from the time in the week, the day in year or month and the hour, or the month."""
    micro = time.astype("datetime64[us]").astype(np.int64)
    month, day, hour = time.astype("datetime64[M]"), time.astype("datetime64[D]"), time.astype("datetime64[h]")
    hour_of_day = (hour - day) // _HOUR
    day_of_month = (day - month).astype(np.int64)
    month_of_year = month.astype(np.int64) % 12
    keys = [
        micro % _WEEK_MICROSECONDS,
        (month_of_year * 31 + day_of_month) * 24 + hour_of_day,
        day_of_month * 24 + hour_of_day,
        month_of_year,
    ]
    return any(_constant_within(values, key) for key in keys)


def _constant_within(values: npt.NDArray[np.floating], key: npt.NDArray[np.int64]) -> bool:
    order = np.argsort(key, kind="stable")
    same_key = np.diff(key[order]) == 0
    ordered = values[order]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    return bool(same_key.any()) and bool(same[same_key].mean() >= _SHARE)
