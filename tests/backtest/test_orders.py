from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run

ROWS = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 104, 101, 103), (103, 105, 102, 104)]
CONFIG = BacktestConfig(threshold=0.5, hold_bars=2)


def test_capital_is_split_equally_and_stays_apart():
    """Each asset trades its own half; one that ends early keeps its last value in the sum."""
    bars = pd.concat([frame(ROWS, asset="A"), frame(ROWS[:3], asset="B")], ignore_index=True)
    probability = [0.9, 0, 0, 0, 0, 0.9, 0]
    result = run(bars, probability, BacktestConfig(threshold=0.5, hold_bars=2, initial_cash=2000.0))
    assert result.trades["asset"].tolist() == ["A", "B"]
    assert result.trades["exit_reason"].tolist() == ["time", "end_of_data"]
    b_end = 1000 * 103 / 102
    np.testing.assert_allclose(result.equity, [2000, 2020, 1030 + b_end, 1030 + b_end])
    np.testing.assert_allclose(result.benchmark, [2000, 2040, 2060, 1040 + 1030])
    assert result.equity.index.tolist() == bars["timestamp"].iloc[:4].tolist()


def test_asset_that_begins_late_waits_with_its_share():
    """Before its first bar an asset's share is idle cash."""
    late = frame(ROWS, asset="B", start="2024-01-01T02:00")
    bars = pd.concat([frame(ROWS, asset="A"), late], ignore_index=True)
    result = run(bars, [0, 0, 0, 0, 0.9, 0, 0, 0], BacktestConfig(threshold=0.5, hold_bars=9, initial_cash=200.0))
    np.testing.assert_allclose(result.equity, [200, 200, 200, 202, 203, 204])


def test_both_bounds_stand_beside_the_result():
    """The chosen order is one of the two bounds, and each has its own equity and total return."""
    bars = frame([(100, 101, 99, 100), (100, 106, 97, 104), (104, 105, 103, 104)])
    config = BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.02, take_profit=0.05)
    careful = run(bars, [0.9, 0, 0], config)
    hopeful = run(bars, [0.9, 0, 0], config.model_copy(update={"intrabar": "optimistic"}))
    assert careful.equity.equals(careful.pessimistic.equity)
    assert hopeful.equity.equals(hopeful.optimistic.equity)
    assert hopeful.pessimistic.equity.equals(careful.equity)
    assert (round(careful.pessimistic.total_return, 12), round(careful.optimistic.total_return, 12)) == (-0.02, 0.05)
    assert careful.metrics["total_return"] == pytest.approx(careful.pessimistic.total_return)


def test_hold_beyond_any_history_is_a_hold_to_the_end():
    """A hold longer than an integer of the machine is no error: the data end first."""
    result = run(frame(ROWS), [0.9, 0, 0, 0], BacktestConfig(threshold=0.5, hold_bars=10**30))
    assert result.trades["exit_reason"].tolist() == ["end_of_data"]


def test_a_late_order_waits_and_others_are_ignored_meanwhile():
    """With a delay of one bar the signal of bar 0 buys at the open of bar 2; that of bar 1 came while it waited."""
    late = CONFIG.model_copy(update={"delay_bars": 1, "hold_bars": 1})
    result = run(frame(ROWS), [0.9, 0.8, 0, 0.7], late)
    assert result.trades["entry_price"].tolist() == [102.0]
    assert result.trades["probability"].tolist() == [0.9]
    assert (result.counts["signals_ignored_in_position"], result.counts["signals_ignored_at_last_bar"]) == (1, 1)


def test_a_late_order_finds_the_data_at_an_end():
    """A signal whose entry would come after the last bar of its own asset is counted at the end, with any delay."""
    bars = pd.concat([frame(ROWS, asset="A"), frame(ROWS, asset="B")], ignore_index=True)
    for delay, ignored in [(1, 4), (3, 8), (10**30, 8)]:
        result = run(bars, np.ones(8), CONFIG.model_copy(update={"delay_bars": delay}))
        assert result.counts["signals_ignored_at_last_bar"] == ignored


def test_threads_change_nothing():
    """Enough bars to be shared by threads give the trades and the equity of each asset on its own."""
    rng = np.random.default_rng(3)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.005, (4, 60_000)), axis=1))
    parts = [
        frame(np.stack([close, close * 1.003, close * 0.997, close * 1.001], axis=1), asset=name)
        for name, close in zip("ABCD", closes, strict=True)
    ]
    probability = rng.random(240_000)
    config = BacktestConfig(threshold=0.9, hold_bars=5, stop_loss=0.01, take_profit=0.01, initial_cash=4000.0)
    together = run(pd.concat(parts, ignore_index=True), probability, config)
    apart = [
        run(
            part, probability[60_000 * place : 60_000 * (place + 1)], config.model_copy(update={"initial_cash": 1000.0})
        )
        for place, part in enumerate(parts)
    ]
    np.testing.assert_array_equal(together.trades["pnl"], np.concatenate([each.trades["pnl"] for each in apart]))
    np.testing.assert_allclose(together.equity, sum(each.equity for each in apart), rtol=1e-14)
