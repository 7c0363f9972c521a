from __future__ import annotations

import numpy as np
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig
from trady2.backtest.market import market_from_bars
from trady2.backtest.orders import account, decide
from trady2.backtest.outcomes import outcomes_of

CONFIG = BacktestConfig(threshold=0.5, hold_bars=3, stop_loss=0.01, fee_bps=7.0, slippage_bps=3.0, fraction=0.6)
OPTIONS = {"impact_bps": 90.0, "slippage_range_share": 0.1, "funding_bps_per_bar": 3.0, "max_volume_share": 5.0}


@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["plain", "every cost"])
def test_returns_and_profit_are_money_over_money(options):
    """What came back over what went in, less one, and less what went in: the same story as the account tells."""
    rng = np.random.default_rng(4)
    market, config = market_from_bars(frame(random_rows(rng, 300)), "24/7"), CONFIG.model_copy(update=options)
    decisions = decide(market, rng.random(300), config)
    money = account(market, decisions.trades, "pessimistic", config, decisions.stakes)
    fills, got = money.fills, outcomes_of(decisions.trades, money, config)
    np.testing.assert_allclose(got.net_return, fills.received / fills.paid - 1, atol=1e-12)
    np.testing.assert_allclose(got.pnl, fills.received - fills.paid, atol=1e-9)
    funding = fills.funding if "funding_bps_per_bar" in options else 0.0
    moved = money.quantity * (money.exit_price - decisions.trades.entry_price)
    np.testing.assert_allclose(got.pnl, moved - got.fees - got.slippage - funding, atol=1e-9)
