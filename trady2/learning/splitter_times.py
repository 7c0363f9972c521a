"""What a splitter is given: times as microseconds in UTC, rows with a known label, an embargo that cannot overflow."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NO_GAP", "Gap", "Rows", "Times", "embargo_of", "labelled_rows", "utc_times"]

Times = NDArray[np.datetime64]
Rows = NDArray[np.int64]
Gap = timedelta | np.timedelta64

NO_GAP = np.timedelta64(0, "us")

_LONGEST_GAP = 10**17
"""Microseconds, 3,000 years: no sum with a time can overflow."""


def labelled_rows(decision_time: Any, label_end: Any) -> tuple[Times, Times, Rows]:
    """Return decision times, label ends and positions of the rows that have both.

    Raises:
        DataError: times without a zone, of other lengths, or a label that ends before its decision.
    """
    decided, ends = utc_times(decision_time, "decision_time"), utc_times(label_end, "label_end")
    if len(decided) != len(ends):
        raise DataError(f"{len(decided)} decision times stand beside {len(ends)} label ends; give one for each row")
    rows = np.flatnonzero(~(np.isnat(ends) | np.isnat(decided)))
    decided, ends = decided[rows], ends[rows]
    if np.any(ends < decided):
        row = int(rows[np.argmax(ends < decided)])
        raise DataError(f"row {row}: its label ends before its decision is made; label the rows again", row=row)
    return decided, ends, rows


def utc_times(values: Any, name: str) -> Times:
    """Return *values* as (n,) datetime64[us], UTC; NaT stays NaT, what is finer than a microsecond is cut off.

    NumPy times are UTC by definition; times of pandas and Python need a zone. Raises DataError for a time without one.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("datetime64[us]")
    import pandas as pd

    index = pd.DatetimeIndex(values)
    if index.tz is None and not index.isna().all():
        raise DataError(f"{name} has no time zone; use pandas.to_datetime(…, utc=True)", argument=name)
    return index.tz_localize(None).to_numpy("datetime64[us]") if index.tz is None else _utc(index)


def _utc(index: pd.DatetimeIndex) -> Times:
    return index.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]")


def embargo_of(gap: Gap) -> np.timedelta64:
    """Return the embargo in whole microseconds, rounded up, and cut at 3,000 years.

    Raises:
        ConfigError: it is negative or no time at all.
    """
    if not gap >= gap * 0:  # NaT is not either
        raise ConfigError(f"embargo = {gap} lies in the past or nowhere; make it 0 or more", embargo=gap)
    one = timedelta(microseconds=1)
    micro = float(gap / np.timedelta64(one)) if isinstance(gap, np.timedelta64) else gap / one
    return np.timedelta64(min(math.ceil(micro), _LONGEST_GAP), "us")
