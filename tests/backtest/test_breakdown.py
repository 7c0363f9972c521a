from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.breakdown import by_asset, by_month
from trady2.backtest.market import market_from_bars
from trady2.backtest.placing import place


def test_months_follow_pandas(two_assets):
    """Returns and trades of each month are those of a group-by, and compound to the whole."""
    done, _ = two_assets
    rows = by_month(done)
    ends = (
        pd.DataFrame({"net": done.equity, "held": done.benchmark}).groupby(lambda time: (time.year, time.month)).last()
    )
    growth = ends / ends.shift(fill_value=10_000.0)
    trades = done.trades.groupby([done.trades["exit_time"].dt.year, done.trades["exit_time"].dt.month]).size()
    for row, (month, expected) in zip(rows, growth.iterrows(), strict=True):
        assert (row["year"], row["month"]) == month
        assert (row["net_return"], row["benchmark_return"]) == pytest.approx(
            (expected["net"] - 1, expected["held"] - 1)
        )
        assert row["n_trades"] == trades.get(month, 0)
    assert np.prod([1 + row["net_return"] for row in rows]) - 1 == pytest.approx(done.metrics["total_return"])
    assert sum(row["n_trades"] for row in rows) == len(done.trades)


def test_assets_are_those_of_their_own_runs(two_assets):
    """An asset with its own share makes what a run on its bars alone makes with that money."""
    done, bars = two_assets
    rng = np.random.default_rng(3)
    for _ in "AB":  # what the fixture drew before its probabilities
        random_rows(rng, 1500)
    chances = rng.random(3000)
    market = market_from_bars(bars, "24/7")
    for number, row in enumerate(by_asset(market, place(market, done.trades), done)):
        own = bars[bars["asset"] == row["asset"]].reset_index(drop=True)
        config = done.config.model_copy(update={"initial_cash": 5_000.0})
        alone = run(own, chances[1500 * number : 1500 * number + 1500], config).metrics
        assert row["n_trades"] == alone["n_trades"]
        assert row["pnl"] == pytest.approx(5_000 * alone["total_return"])
        for name, other in (("net_return", "total_return"), ("buy_and_hold_return",) * 2, ("win_rate",) * 2):
            assert row[name] == pytest.approx(alone[other])
        for name in ("sharpe_ratio", "max_drawdown"):
            assert row[name] == pytest.approx(alone[name])


def test_an_asset_without_a_trade_is_there():
    """It made nothing, and has no rate and no ratio."""
    rng = np.random.default_rng(0)
    bars = pd.concat([frame(random_rows(rng, 50), asset=name) for name in "AB"], ignore_index=True)
    done = run(bars, np.where(bars["asset"] == "A", 0.9, 0.1), BacktestConfig(threshold=0.5, hold_bars=3))
    market = market_from_bars(bars, "24/7")
    row = by_asset(market, place(market, done.trades), done)[1]
    assert (row["asset"], row["n_trades"], row["win_rate"], row["sharpe_ratio"]) == ("B", 0, None, None)
    assert (row["net_return"], row["pnl"], row["max_drawdown"]) == (0, 0, 0)
