from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, mark
from trady2.backtest.market import market_from_bars
from trady2.backtest.orders import account, trade

CONFIG = BacktestConfig(
    threshold=0.5, hold_bars=3, stop_loss=0.01, take_profit=0.012, fee_bps=7.0, slippage_bps=3.0, fraction=0.6
)


@pytest.mark.parametrize("intrabar", ["pessimistic", "optimistic"])
def test_plain_options_are_marked_to_the_last_bit(intrabar):
    """Where costs and sizes are plain, the general pricing and the short one of the core are the same numbers."""
    rng = np.random.default_rng(4)
    parts = [frame(random_rows(rng, 200), asset=name) for name in "AB"]
    market = market_from_bars(pd.concat(parts, ignore_index=True), "24/7")
    trades = trade(market, np.random.default_rng(1).random(400) > 0.5, CONFIG)
    money = account(market, trades, intrabar, CONFIG)
    buy, sell = 1.0003 * 1.0007, 0.9997 * 0.9993
    for asset in (0, 1):
        rows = market.rows(asset)
        own = (trades.entry_bar >= rows.start) & (trades.entry_bar < rows.stop)
        bars = trades.entry_bar[own] - rows.start, trades.exit_bar[own] - rows.start
        prices = trades.entry_price[own], money.exit_price[own]
        equity, quantity = mark(market.close[rows], *bars, *prices, buy, sell, 0.6, 5_000.0)
        np.testing.assert_array_equal(money.row_equity[rows], equity)
        np.testing.assert_array_equal(money.quantity[own], quantity)
