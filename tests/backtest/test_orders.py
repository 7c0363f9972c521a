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
