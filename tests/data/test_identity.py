"""Which asset and timeframe the files hold."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trady2.data.identity import agree, assets_of
from trady2.data.reading import RawBars, read_source
from trady2.data.sources import find_sources
from trady2.errors import DataError, NotEnoughDataError

WriteCsv = Callable[..., Path]
Hours = Callable[..., list[str]]


def read(*paths: Path) -> list[RawBars]:
    """Read files."""
    return [read_source(source) for source in find_sources(paths)]


def with_symbol(lines: list[str], symbols: list[str]) -> list[str]:
    """Add a symbol column."""
    return [f"{lines[0]},symbol", *(f"{line},{name}" for line, name in zip(lines[1:], symbols, strict=True))]


def test_the_column_tells_more_than_the_name(write_csv: WriteCsv, hours: Hours) -> None:
    """A symbol column wins over the file name, which wins over nothing."""
    raws = read(
        write_csv("ETHUSD_1h.csv", *with_symbol(hours(3), ["BTC/USD"] * 3)), write_csv("BTCUSD-1h.csv", *hours(3))
    )
    assert [assets_of(raw) for raw in raws] == [["BTC/USD"], ["BTCUSD"]]
    who = agree(raws, None, None)
    assert (who.asset, who.found, who.timeframe, who.keep) == ("BTC/USD", ("BTC/USD",), "1h", [None, None])
    assert agree(raws, "BTC-USD", "1h").asset == "BTC-USD"


def test_one_asset_is_taken_out_of_a_mixed_file(write_csv: WriteCsv, hours: Hours) -> None:
    """A file with several assets gives the rows of the one asked for, in any spelling."""
    raws = read(write_csv("x.csv", *with_symbol(hours(6), ["A", "B-C", "A", "B-C", "", "BC"])))
    assert assets_of(raws[0]) == ["A", "B-C"]
    (flags,) = agree(raws, "B/C", "2h").keep
    assert flags is not None
    assert flags.tolist() == [False, True, False, True, False, True]


def test_mixed_assets_are_refused(write_csv: WriteCsv, hours: Hours) -> None:
    """Several assets in one file or in several files are named with their files."""
    mixed = read(write_csv("x.csv", *with_symbol(hours(2), ["A", "B"])))
    for asset in (None, "C"):
        with pytest.raises(DataError, match=r"mixed assets: A \(x\.csv\), B \(x\.csv\); import one at a time"):
            agree(mixed, asset, None)
    two = read(write_csv("AAA-1h.csv", *hours(3)), write_csv("BBB-1h.csv", *hours(3)))
    with pytest.raises(DataError, match=r"mixed assets: AAA \(AAA-1h\.csv\), BBB \(BBB-1h\.csv\)"):
        agree(two, "AAA", None)


def test_an_asset_without_a_name_asks_for_one(write_csv: WriteCsv, hours: Hours) -> None:
    """When nothing tells the asset, the caller has to; what it says is then taken."""
    raws = read(write_csv("my export.csv", *hours(3)))
    with pytest.raises(DataError, match=r"name of my export\.csv tells its asset; give asset='BTC-USDT'"):
        agree(raws, None, None)
    assert agree(raws, "X", None).asset == "X"


def test_a_wrong_timeframe_is_refused(write_csv: WriteCsv, hours: Hours) -> None:
    """Hours where five minutes were asked for, and files that differ, are named."""
    raws = read(write_csv("AAA-1h.csv", *hours(5)), write_csv("AAA-2h.csv", *hours(9)[::2]))
    with pytest.raises(DataError, match=r"5m bars were asked for, but these are 1h bars \(AAA-1h\.csv\); ask for 1h"):
        agree(raws[:1], None, "5m")
    with pytest.raises(DataError, match=r"mixed timeframes: 1h \(AAA-1h\.csv\), 2h \(AAA-2h\.csv\)"):
        agree(raws, None, None)


@pytest.mark.parametrize(
    ("name", "rows", "asked", "step"),
    [("AAA-15m.csv", 1, None, "15m"), ("AAA.csv", 1, "4h", "4h"), ("AAA.csv", 2, None, "1h")],
)
def test_few_bars_take_the_word_of_name_or_caller(
    write_csv: WriteCsv, hours: Hours, name: str, rows: int, asked: str | None, step: str
) -> None:
    """One bar has no step of its own, two have."""
    assert agree(read(write_csv(name, *hours(rows))), None, asked).timeframe == step


def test_one_bar_that_nothing_explains_is_refused(write_csv: WriteCsv, hours: Hours) -> None:
    """One bar in a file that tells no timeframe is not enough."""
    with pytest.raises(NotEnoughDataError, match="1 rows tell no timeframe"):
        agree(read(write_csv("AAA.csv", *hours(1))), None, None)


def test_steps_are_those_of_the_wanted_rows(write_csv: WriteCsv, hours: Hours) -> None:
    """In a file of two assets the timeframe is that of the one asked for."""
    raws = read(write_csv("x.csv", *with_symbol(hours(8), ["A", "B"] * 4)))
    assert agree(raws, "A", None).step == np.timedelta64(2, "h")
