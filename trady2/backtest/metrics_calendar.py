"""Figures of days, months, quarters and years in UTC, by the open of the bar."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trady2.stats import returns as growth
from trady2.stats.calendar import calendar_ends, calendar_returns
from trady2.stats.growth import geometric_mean
from trady2.stats.trades import longest_run, win_rate

__all__ = ["calendar_metrics", "trailing_returns"]

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

_TRAILING = {"return_3_months": 3, "return_6_months": 6, "return_12_months": 12}
_TRAILING_YEARS = {"cagr_3_years": 3, "cagr_5_years": 5, "cagr_10_years": 10}


def calendar_metrics(times: Times, equity: Floats) -> dict[str, float]:
    """Return what days, months, quarters and years say.

    Args:
        times: (n,) datetime64, the opens of the bars in UTC, ascending.
        equity: (n,) money at their closes.

    Returns:
        Fractions. An `expected_…_return` is the geometric mean. `positive_…_share` leaves out days, months, quarters
        and years in which nothing changed; `mean_up_month_return` is the mean of the months that gained.
        `month_gain_to_pain_ratio` is the sum of all months over the sum of the losing ones (Schwager). Value at risk
        is that of a day. The first and the last month, quarter and year may be parts.
    """
    ends = calendar_ends(times, "day")
    days, money = times[ends], np.concatenate([equity[:1], equity[ends]])
    day, month = growth.period_returns(money), calendar_returns(days, equity[ends], "month", before=money[0])
    quarter = calendar_returns(days, equity[ends], "quarter", before=money[0])
    year = calendar_returns(days, equity[ends], "year", before=money[0])
    spans = {"day": day, "month": month, "quarter": quarter, "year": year}
    return {
        **{f"best_{name}_return": float(found.max()) for name, found in spans.items()},
        **{f"worst_{name}_return": float(found.min()) for name, found in spans.items()},
        **{f"expected_{name}_return": geometric_mean(found) for name, found in spans.items()},
        **{f"positive_{name}_share": win_rate(found[found != 0]) for name, found in spans.items()},
        "mean_up_month_return": growth.mean(month[month > 0]),
        "mean_down_month_return": growth.mean(month[month < 0]),
        "month_gain_to_pain_ratio": growth.gain_to_pain_ratio(month),
        "longest_up_day_run": longest_run(day > 0),
        "longest_down_day_run": longest_run(day < 0),
        "day_value_at_risk_historical": growth.value_at_risk(day),
        "day_conditional_value_at_risk_historical": growth.conditional_value_at_risk(day),
        **trailing_returns(days, equity[ends], money[0]),
    }


def trailing_returns(days: Times, equity: Floats, before: float) -> dict[str, float]:
    """Return growth since the month and the year began, and over the last months and years up to the last bar.

    A window of k months begins at the open of the bar k months of the calendar before the last day, or the last day of
    that month; one that begins before the first bar is NaN. More than a year is compound growth a year.

    Args:
        days: (m,) datetime64, one time in each day that has a bar, UTC, ascending.
        equity: (m,) money at the end of those days.
        before: money before the first of them.
    """
    last = days[-1].astype("datetime64[D]")
    starts = {"return_month_to_date": last.astype("datetime64[M]"), "return_year_to_date": last.astype("datetime64[Y]")}
    found = {name: _since(days, equity, before, start.astype("datetime64[D]")) for name, start in starts.items()}
    first = days[0].astype("datetime64[D]")
    for name, months in (_TRAILING | {name: 12 * years for name, years in _TRAILING_YEARS.items()}).items():
        start = _months_before(last, months)
        growth_since = _since(days, equity, before, start) if start >= first else math.nan
        years = max(months / 12, 1)
        found[name] = (1 + growth_since) ** (1 / years) - 1
    return found


def _since(days: Times, equity: Floats, before: float, start: np.datetime64) -> float:
    """Return the growth from the last money before *start* to the end."""
    place = int(np.searchsorted(days, start.astype(days.dtype)))
    return growth.ratio(float(equity[-1]), float(equity[place - 1] if place else before)) - 1


def _months_before(day: np.datetime64, months: int) -> np.datetime64:
    month = day.astype("datetime64[M]")
    earlier = month - months
    length = ((earlier + 1).astype("datetime64[D]") - earlier.astype("datetime64[D]")).astype(int)
    offset = min(int((day - month.astype("datetime64[D]")).astype(int)), int(length) - 1)
    return np.datetime64(earlier.astype("datetime64[D]") + offset)
