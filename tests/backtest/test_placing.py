from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from tests.backtest.markets import configs, frame, markets, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.placing import asset_equity, money_in, place, position_value


def test_rows_are_those_of_the_times(two_assets):
    """Each entry and exit row has the asset and the time of the trade, and an exit at the open is told apart."""
    done, bars = two_assets
    trades, placing = done.trades, place(market_from_bars(bars, "24/7"), done.trades)
    for rows, name in ((placing.entry, "entry_time"), (placing.exit, "exit_time")):
        assert bars["asset"].to_numpy()[rows].tolist() == trades["asset"].tolist()
        assert bars["timestamp"].to_numpy()[rows].tolist() == trades[name].to_numpy().tolist()
    assert placing.at_open.tolist() == ((trades["exit_reason"] == "time") | trades["gap_fill"]).tolist()


def test_order_of_the_list_does_not_matter(two_assets):
    """A list in any other order is placed in that order."""
    done, bars = two_assets
    market, order = market_from_bars(bars, "24/7"), np.random.default_rng(0).permutation(len(done.trades))
    shuffled = place(market, done.trades.iloc[order].reset_index(drop=True))
    assert all(np.array_equal(one[order], two) for one, two in zip(place(market, done.trades), shuffled, strict=True))


@given(markets(), configs())
def test_marked_equity_is_that_of_the_engine(market, config):
    """What the trades made, marked at every close, is the equity that the engine keeps, bar for bar."""
    rows, probability = market
    bars = frame(rows)
    done, taken_apart = run(bars, probability, config), market_from_bars(bars, "24/7")
    own = asset_equity(taken_apart, place(taken_apart, done.trades), done.trades, config)
    assert own == pytest.approx(done.equity.to_numpy(), rel=1e-9, abs=1e-9)


def test_shares_add_up_to_the_whole():
    """Assets with other clocks add up to the equity of the run, at every time of the common clock."""
    rng = np.random.default_rng(4)
    bars = pd.concat(
        [frame(random_rows(rng, 300), asset="A"), frame(random_rows(rng, 200), asset="B", missing=(50, 90))]
    )
    bars = bars.reset_index(drop=True)
    config = BacktestConfig(threshold=0.7, hold_bars=4, stop_loss=0.02, fee_bps=5, slippage_bps=3, fraction=0.7)
    done, market = run(bars, rng.random(500), config), market_from_bars(bars, "24/7")
    own = asset_equity(market, place(market, done.trades), done.trades, config)
    assert market.on_clock(own, before=5_000.0) == pytest.approx(done.equity.to_numpy())


def test_position_value_by_hand():
    """Two units bought at 100 are worth 2 closes at every close from the entry until before the exit."""
    bars = frame([(90, 90, 90, 90), (100, 110, 100, 110), (120, 120, 120, 120), (130, 130, 130, 130)])
    config = BacktestConfig(threshold=0.5, hold_bars=2, initial_cash=200.0)
    done, market = run(bars, [0.9, 0, 0, 0], config), market_from_bars(bars, "24/7")
    value = position_value(market, place(market, done.trades), done.trades["quantity"].to_numpy())
    assert value.tolist() == [0, 220, 240, 0]
    assert money_in(done.trades, config).tolist() == [200]
