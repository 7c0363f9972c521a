"""Times of the outside world."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trady2.data.times import UNREADABLE, parse_times, utc_frame_times, utc_time
from trady2.errors import DataError

NINE = np.datetime64("2019-10-17T09:00", "us")
NINE_SECONDS = 1_571_302_800


def read(values: list[object], kind: pa.DataType | None = None) -> tuple[list[str | None], dict[str, int]]:
    """Parse a column and write its times as text."""
    parsed = parse_times(pa.chunked_array([pa.array(values, kind)]))
    times = [None if micro == UNREADABLE else str(np.datetime64(int(micro), "us")) for micro in parsed.micro]
    return times, dict(parsed.notes)


@pytest.mark.parametrize(
    ("factor", "unit"), [(1, "seconds"), (10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")]
)
@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_a_number_tells_its_unit(factor: int, unit: str, kind: pa.DataType) -> None:
    """Seconds to nanoseconds since 1970 give the same time, also written as text."""
    value = NINE_SECONDS * factor
    times, notes = read([str(value) if kind == pa.string() else value], kind)
    assert (times, notes) == ([str(NINE)], {f"times in {unit}": 1})


def test_units_are_told_row_by_row() -> None:
    """One column may hold seconds, milliseconds and microseconds; a number of no unit is unreadable."""
    column = [NINE_SECONDS, NINE_SECONDS * 1_000, NINE_SECONDS * 1_000_000, 17, None]
    times, notes = read(column, pa.int64())
    assert times == [str(NINE)] * 3 + [None, None]
    assert notes == {"times in seconds": 1, "times in milliseconds": 1, "times in microseconds": 1}


def test_floating_seconds_are_read() -> None:
    """Seconds with a fraction keep it."""
    assert read([NINE_SECONDS + 0.5, float("nan")])[0] == ["2019-10-17T09:00:00.500000", None]


@pytest.mark.parametrize(
    "text",
    [
        "2019-10-17 09-AM",
        "2019-10-17 09:00 AM",
        "2019-10-17 09:00:00 AM",
        "2019-10-17 09:00:00",
        "2019-10-17T09:00",
        "2019/10/17 09:00",
        "2019.10.17 09:00",
        "2019-10-17 09:00:00 UTC",
        " 2019-10-17 09:00 ",
    ],
)
def test_text_without_an_offset_is_utc_and_counted(text: str) -> None:
    """The dialects of exchanges are read as UTC, and the notes say so."""
    assert read([text]) == ([str(NINE)], {"times without a zone, read as UTC": 1})


@pytest.mark.parametrize(
    ("text", "hour"), [("2019-10-17 12-AM", 0), ("2019-10-17 12-PM", 12), ("2019-10-17 11-PM", 23)]
)
def test_noon_and_midnight_of_twelve_hour_clocks(text: str, hour: int) -> None:
    """12-AM is midnight and 12-PM is noon."""
    assert read([text])[0] == [f"2019-10-17T{hour:02}:00:00.000000"]


@pytest.mark.parametrize("text", ["2019-10-17T11:00:00+02:00", "2019-10-17T09:00:00.000+0000", "2019-10-17 09:00:00Z"])
def test_an_offset_is_applied(text: str) -> None:
    """ISO times with an offset become UTC."""
    assert read([text]) == ([str(NINE)], {"times with an offset": 1})


def test_dialects_may_be_mixed() -> None:
    """Each row of a text column is read on its own; what can mean two days, or no time at all, is unreadable."""
    times, notes = read(["2019-10-17 09-AM", "2019-10-17T09:00Z", str(NINE_SECONDS), "10/11/2019", "soon", None, ""])
    assert times == [str(NINE)] * 3 + [None] * 4
    assert notes == {"times in seconds": 1, "times with an offset": 1, "times without a zone, read as UTC": 1}


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        (pa.timestamp("ns", tz="UTC"), "times with an offset"),
        (pa.timestamp("s"), "times without a zone, read as UTC"),
        (pa.date32(), "times without a zone, read as UTC"),
    ],
)
def test_typed_times_are_taken_over(kind: pa.DataType, note: str) -> None:
    """Time columns of any unit are read; years no market has are unreadable."""
    times, notes = read([datetime(2019, 10, 17), datetime(1970, 1, 1), None], kind)  # noqa: DTZ001 - Arrow wants it so
    assert (times, notes) == (["2019-10-17T00:00:00.000000", None, None], {note: 1})


@pytest.mark.parametrize(
    "moment",
    [
        NINE,
        "2019-10-17T09:00:00Z",
        "2019-10-17T11:00:00+02:00",
        datetime(2019, 10, 17, 9, tzinfo=UTC),
        datetime(2019, 10, 17, 11, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2019-10-17 09:00", tz="UTC"),
    ],
)
def test_a_moment_with_a_zone_is_taken(moment: object) -> None:
    """Text, datetime and pandas Timestamp with a zone give the same moment."""
    assert utc_time(moment, "as_of") == NINE


@pytest.mark.parametrize("moment", ["2019-10-17T09:00", datetime(2019, 10, 17, 9)])  # noqa: DTZ001 - naive on purpose
def test_a_moment_without_a_zone_is_refused(moment: object) -> None:
    """The message names the argument and the way out."""
    with pytest.raises(DataError, match=r"as_of=.* has no time zone; write it with one"):
        utc_time(moment, "as_of")


@pytest.mark.parametrize("moment", ["soon", 5, None, np.datetime64("NaT")])
def test_what_is_no_moment_is_refused(moment: object) -> None:
    """Anything else is no time."""
    with pytest.raises(DataError, match=r"start=.* is no time; write 2025-01-31"):
        utc_time(moment, "start")


def test_frame_times_need_a_zone() -> None:
    """A column with a zone becomes UTC; without one, or with a hole, it is refused."""
    column = pd.Series(pd.to_datetime(["2019-10-17 11:00+02:00"]))
    assert utc_frame_times(column).tolist() == [NINE.item()]
    with pytest.raises(DataError, match=r"'timestamp' is .*, not a time with a zone"):
        utc_frame_times(column.dt.tz_localize(None))
    with pytest.raises(DataError, match="row 1: 'timestamp' is missing; drop the row"):
        utc_frame_times(pd.Series(pd.to_datetime(["2019-10-17", None], utc=True)))
