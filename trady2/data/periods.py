"""The calendar periods into which stored bars are cut, one file each, so that a new bar rewrites a small file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["EVER", "file_stems", "files_between", "period_of", "stem_span"]

EVER = (-(2**62), 2**62)
"""All of time, in µs since 1970 UTC."""

# A week of 30-second bars. A file of that size is read, merged and written in some 5 ms.
_MOST_BARS = 20_160
_DAY = 86_400_000_000
_DAYS = {"year": 366, "month": 31, "week": 7, "day": 1}
_FORMATS = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d"}
_LENGTHS = {len("2024"): "year", len("2024-05"): "month", len("2024-W20"): "week", len("2024-05-13"): "day"}
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # 1970 began on one; weeks begin on Monday


def period_of(step: np.timedelta64) -> str:
    """Return the longest of year, month, week and day (UTC) that holds at most 20,160 bars of *step*; else day."""
    size = int(step.astype("timedelta64[us]").astype(np.int64))
    return next((name for name, days in _DAYS.items() if days * _DAY <= _MOST_BARS * size), "day")


def file_stems(micro: npt.NDArray[np.int64], period: str) -> Iterator[tuple[str, slice]]:
    """Give the name of each period that holds a row, and its rows.

    Args:
        micro: (n,) µs since 1970 UTC, ascending.
        period: ``year`` (``2024``), ``month`` (``2024-05``), ``week`` (ISO, ``2024-W20``) or ``day`` (``2024-05-13``).
    """
    days = micro // _DAY
    numbers = (days + _THURSDAY) // 7 if period == "week" else days
    if period in ("month", "year"):
        numbers = days.view("datetime64[D]").astype(f"datetime64[{period[0].upper()}]").view(np.int64)
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(micro)]
    for start, stop in pairwise(edges):
        if stop > start:
            yield f"{datetime.fromtimestamp(int(days[start]) * 86_400, UTC):{_FORMATS[period]}}", slice(start, stop)


@lru_cache(4_096)
def stem_span(stem: str) -> tuple[str, int, int] | None:
    """Return the period of a file's stem, its first moment and the one after its last, in µs since 1970 UTC.

    None for a stem that `file_stems` does not give.
    """
    period = _LENGTHS.get(len(stem))
    with suppress(ValueError):
        if period == "year":
            return period, _moment(date(int(stem), 1, 1)), _moment(date(int(stem) + 1, 1, 1))
        if period == "month":
            first = date.fromisoformat(f"{stem}-01")
            following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            return period, _moment(first), _moment(following)
        if period == "week" and stem[4:6] == "-W":
            monday = _moment(date.fromisocalendar(int(stem[:4]), int(stem[6:]), 1))
            return period, monday, monday + 7 * _DAY
        if period == "day":
            midnight = _moment(date.fromisoformat(stem))
            return period, midnight, midnight + _DAY
    return None


def files_between(names: Iterable[str], start: int, stop: int) -> list[str]:
    """Return the names of files that may hold a moment with start <= moment < stop, in µs; an odd name may hold any."""
    spans = [(name, stem_span(name.removesuffix(".parquet")) or ("", *EVER)) for name in names]
    return [name for name, (_, first, after) in spans if first < stop and after > start]


def _moment(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY
