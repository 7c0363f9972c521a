"""Reading one file as it is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2.data.reading import RawBars, read_source
from trady2.data.sources import find_sources
from trady2.errors import DataError

WriteCsv = Callable[..., Path]
ROW = "1704067200,100,102,99,101,10"


def read(path: Path) -> RawBars:
    """Read a single file."""
    (source,) = find_sources(path)
    return read_source(source)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_and_byte_order_marks(write_csv: WriteCsv, separator: str, mark: str) -> None:
    """Commas, semicolons and tabs separate; a mark at the start is no part of a name."""
    lines = ["Time,Open,High,Low,Close,Volume", ROW]
    raw = read(
        write_csv("x.csv", *(mark * (not place) + line.replace(",", separator) for place, line in enumerate(lines)))
    )
    assert {name: values.tolist() for name, values in raw.ohlcv.items()} == {
        "open": [100], "high": [102], "low": [99], "close": [101], "volume": [10],
    }  # fmt: skip
    assert (raw.row.tolist(), raw.micro.tolist()) == ([2], [1_704_067_200_000_000])


@pytest.mark.parametrize(
    ("lines", "rows", "notes"),
    [
        ([ROW, ROW], [1, 2], {"files without a header": 1}),
        ([ROW + ",1704070799,1010,5,4,404,0"], [1], {"files without a header": 1}),
        (["# made by hand", ROW], [2], {"files without a header": 1, "comment lines skipped": 1}),
        (
            ["times are UTC,https://x", "a note", "time,open,high,low,close,volume", ROW],
            [4],
            {"comment lines skipped": 2},
        ),
        (["time,open,high,low,close,volume", "", ROW, "", ROW, ""], [3, 5], {"empty lines skipped": 3}),
    ],
)
def test_headers_comments_and_empty_lines(
    write_csv: WriteCsv, lines: list[str], rows: list[int], notes: dict[str, int]
) -> None:
    """Rows keep their line numbers whatever stands around them, and what was skipped is noted."""
    raw = read(write_csv("x.csv", *lines))
    assert raw.row.tolist() == rows
    assert dict(raw.notes) == {**notes, "times in seconds": len(rows)}


def test_broken_lines_are_kept_with_their_number(write_csv: WriteCsv) -> None:
    """Lines with too few or too many fields are set aside; words in place of numbers become NaN."""
    raw = read(
        write_csv("x.csv", "time,open,high,low,close,volume", ROW, ROW + ",1", ROW.replace("102", "n/a?"), "17040")
    )
    assert raw.broken == [(3, ROW + ",1"), (5, "17040")]
    assert raw.row.tolist() == [2, 4]
    assert np.isnan(raw.ohlcv["high"]).tolist() == [False, True]


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
@pytest.mark.parametrize("as_index", [True, False])
def test_tables_are_read(tmp_path: Path, bars: pd.DataFrame, suffix: str, as_index: bool) -> None:
    """Parquet and Feather files are read, the time as a column or as the index."""
    frame = bars.set_index("timestamp") if as_index else bars
    path = tmp_path / f"x.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.reset_index(drop=not as_index).to_feather(path)
    raw = read(path)
    assert raw.micro.tolist() == bars["timestamp"].astype("int64").tolist()
    assert raw.ohlcv["volume"].tolist() == bars["volume"].tolist()
    assert raw.asset is not None
    assert raw.asset.to_pylist() == ["BTC-USD"] * 10


def test_repeated_and_blank_names_do_no_harm(write_csv: WriteCsv) -> None:
    """A header with a name twice, or none, is read; the first of its name counts."""
    raw = read(write_csv("x.csv", "time,open,high,low,close,volume,,volume", ROW + ",7,8"))
    assert raw.ohlcv["volume"].tolist() == [10]


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("x.csv", ["   "], r"x\.csv is empty; download it again"),
        ("x.csv", ["time,open,high,low,close,volume"], r"x\.csv has a header but no rows; download it again"),
        ("x.csv", ["when,price", "1,2"], r"x\.csv has the columns when, price, but no time, open"),
        ("x.csv", ["1,2,3,4", "1,2,3,4"], r"x\.csv has the columns 1, 2, 3, 4, but no time"),
        ("x.csv", ["a,b,c,d,e,f", ROW], r"x\.csv has the columns a, b, c, d, e, f, but no time, open"),
        ("x.csv", ["a note", "a,b,c,d,e,f", ROW], r"x\.csv has the columns a, b, c, d, e, f, but no time, open"),
        ("x.parquet", ["no parquet"], r"x\.parquet is unreadable: .*; export it again"),
        ("x.feather", ["no feather"], r"x\.feather is unreadable: .*; export it again"),
    ],
)
def test_unreadable_files_are_named(write_csv: WriteCsv, name: str, lines: list[str], message: str) -> None:
    """Empty, headed but empty, wrong and damaged files have their message."""
    with pytest.raises(DataError, match=message):
        read(write_csv(name, *lines))
