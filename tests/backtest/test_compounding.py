from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.backtest.markets import configs, frame, markets
from trady2.backtest import run
from trady2.backtest.compounding import bets_of, compounded, cost_factor
from trady2.backtest.market import market_from_bars
from trady2.backtest.placing import place


def bets(bars, done):
    """Return the bets of a run."""
    market = market_from_bars(bars, "24/7")
    return bets_of(market, place(market, done.trades), done.trades, done.config)


def test_bets_compound_to_the_result(two_assets):
    """Both accounts put in half of what they have, and together they make what the run made."""
    done, bars = two_assets
    found = bets(bars, done)
    assert found.share == pytest.approx(np.full(len(done.trades), 0.5))
    assert found.gross * found.kept - 1 == pytest.approx(done.trades["net_return"].to_numpy())
    total = compounded(found, found.gross * found.kept - 1)
    assert total == pytest.approx(done.equity.iloc[-1] / 10_000 - 1)


@given(markets(), configs())
def test_bets_are_those_of_the_configuration(market, config):
    """Whatever the rules, every trade risks the configured fraction, and together they make the total return."""
    rows, probability = market
    bars = frame(rows)
    done = run(bars, probability, config)
    found = bets(bars, done)
    assert found.share == pytest.approx(np.full(len(done.trades), config.fraction), rel=1e-6)
    assert compounded(found, found.gross * found.kept - 1) == pytest.approx(
        done.equity.iloc[-1] / config.initial_cash - 1, abs=1e-9
    )


def test_one_account_holds_what_all_have_made(two_assets):
    """Of one account for all, each trade is a share of the money that trades of any asset had made when it began."""
    done, bars = two_assets
    market, trades = market_from_bars(bars, "24/7"), done.trades
    config = done.config.model_copy(update={"capital": "shared"})
    found = bets_of(market, place(market, trades), trades, config)
    for number in range(0, len(trades), 23):
        row = trades.iloc[number]
        at_open = (trades["exit_reason"] == "time") | trades["gap_fill"]
        over = (trades["exit_time"] < row["entry_time"]) | ((trades["exit_time"] == row["entry_time"]) & at_open)
        money = 10_000 + trades.loc[over, "pnl"].sum()
        assert found.share[number] == pytest.approx(row["quantity"] * row["entry_price"] * 1.0004 / money)
    assert (found.n_accounts, set(found.account)) == (1, {0})


def test_many_prices_at_once(two_assets):
    """Several rows of returns give as many totals, and an account without a trade stays as it is."""
    done, bars = two_assets
    found = bets(bars, done)
    one = found._replace(account=found.account * 0, n_accounts=4)
    both = compounded(one, np.stack([0 * found.gross, found.gross - 1]))
    assert both == pytest.approx([0, (np.prod(1 + 0.5 * (found.gross - 1)) + 3) / 4 - 1])


def test_cost_factor_by_hand():
    """100 bps a side keep 0.99 of 1 / 1.01."""
    assert cost_factor(np.array([0.0, 100.0])) == pytest.approx([1, 0.99 / 1.01])
