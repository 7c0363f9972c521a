"""Returns of days, months, quarters and years.

*times* is (n,) datetime64, UTC, ascending; *equity* (n,) money at those times. Days, months, quarters and years are
those of the calendar in UTC, by the open of the bar.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trady2.stats.returns import period_returns

__all__ = ["CalendarUnit", "calendar_ends", "calendar_returns"]

CalendarUnit = Literal["day", "month", "quarter", "year"]

_CODES = {"day": "D", "month": "M", "quarter": "M", "year": "Y"}


def calendar_ends(times: NDArray[np.datetime64], unit: CalendarUnit) -> NDArray[np.int64]:
    """Return the position of the last time in each day, month, quarter or year that has one, ascending."""
    number = times.astype(f"datetime64[{_CODES[unit]}]").astype(np.int64)
    if unit == "quarter":
        number //= 3
    return np.flatnonzero(np.append(number[1:] != number[:-1], np.ones(min(number.size, 1), bool)))


def calendar_returns(
    times: NDArray[np.datetime64], equity: NDArray[np.float64], unit: CalendarUnit, *, before: float
) -> NDArray[np.float64]:
    """Return the compounded return of each day, month, quarter or year that has a time, in order.

    The first one starts from the money *before* the first time.
    """
    return period_returns(np.concatenate([[before], equity[calendar_ends(times, unit)]]))
