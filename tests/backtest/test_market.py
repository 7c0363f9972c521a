from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.errors import DataError, NotEnoughDataError

ROWS = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 104, 101, 103), (103, 105, 102, 104)]
CONFIG = BacktestConfig(threshold=0.5, hold_bars=2)


@pytest.mark.parametrize(
    "probability", [np.zeros(3), np.zeros(5), np.zeros((4, 1)), 0.5], ids=["short", "long", "2d", "scalar"]
)
def test_probability_of_another_length_is_refused(probability):
    """One probability per bar, or an error that names both lengths."""
    with pytest.raises(DataError, match=r"probability has shape \(.*\) beside 4 bars; give one value per bar"):
        run(frame(ROWS), probability, CONFIG)


def test_probability_that_is_no_number_is_refused():
    """A column of texts is named as what it is."""
    with pytest.raises(DataError, match=r"probability holds no numbers: .*high.*; give floats"):
        run(frame(ROWS), ["high", "low", "low", "low"], CONFIG)


@pytest.mark.parametrize("value", [1.5, -0.1, np.inf, -np.inf])
def test_score_that_is_no_probability_is_refused(value):
    """A raw score is not compared with a threshold by accident."""
    with pytest.raises(DataError, match=r"row 2: .* is no probability; calibrate the score") as caught:
        run(frame(ROWS), [0.1, 0.2, value, 0.3], CONFIG)
    assert caught.value.row == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda bars: bars.iloc[[1, 0, 2, 3]], r"row 1, 2024-01-01T00.*: not later than.*; sort by time"),
        (lambda bars: bars.iloc[[0, 1, 1, 3]], r"row 2, 2024-01-01T01.*: not later than.*; sort by time"),
        (lambda bars: bars.assign(high=[101.0, 90, 104, 105]), r"row 1, .*: high below low; mend or drop"),
        (lambda bars: bars.assign(close=[100.0, np.nan, 103, 104]), r"row 1, .*: a price is missing.*; mend or drop"),
        (lambda bars: bars.assign(low=[99.0, -1, 101, 102]), r"row 1, .*: a price is not positive; mend or drop"),
        (lambda bars: bars.drop(columns="open"), r"no column open; they have timestamp, .*; rename or add"),
        (lambda bars: bars.assign(timestamp=bars["timestamp"].dt.tz_localize(None)), r"not a time with a zone; use"),
        (lambda bars: bars.iloc[:0], r"holds no bars; give it at least one"),
    ],
    ids=["unsorted", "twice", "high below low", "not finite", "negative", "no open", "naive time", "empty"],
)
def test_broken_bars_are_refused(spoil, message):
    """Bars that are no market never reach the engine; the message has the row, the reason and the way out."""
    bars = spoil(frame(ROWS)).reset_index(drop=True)
    with pytest.raises(DataError, match=message):
        run(bars, np.zeros(len(bars)), CONFIG)


@pytest.mark.parametrize("row", [0, 1, 3])
def test_a_missing_time_is_refused(row):
    """Wherever it is, its row is named, and no arithmetic trips over it."""
    bars = frame(ROWS)
    bars.loc[row, "timestamp"] = pd.NaT
    with pytest.raises(DataError, match=rf"row {row}: 'timestamp' is missing; drop the row"):
        run(bars, np.zeros(4), CONFIG)


@pytest.mark.parametrize("kind", ["datetime64[ns, UTC]", "datetime64[s, UTC]", "datetime64[us, Europe/Berlin]"])
def test_any_time_with_a_zone_is_read_as_utc(kind):
    """Units and zones of the column, and numbers of other types, make no difference."""
    plain = run(frame(ROWS), [0.9, 0, 0, 0], CONFIG)
    bars = frame(ROWS).astype({"timestamp": kind, "volume": "int32", "open": "float32"})
    other = run(bars, [0.9, 0, 0, 0], CONFIG)
    pd.testing.assert_frame_equal(other.trades, plain.trades)
    pd.testing.assert_series_equal(other.equity, plain.equity)


def test_one_bar_is_not_enough():
    """A signal needs a bar after it."""
    with pytest.raises(NotEnoughDataError, match=r"1 bar is no market.*bring at least 2 bars"):
        run(frame(ROWS[:1]), [0.9], CONFIG)


def test_assets_in_turns_are_refused():
    """Rows that jump between assets would be traded as if they were neighbours."""
    bars = pd.concat([frame(ROWS, asset="A"), frame(ROWS, asset="B")]).sort_values("timestamp", kind="stable")
    with pytest.raises(DataError, match="sort"):
        run(bars.reset_index(drop=True), np.zeros(8), CONFIG)


def test_bars_without_an_asset_are_one_asset():
    """A plain frame of one market needs no column for its name."""
    result = run(frame(ROWS).drop(columns="asset"), [0.9, 0, 0, 0], CONFIG)
    assert result.trades["asset"].tolist() == ["unnamed"]


def test_clock_is_the_union_of_all_assets():
    """Assets that share no hour stand one after the other on the clock, each with its last value from then on."""
    bars = pd.concat(
        [frame(ROWS[:2], asset="A"), frame(ROWS[:2], asset="B", start="2024-01-01T02:00")], ignore_index=True
    )
    market = market_from_bars(bars, "24/7")
    assert market.clock.tolist() == bars["timestamp"].dt.tz_localize(None).to_list()
    assert market.on_clock(np.array([1.0, 2.0, 10.0, 20.0]), before=5.0).tolist() == [6, 7, 12, 22]
    assert market.asset_of(np.array([0, 1, 2, 3])).tolist() == [0, 0, 1, 1]
