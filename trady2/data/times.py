"""Times as the outside world writes them, turned into microseconds since 1970, UTC."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UNREADABLE", "ParsedTimes", "parse_times", "utc_frame_times", "utc_time"]

UNREADABLE = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_1990, _SECONDS_2100 = 631_152_000, 4_102_444_800
# The ranges 1990 to 2100 of the four units do not touch, so a number tells its own unit.
_UNITS = {"seconds": (1, 1_000_000), "milliseconds": (1_000, 1_000), "microseconds": (1_000_000, 1)}
# Day and month in figures with slashes (10/11/2019) are left out on purpose: they cannot be told apart.
_TEXT_FORMATS = (
    "%Y-%m-%d %I-%p",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    "%Y-%m-%d %H:%M:%S %Z",
)

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ParsedTimes:
    """Times of a file: `micro` (n,) int64 µs since 1970 UTC, `UNREADABLE` where there is none; `notes` counts how."""

    micro: Integers
    notes: Counter[str]


def utc_time(value: object, name: str) -> np.datetime64:
    """Return a moment that a caller handed in as datetime64[us], UTC.

    Args:
        value: datetime or pandas Timestamp with a zone, ISO text with an offset, or datetime64 (UTC by definition).
        name: the argument's name, for the message.

    Raises:
        DataError: a time without a zone, or no time at all.
    """
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return np.datetime64(int(value.astype("datetime64[us]").astype(np.int64)), "us")
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise DataError(f"{name}={value!r} is no time; write 2025-01-31T00:00:00Z", **{name: value})
    if moment.tzinfo is None:
        raise DataError(f"{name}={value!r} has no time zone; write it with one, such as {value}Z", **{name: value})
    return np.datetime64((moment - _EPOCH) // timedelta(microseconds=1), "us")


def utc_frame_times(column: pd.Series, name: str = "timestamp") -> npt.NDArray[np.datetime64]:
    """Return a frame's time column as (n,) datetime64[us], UTC.

    Raises:
        DataError: the column holds no times, times without a zone, or a missing one.
    """
    zone = getattr(column.dtype, "tz", None)
    if zone is None:
        raise DataError(
            f"column {name!r} is {column.dtype}, not a time with a zone; use pandas.to_datetime(…, utc=True)",
            column=name,
            dtype=str(column.dtype),
        )
    naive = column.dt.tz_convert("UTC").dt.tz_localize(None)
    times: npt.NDArray[np.datetime64] = naive.to_numpy().astype("datetime64[us]")
    if np.isnat(times).any():
        row = int(np.flatnonzero(np.isnat(times))[0])
        raise DataError(f"row {row}: {name!r} is missing; drop the row", row=row, column=name)
    return times


def parse_times(column: pa.ChunkedArray) -> ParsedTimes:
    """Read a time column of a file, row by row where rows differ.

    Numbers are seconds, milli-, micro- or nanoseconds since 1970, told by their range; text is ISO 8601
    or one of the exchanges' dialects. A time without an offset is UTC, the convention of market
    files, and is counted in the notes.
    """
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _typed(column)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numbers(column.to_numpy())
    return _texts(column.cast(pa.string()))


def _typed(column: pa.ChunkedArray) -> ParsedTimes:
    # Nanoseconds are cut to microseconds: no exchange stamps bars more finely.
    micro = column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False).cast(pa.int64())
    values = _in_range(micro.fill_null(UNREADABLE).to_numpy())
    zoned = getattr(column.type, "tz", None) is not None
    note = "times with an offset" if zoned else "times without a zone, read as UTC"
    return ParsedTimes(values, +Counter({note: int((values != UNREADABLE).sum())}))


def _numbers(values: npt.NDArray[Any]) -> ParsedTimes:
    micro = np.full(len(values), UNREADABLE, np.int64)
    notes: Counter[str] = Counter()
    for unit, (per_second, factor) in _UNITS.items():
        fits = (values >= _SECONDS_1990 * per_second) & (values < _SECONDS_2100 * per_second)
        micro[fits] = np.rint(values[fits] * factor) if values.dtype.kind == "f" else values[fits] * factor
        notes[f"times in {unit}"] = int(fits.sum())
    nano = (values >= _SECONDS_1990 * 10**9) & (values < _SECONDS_2100 * 10**9)
    micro[nano] = values[nano].astype(np.int64) // 1_000
    notes["times in nanoseconds"] = int(nano.sum())
    return ParsedTimes(micro, +notes)


def _texts(column: pa.ChunkedArray) -> ParsedTimes:
    import pandas as pd

    texts = pd.Series(column.to_pandas(), dtype="str").str.strip()
    figures = texts.str.fullmatch(r"\d{9,19}(\.\d*)?").fillna(False).to_numpy(bool)
    micro = np.full(len(texts), UNREADABLE, np.int64)
    parsed = _numbers(pd.to_numeric(texts[figures]).to_numpy())
    micro[figures] = parsed.micro
    offset = texts.str.contains(r":\d\d.*(?:Z|[+-]\d\d:?\d\d)$").fillna(False).to_numpy(bool)
    micro[offset] = _micro(pd.to_datetime(texts[offset], format="ISO8601", utc=True, errors="coerce"))
    naive = ~figures & ~offset & texts.notna().to_numpy()
    for form in ("ISO8601", *_TEXT_FORMATS):
        left = naive & (micro == UNREADABLE)
        if not left.any():
            break
        micro[left] = _micro(pd.to_datetime(texts[left], format=form, utc=True, errors="coerce"))
    micro = _in_range(micro)
    read = micro != UNREADABLE
    notes = parsed.notes + Counter(
        {
            "times with an offset": int((offset & read).sum()),
            "times without a zone, read as UTC": int((naive & read).sum()),
        }
    )
    return ParsedTimes(micro, +notes)


def _micro(times: pd.Series) -> Integers:
    values = times.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.asarray(values, np.int64)


def _in_range(micro: Integers) -> Integers:
    outside = (micro < _SECONDS_1990 * 1_000_000) | (micro >= _SECONDS_2100 * 1_000_000)
    return np.where(outside, UNREADABLE, micro)
