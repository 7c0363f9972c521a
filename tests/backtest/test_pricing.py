from __future__ import annotations

import numpy as np
import pytest

from tests.backtest.markets import two_assets_of
from trady2.backtest import BacktestConfig
from trady2.backtest.orders import account, decide

CONFIG = BacktestConfig(
    threshold=0.5, hold_bars=3, stop_loss=0.01, take_profit=0.012, fee_bps=7.0, slippage_bps=3.0, fraction=0.6
)


@pytest.fixture
def market():
    """Two assets of 200 bars."""
    return two_assets_of(200)


def test_without_stakes_each_trade_takes_its_fraction(market):
    """Whoever prices a list of trades needs no more than the list."""
    chances = np.random.default_rng(1).random(400)
    decisions = decide(market, chances, CONFIG)
    plain = account(market, decisions.trades, "pessimistic", CONFIG)
    staked = account(market, decisions.trades, "pessimistic", CONFIG, decisions.stakes)
    np.testing.assert_array_equal(plain.row_equity, staked.row_equity)


def test_no_trades_are_priced_too(market):
    """An empty list leaves the cash where it is, with one account and with many."""
    for capital in ("each", "shared"):
        config = CONFIG.model_copy(update={"capital": capital, "threshold": 1.0})
        decisions = decide(market, np.ones(400), config)
        money = account(market, decisions.trades, "pessimistic", config, decisions.stakes)
        assert set(money.row_equity) == {5_000.0}
