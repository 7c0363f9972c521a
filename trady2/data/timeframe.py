"""Timeframes: how long a bar lasts, as a name (``1h``) and as a step on the clock."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from trady2.errors import DataError, NotEnoughDataError

__all__ = ["modal_step", "timeframe_delta", "timeframe_name"]

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MICRO = 1_000_000


def timeframe_delta(timeframe: str) -> np.timedelta64:
    """Return the length of a bar of *timeframe* in microseconds: ``1h`` is 3,600,000,000.

    Raises:
        DataError: *timeframe* is not a number and one of s, m, h, d, w.
    """
    match = re.fullmatch(r"([1-9]\d{0,3})([smhdw])", timeframe)
    if match is None:
        raise DataError(
            f"{timeframe!r} is no timeframe: it has to be a number and s, m, h, d or w; write 1h or 15m",
            timeframe=timeframe,
        )
    return np.timedelta64(int(match[1]) * _SECONDS[match[2]] * _MICRO, "us")


def timeframe_name(delta: np.timedelta64) -> str:
    """Return the shortest name of a step: 3,600 s is ``1h``; the inverse of `timeframe_delta`.

    Raises:
        DataError: *delta* is not a positive number of whole seconds.
    """
    micro = int(delta.astype("timedelta64[us]").astype(np.int64))
    if micro <= 0 or micro % _MICRO:
        raise DataError(f"a step of {micro} µs has no name: bars last whole seconds; resample them", step=micro)
    seconds = micro // _MICRO
    unit, size = next((unit, size) for unit, size in _SECONDS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}"


def modal_step(timestamps: npt.NDArray[np.datetime64]) -> np.timedelta64:
    """Return the most frequent positive step between neighbours, the shortest of equally frequent ones.

    Args:
        timestamps: (n,) datetime64, UTC, in the order of the rows. Steps back in time (where the next
            asset begins) and of length zero do not count.

    Raises:
        NotEnoughDataError: no row is later than the one before it.
    """
    steps = np.diff(timestamps.astype("datetime64[us]").astype(np.int64))
    steps = steps[steps > 0]
    if not len(steps):
        raise NotEnoughDataError(
            f"{len(timestamps)} rows tell no timeframe: two bars at different times are needed; bring more bars",
            rows=len(timestamps),
        )
    common = int(np.median(steps))
    # The median is nearly always the answer, and sorting a million steps to be sure of it costs 50 ms.
    if np.count_nonzero(steps == common) * 2 <= len(steps):
        values, counts = np.unique(steps, return_counts=True)
        common = int(values[np.argmax(counts)])
    return np.timedelta64(common, "us")
