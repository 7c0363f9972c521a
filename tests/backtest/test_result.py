from __future__ import annotations

import numpy as np
import pandas as pd

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run

ROWS = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 104, 101, 103), (103, 105, 102, 104)]
CONFIG = BacktestConfig(threshold=0.5, hold_bars=2)


def test_trade_over_an_unexplained_gap_is_flagged():
    """A hole between entry and exit is flagged and counted, one before the entry is counted apart."""
    probability = [0.9, 0, 0, 0.9, 0, 0]
    rows = [*ROWS, (104, 105, 103, 104), (104, 105, 103, 104)]
    result = run(frame(rows, missing=[2, 4]), probability, BacktestConfig(threshold=0.5, hold_bars=2))
    assert result.trades["gap"].tolist() == [True, False]
    assert (result.counts["trades_over_gaps"], result.counts["entries_after_gap"]) == (1, 1)


def test_weekend_is_no_gap_with_sessions():
    """With sessions a position held over the weekend spans no gap, around the clock it does."""
    hours = pd.date_range("2024-01-01", periods=24 * 7 * 20, freq="h", tz="UTC", unit="us")
    hours = hours[hours.day_of_week < 5]
    bars = frame([(100, 101, 99, 100)] * len(hours)).assign(timestamp=hours)
    friday_night = (hours.day_of_week == 4) & (hours.hour == 21)
    gaps = {
        calendar: run(bars, friday_night * 1.0, BacktestConfig(threshold=0.5, hold_bars=4, calendar=calendar)).trades[
            "gap"
        ]
        for calendar in ("24/7", "sessions")
    }
    assert len(gaps["24/7"]) == 20
    assert gaps["24/7"].iloc[:-1].all()
    assert not gaps["sessions"].any()


def test_counts_account_for_every_signal():
    """Seen signals are accepted, ignored in a position, or on the last bar of their asset."""
    rng = np.random.default_rng(5)
    bars = pd.concat([frame(random_rows(rng, 200), asset=name) for name in "AB"], ignore_index=True)
    probability = np.where(rng.random(400) < 0.1, np.nan, rng.random(400))
    probability[[199, 399]] = 0.9
    config = BacktestConfig(threshold=0.5, hold_bars=5, stop_loss=0.02, take_profit=0.02)
    result = run(bars, probability, config)
    counts = result.counts
    assert counts["signals_seen"] == int((probability > 0.5).sum())
    assert counts["probabilities_missing"] == int(np.isnan(probability).sum())
    assert counts["signals_ignored_at_last_bar"] == 2
    assert counts["signals_seen"] == (
        counts["signals_accepted"] + counts["signals_ignored_in_position"] + counts["signals_ignored_at_last_bar"]
    )
    assert counts["signals_accepted"] == len(result.trades)
    assert counts["ambiguous_bars"] == int(result.trades["ambiguous"].sum()) > 0
    assert counts["gap_fills"] == int(result.trades["gap_fill"].sum()) > 0
    assert counts["forced_closes"] == int((result.trades["exit_reason"] == "end_of_data").sum())


def test_fills_on_filler_bars_are_counted():
    """A fill on a flat bar without volume, as venues fill outages, is counted; a quiet bar with volume is not."""
    rows = [(100, 101, 99, 100), (100, 100, 100, 100), (100, 101, 99, 100), (100, 100, 100, 100)]
    bars = frame(rows).assign(volume=[1.0, 0.0, 1.0, 2.0])
    assert run(bars, [0.9, 0, 0, 0], CONFIG).counts["fills_on_filler_bars"] == 1


def test_what_is_worked_out_late_is_of_the_bars_as_they_were():
    """Whoever changes the bars after a run changes neither its bounds, nor its benchmark, nor its exposure."""
    rng = np.random.default_rng(5)
    bars, probability = frame(random_rows(rng, 200)), rng.random(200)
    config = BacktestConfig(threshold=0.5, hold_bars=5, stop_loss=0.01, take_profit=0.01)
    first, second = run(bars, probability, config), run(bars.copy(), probability, config)
    bars.loc[:, ["open", "high", "low", "close"]] = 1.0
    bars["close"] *= 2
    probability[:] = 0
    assert first.optimistic.equity.tolist() == second.optimistic.equity.tolist()
    assert first.benchmark.tolist() == second.benchmark.tolist()
    assert first.exposure.tolist() == second.exposure.tolist()
    assert first.metrics == second.metrics
    assert (first.optimistic.equity != first.equity).any()
