"""How stored bars are cut into files."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.data.periods import EVER, file_stems, files_between, period_of, stem_span
from trady2.data.timeframe import timeframe_delta

MICRO = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORMATS = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d"}
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - as asked


def micro(*moments: str) -> np.ndarray:
    """Return moments as µs since 1970."""
    return np.array(moments, "datetime64[us]").astype(np.int64)


@pytest.mark.parametrize(
    ("period", "timeframes"),
    [
        ("year", ["1w", "1d", "1h", "30m"]),
        ("month", ["15m", "5m", "3m"]),
        ("week", ["2m", "1m", "30s"]),
        ("day", ["15s", "1s"]),
    ],
)
def test_the_period_fits_the_timeframe(period: str, timeframes: list[str]) -> None:
    """The longest period of at most 20,160 bars, however short the bars a day."""
    assert {period_of(timeframe_delta(timeframe)) for timeframe in timeframes} == {period}


def test_rows_are_cut_where_a_period_ends() -> None:
    """Each name stands for the rows of its own period, the last microsecond included."""
    times = micro("2024-12-29T23:59:59.999999", "2024-12-30", "2024-12-31T23:59", "2025-01-05T23:59", "2025-01-06")
    assert list(file_stems(times, "year")) == [("2024", slice(0, 3)), ("2025", slice(3, 5))]
    assert list(file_stems(times, "month")) == [("2024-12", slice(0, 3)), ("2025-01", slice(3, 5))]
    weeks = [("2024-W52", slice(0, 1)), ("2025-W01", slice(1, 4)), ("2025-W02", slice(4, 5))]
    assert list(file_stems(times, "week")) == weeks
    assert [stem for stem, _ in file_stems(times, "day")][-2:] == ["2025-01-05", "2025-01-06"]
    assert list(file_stems(times[:0], "day")) == []


@pytest.mark.parametrize("period", list(FORMATS))
@given(moments=st.lists(MOMENTS, min_size=1, max_size=20))
def test_a_row_lies_in_the_span_of_its_file(period: str, moments: list[datetime]) -> None:
    """Names are those of the calendar, every row is in one file, and the file's span holds it."""
    times = np.array(sorted((moment - EPOCH) // MICRO for moment in moments))
    found = list(file_stems(times, period))
    names = [f"{EPOCH + int(time) * MICRO:{FORMATS[period]}}" for time in times]
    assert [stem for stem, rows in found for _ in times[rows]] == names
    assert [stem for stem, _ in found] == sorted(set(names))
    for stem, rows in found:
        told, first, after = stem_span(stem)
        assert (told, (times[rows] >= first).all(), (times[rows] < after).all()) == (period, True, True)
        following = f"{EPOCH + after * MICRO:{FORMATS[period]}}"
        assert (following > stem, stem_span(following)[1]) == (True, after)


@pytest.mark.parametrize("stem", ["copy", "20240", "2024-13", "2024-W54", "2024-X12", "2024-02-30", "all-of-them", ""])
def test_other_names_have_no_span(stem: str) -> None:
    """What is no calendar period may hold anything."""
    assert stem_span(stem) is None
    assert files_between([f"{stem}.parquet"], 5, 6) == [f"{stem}.parquet"]


def test_files_are_found_by_their_time() -> None:
    """A file is wanted when its period and the span share a moment; both end before their last moment."""
    names = ["2023.parquet", "2024-01.parquet", "2024-02.parquet", "2024-W10.parquet", "2024-03-11.parquet"]
    first, after = micro("2024-01-31T23:59:59.999999", "2024-03-11")
    assert files_between(names, int(first), int(after)) == names[1:4]
    assert files_between(names, int(after), int(after) + 1) == names[4:]
    assert files_between(names, *EVER) == names
