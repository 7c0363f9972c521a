"""The judgement of rows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trady2.data.judging import judge
from trady2.data.reading import RawBars, read_source
from trady2.data.sources import find_sources
from trady2.errors import DataError

HOUR = np.timedelta64(3_600_000_000, "us")
WriteCsv = Callable[..., Path]
Hours = Callable[..., list[str]]


def read(*paths: Path) -> list[RawBars]:
    """Read files."""
    return [read_source(source) for source in find_sources(paths)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("soon,100,102,99,101,10", "the time is missing or unreadable"),
        ("1704078000,100,nan,99,101,10", "a price is missing or not finite"),
        ("1704078000,100,inf,99,101,10", "a price is missing or not finite"),
        ("1704078000,100,x,99,101,10", "a price is missing or not finite"),
        ("1704078000,0,102,99,101,10", "a price is not positive"),
        ("1704078000,100,98,99,101,10", "high below low"),
        ("1704078000,100,102,99,103,10", "open or close above high"),
        ("1704078000,98,102,99,101,10", "open or close below low"),
        ("1704078000,100,102,99,101,", "volume is missing or not finite"),
        ("1704078000,100,102,99,101,-1", "volume is negative"),
        ("1704078001,100,102,99,101,10", "off the grid of the timeframe"),
    ],
)
def test_each_fault_keeps_its_row_out(write_csv: WriteCsv, hours: Hours, line: str, reason: str) -> None:
    """A bad row goes with its reason, the others stay."""
    rows, _ = judge(read(write_csv("x.csv", *hours(8, {3: line}))), [None], HOUR, None)
    assert (rows.faults(), rows.good.tolist()) == ({reason: 1}, [True] * 3 + [False] + [True] * 4)


@pytest.mark.parametrize(
    ("fetched_at", "left"),
    [("2024-01-01T08:00:00Z", 8), ("2024-01-01T07:59:59Z", 7), ("2024-01-01T02:30:00Z", 2), (None, 8)],
)
def test_bars_that_close_after_the_download_are_unfinished(
    write_csv: WriteCsv, hours: Hours, fetched_at: str | None, left: int
) -> None:
    """A bar counts from the moment it closes."""
    rows, _ = judge(read(write_csv("x.csv", *hours(8))), [None], HOUR, fetched_at)
    assert np.flatnonzero(rows.good).tolist() == list(range(left))


def test_nothing_left_is_an_error(write_csv: WriteCsv, hours: Hours) -> None:
    """When no bar is usable, the reasons are counted."""
    lines = [line.replace(",102,", ",98,") for line in hours(5, {0: "x,1,1,1,1,1"})]
    with pytest.raises(DataError, match=r"no usable bar in x\.csv: 4 × high below low, 1 × the time is missing"):
        judge(read(write_csv("x.csv", *lines)), [None], HOUR, None)
    with pytest.raises(DataError, match="fetched_at='2024-01-01' has no time zone"):
        judge(read(write_csv("y.csv", *hours(5))), [None], HOUR, "2024-01-01")


@pytest.mark.parametrize(("rows", "refused"), [(23, False), (24, True)])
def test_two_venues_are_not_one_market(write_csv: WriteCsv, hours: Hours, rows: int, refused: bool) -> None:
    """Files that contradict each other at most of their common times are refused instead of losing their bars."""
    others = [line.replace(",100,", ",100.5,") for line in hours(rows)]
    raws = read(write_csv("a.csv", *hours(60)), write_csv("b.csv", *others))
    if refused:
        with pytest.raises(
            DataError, match=r"a\.csv, b\.csv give other values for 24 of the 24 times.*each venue on its own"
        ):
            judge(raws, [None, None], HOUR, None)
    else:
        assert judge(raws, [None, None], HOUR, None)[0].good.sum() == 60 - rows


def test_repairs_are_flagged(write_csv: WriteCsv) -> None:
    """Rows whose volumes were exchanged, or fit no price, are flagged."""
    header = "time,open,high,low,close,volume,quote_volume"
    lines = [
        f"{1_704_067_200 + 3_600 * row},100,102,99,101,{volumes}"
        for row, volumes in enumerate(["10,1005", "1005,10", "5,5"])
    ]
    _, repairs = judge(read(write_csv("x.csv", header, *lines)), [None], HOUR, None)
    assert [flags.tolist() for flags in repairs.values()] == [[False, True, False], [False, False, True]]
