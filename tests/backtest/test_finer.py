from __future__ import annotations

import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run
from trady2.errors import DataError

HOURS = [(100, 101, 99, 100), (100, 106, 94, 101), (101, 102, 100, 101)]
CONFIG = BacktestConfig(threshold=0.5, hold_bars=2, stop_loss=0.05, take_profit=0.05)


def quarters(*rows, start="2024-01-01T01:00", asset="A"):
    """Return bars of a quarter of an hour; a None is a missing one."""
    times = pd.date_range(start, periods=len(rows), freq="15min", tz="UTC", unit="us")
    kept = [row for row in rows if row is not None]
    bars = frame(kept, asset=asset)
    bars["timestamp"] = times[[row is not None for row in rows]]
    return bars


UP_FIRST = quarters((100, 106, 100, 105), (105, 105, 97, 98), (98, 98, 94, 96), (96, 101, 96, 101))
DOWN_FIRST = quarters((100, 101, 94, 96), (96, 106, 96, 104), (104, 104, 100, 101), (101, 101, 101, 101))


def test_what_came_first_is_read_off_the_finer_bars():
    """A bar that touched both levels is no choice any more: both bounds are what happened."""
    for finer, reason, price in [(UP_FIRST, "take_profit", 105.0), (DOWN_FIRST, "stop_loss", 95.0)]:
        result = run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=finer)
        assert result.trades[["exit_reason", "exit_price"]].iloc[0].tolist() == [reason, price]
        assert (result.counts["ambiguous_bars"], result.counts["bars_unlike_finer"]) == (0, 0)
        assert result.pessimistic.equity.equals(result.optimistic.equity)
        assert result.resolution == "finer 15m"
    coarse = run(frame(HOURS), [0.9, 0, 0], CONFIG)
    assert (coarse.counts["ambiguous_bars"], coarse.resolution) == (1, "bars")


def test_a_finer_bar_with_both_levels_stays_ambiguous():
    """Inside one finer bar the order is unknown again, and both prices are given."""
    finer = quarters((100, 106, 94, 101), (101, 101, 101, 101))
    result = run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=finer)
    assert result.counts["ambiguous_bars"] == 1
    assert (result.pessimistic.total_return, result.optimistic.total_return) == pytest.approx((-0.05, 0.05))


def test_a_gap_between_finer_bars_fills_at_their_open():
    """A finer bar that opens beyond the stop fills there, inside the bar and not at its open."""
    finer = quarters((100, 101, 99, 99), (94.5, 96, 94, 95), (95, 106, 95, 101))
    trade = run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=finer).trades.iloc[0]
    assert trade[["exit_price", "gap_fill", "bars_held"]].tolist() == [94.5, True, 1]


def test_the_trailing_stop_rises_inside_the_bar():
    """The high of a finer bar raises the level for the next one, which a whole bar could not tell."""
    config = BacktestConfig(threshold=0.5, hold_bars=2, trailing_stop=0.05)
    rows = [HOURS[0], (100, 110, 99, 103), HOURS[2]]
    finer = quarters((100, 110, 100, 108), (108, 108, 103, 103))
    assert run(frame(rows), [0.9, 0, 0], config).trades["exit_reason"].tolist() == ["trailing_stop"]
    trade = run(frame(rows), [0.9, 0, 0], config, finer=finer).trades.iloc[0]
    assert trade[["exit_reason", "exit_price"]].tolist() == ["trailing_stop", 104.5]
    assert trade["exit_time"].hour == 1


def test_a_bar_without_finer_bars_is_tested_as_a_whole():
    """Holes in the finer bars are counted, and the bar itself stands in."""
    finer = quarters((99, 101, 99, 100), (100, 100, 100, 100), start="2024-01-01T00:00")
    result = run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=finer)
    assert result.trades["exit_reason"].tolist() == ["stop_loss"]
    assert (result.counts["bars_without_finer"], result.counts["ambiguous_bars"]) == (2, 1)


def test_finer_bars_that_tell_another_story_are_counted():
    """Open, high, low and close of a bar have to be those of its finer bars."""
    finer = quarters((100, 106, 100, 105), (105, 105, 97, 98))
    assert run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=finer).counts["bars_unlike_finer"] == 1


def test_finer_bars_of_other_assets_are_refused():
    """Every asset needs its own."""
    with pytest.raises(DataError, match=r"finer bars are of B, the bars of A; give finer bars of the same assets"):
        run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=UP_FIRST.assign(asset="B"))


@pytest.mark.parametrize("minutes", [60, 40, 120])
def test_finer_bars_have_to_divide_the_bars(minutes):
    """A timeframe that is not shorter, or does not fit, is refused by name."""
    times = pd.date_range("2024-01-01", periods=3, freq=f"{minutes}min", tz="UTC", unit="us")
    with pytest.raises(DataError, match=r"finer bars of \w+ do not divide bars of 1h; give bars of a shorter"):
        run(frame(HOURS), [0.9, 0, 0], CONFIG, finer=frame(HOURS).assign(timestamp=times))
