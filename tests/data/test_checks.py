"""What makes a bar impossible."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2.data.checks import check_bars, off_grid, value_faults
from trady2.errors import DataError

HOUR = np.timedelta64(3_600_000_000, "us")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("open", np.nan, "a price is missing or not finite"),
        ("high", np.inf, "a price is missing or not finite"),
        ("low", 0.0, "a price is not positive"),
        ("low", -1.0, "a price is not positive"),
        ("high", 98.0, "high below low"),
        ("high", 100.5, "open or close above high"),
        ("low", 100.5, "open or close below low"),
        ("volume", np.nan, "volume is missing or not finite"),
        ("volume", np.inf, "volume is missing or not finite"),
        ("volume", -1.0, "volume is negative"),
    ],
)
def test_an_impossible_bar_is_refused_with_its_row(bars: pd.DataFrame, column: str, value: float, reason: str) -> None:
    """The first reason is told with row and time, and how many rows share it."""
    bars.loc[[4, 7], column] = value
    with pytest.raises(DataError, match=rf"row 4, 2024-01-01T04.*Z: {reason} \(and 1 more such rows\)") as caught:
        check_bars(bars)
    assert (caught.value.row, caught.value.rows, caught.value.reason) == (4, 2, reason)
    values = {name: bars[name].to_numpy() for name in ("open", "high", "low", "close", "volume")}
    flagged = {told: np.flatnonzero(wrong).tolist() for told, wrong in value_faults(values) if wrong.any()}
    assert flagged[reason] == [4, 7]


def test_rounding_is_no_fault(bars: pd.DataFrame) -> None:
    """A close above the high by the last digits of a float is possible, and flat bars without volume are."""
    bars.loc[3, "close"] = bars.loc[3, "high"] * (1 + 1e-12)
    bars.loc[4, ["open", "high", "low", "close"]] = 100.0
    bars.loc[4, "volume"] = 0.0
    assert check_bars(bars) is None


def test_frames_have_to_be_in_order(bars: pd.DataFrame) -> None:
    """Unsorted, repeated and off-grid times, and assets out of order, are refused with the row."""
    with pytest.raises(DataError, match=r"row 1, .*: not later than the bar before it.*; sort by time"):
        check_bars(bars.iloc[::-1])
    with pytest.raises(DataError, match=r"row 3, .*: not later than the bar before it; sort"):
        check_bars(bars.iloc[[0, 1, 2, 2, 3]])
    moved = bars.assign(timestamp=bars["timestamp"].where(bars.index != 5, bars["timestamp"] + pd.Timedelta("5min")))
    with pytest.raises(DataError, match=r"row 5, .*: off the grid of its timeframe; drop or resample"):
        check_bars(moved)
    several = pd.concat([bars.assign(asset="B"), bars.assign(asset="A")])
    with pytest.raises(DataError, match=r"row 10, .*: assets are not in order; sort by asset, timestamp"):
        check_bars(several)


def test_several_assets_and_none_are_fine(bars: pd.DataFrame) -> None:
    """Each asset begins anew; the asset column may be left out; one bar is enough."""
    assert check_bars(pd.concat([bars.assign(asset="A"), bars.assign(asset="B")])) is None
    assert check_bars(bars.drop(columns="asset")) is None
    assert check_bars(bars.iloc[:1]) is None


def test_what_is_no_frame_of_bars_is_refused(bars: pd.DataFrame) -> None:
    """Missing columns, no rows, no zone and text in place of numbers have their message."""
    with pytest.raises(DataError, match=r"the bars have no column high, volume; they have timestamp, asset, open"):
        check_bars(bars.drop(columns=["high", "volume"]))
    with pytest.raises(DataError, match="the frame holds no bars"):
        check_bars(bars.iloc[:0])
    with pytest.raises(DataError, match=r"'timestamp' is datetime64.*not a time with a zone"):
        check_bars(bars.assign(timestamp=bars["timestamp"].dt.tz_localize(None)))
    with pytest.raises(DataError, match="column 'open' is not numeric"):
        check_bars(bars.assign(open="a"))


def test_daylight_saving_gives_a_second_grid() -> None:
    """Four-hour bars of a local clock stand on two grids; a few bars an hour off are still wrong."""
    winter = np.arange(100) * 4 * HOUR
    summer = winter[-1] + np.arange(1, 101) * 4 * HOUR - HOUR
    assert not off_grid(np.concatenate([winter, summer]).astype(np.int64), 4 * HOUR).any()
    few = np.concatenate([winter, summer[:5]]).astype(np.int64)
    assert np.flatnonzero(off_grid(few, 4 * HOUR)).tolist() == [100, 101, 102, 103, 104]
    assert off_grid(np.empty(0, np.int64), HOUR).tolist() == []


@pytest.mark.parametrize("name", ["BTCEUR", "ETHEUR", "LTCEUR", "BTCUSD-BITSTAMP", "EURUSD-OANDA"])
def test_real_clean_bars_pass(market_data: Path, name: str) -> None:
    """The cleaned samples have no fault."""
    assert check_bars(pd.read_parquet(market_data / f"bars/{name}_1h.parquet")) is None
