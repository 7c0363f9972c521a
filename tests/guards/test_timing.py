from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.learning.conftest import panel_of
from trady2.backtest import BacktestConfig, run
from trady2.data.panel import Panel
from trady2.guards.timing import Timing, timing


def traded(
    panel: Panel, probability: np.ndarray, *, hold_bars: int = 4, fee_bps: float = 0.0, rows: slice = slice(None)
) -> Timing:
    """Trade the *rows* of a panel and measure the timing."""
    chosen = np.arange(len(panel))[rows]
    bars = panel.frame().iloc[chosen].reset_index(drop=True)
    result = run(bars, probability[chosen], BacktestConfig(threshold=0.5, hold_bars=hold_bars, fee_bps=fee_bps))
    return timing(panel, chosen, result, horizon_steps=4)


def test_always_in_the_market_has_no_timing() -> None:
    """Held from the first bar to the last, the excess is what one bar of waiting is worth: next to nothing."""
    panel = panel_of(2_000)
    found = traded(panel, np.ones(2_000), hold_bars=5_000)
    market = np.diff(panel.close) / panel.close[:-1]
    assert found.net.value == pytest.approx(market.sum() / 2_000, rel=0.05)
    assert abs(found.excess.value) < 0.02 * abs(found.net.value)


def test_knowing_the_next_return_is_timing() -> None:
    """Bought before rises alone, both the net return and the excess are surely positive."""
    panel = panel_of(2_000)
    rises = np.append(panel.close[1:] > panel.open[1:], False)
    found = traded(panel, rises.astype(float), hold_bars=1)
    assert found.net.low_67 > 0
    assert found.excess.low_67 > 0


def test_a_rising_market_is_not_timing() -> None:
    """Trades at random times in a bull market earn, and their excess is luck."""
    generator = np.random.default_rng(5)
    panel = panel_of(4_000)
    trend = np.exp(np.arange(4_000) * 1e-3)
    prices = {name: getattr(panel, name) * trend for name in ("open", "high", "low", "close")}
    rising = Panel(**{**{name: getattr(panel, name) for name in panel.__dataclass_fields__}, **prices})
    found = traded(rising, generator.random(4_000))
    assert found.net.t > 3
    assert abs(found.excess.t) < 2.5


def test_costs_are_inside_the_net_return() -> None:
    """A fee takes its share of every trade from net return and excess alike."""
    panel, draws = panel_of(3_000), np.random.default_rng(1).random(3_000)
    free, paid = traded(panel, draws), traded(panel, draws, fee_bps=20.0)
    assert free.net.value - paid.net.value == pytest.approx(free.excess.value - paid.excess.value, rel=0.05)
    assert paid.net.value < free.net.value


def test_the_excess_of_single_bars_adds_up() -> None:
    """The mean of the excess per bar is the estimate, on several assets and a part of the rows."""
    panel = panel_of(1_500, assets=3)
    rows = np.flatnonzero(panel.decision_time >= panel.decision_time[500])
    bars = panel.frame().iloc[rows].reset_index(drop=True)
    draws = np.random.default_rng(2).random(len(rows))
    result = run(bars, draws, BacktestConfig(threshold=0.6, hold_bars=3, fee_bps=5.0))
    found = timing(panel, rows, result, horizon_steps=3)
    assert found.excess_returns.mean() == pytest.approx(found.excess.value, abs=1e-15)
    assert len(found.clock) == len(found.returns) == 1_000


def test_positions_are_weighed_by_the_equity_before_them() -> None:
    """By hand: half the equity in one asset for four of ten bars, its price doubling each bar."""
    close = 100 * 2.0 ** np.arange(10)
    times = pd.date_range("2024-01-01", periods=10, freq="h", tz="UTC", unit="us")
    opened = np.append(100.0, close[:-1])
    frame = pd.DataFrame(
        {"timestamp": times, "asset": "A", "open": opened, "high": close, "low": opened, "close": close}
    )
    panel = Panel.from_frame(frame.assign(volume=1.0))
    probability = np.zeros(10)
    probability[2] = 1.0
    bars = panel.frame()
    result = run(bars, probability, BacktestConfig(threshold=0.5, hold_bars=4, fraction=0.5))
    found = timing(panel, np.arange(10), result, horizon_steps=1)
    market = np.append(0.0, np.ones(9))
    assert found.excess.value == pytest.approx(found.returns.mean() - 0.5 * 4 / 10 * market.mean())
