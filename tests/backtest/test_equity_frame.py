from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.equity_frame import equity_frame
from trady2.backtest.market import market_from_bars


def test_curves_are_those_of_the_backtest(two_assets):
    """Equity, both bounds and the benchmark stand beside the closes of both assets."""
    done, bars = two_assets
    found = equity_frame(market_from_bars(bars, "24/7"), done)
    first = ["timestamp", "equity", "benchmark", "equity_pessimistic", "equity_optimistic", "exposure"]
    assert list(found.columns) == [*first, "close:A", "close:B"]
    assert found["equity"].tolist() == done.equity.tolist()
    assert found["equity_pessimistic"].tolist() == done.pessimistic.equity.tolist()
    assert found["equity_optimistic"].tolist() == done.optimistic.equity.tolist()
    assert found["benchmark"].tolist() == done.benchmark.tolist()
    assert found["close:B"].tolist() == bars.loc[bars["asset"] == "B", "close"].tolist()


def test_exposure_follows_the_open_trades(two_assets):
    """At every close the exposure is the worth of the trades then open, over the equity."""
    done, bars = two_assets
    found = equity_frame(market_from_bars(bars, "24/7"), done).set_index("timestamp")
    for time in found.index[::97]:
        close = bars[bars["timestamp"] == time].set_index("asset")["close"]
        held = done.trades[(done.trades["entry_time"] <= time) & (done.trades["exit_time"] > time)]
        worth = (held["quantity"] * close.reindex(held["asset"]).to_numpy()).sum()
        assert found["exposure"][time] == pytest.approx(worth / found["equity"][time])
    assert 0 < found["exposure"].mean() < found["exposure"].max() < 0.7


def test_the_busiest_assets_are_shown():
    """Of many assets those with the most trades keep their closes, in the order of the bars; no bar is NaN."""
    rng = np.random.default_rng(0)
    names = "ABCD"
    bars = pd.concat([frame(random_rows(rng, 80 - 10 * place), asset=name) for place, name in enumerate(names)])
    bars = bars.reset_index(drop=True)
    probability = np.where(bars["asset"].isin(["B", "D"]), 0.9, 0.1)
    done = run(bars, probability, BacktestConfig(threshold=0.5, hold_bars=2))
    found = equity_frame(market_from_bars(bars, "24/7"), done, most_assets=3)
    assert list(found.columns)[6:] == ["close:A", "close:B", "close:D"]
    assert found["close:D"].isna().sum() == 30
    assert found["close:A"].notna().all()


def test_ruin_has_no_exposure():
    """Once nothing is left there is no share of it."""
    bars = frame([(100, 100, 100, 100)] * 400)
    done = run(bars, np.ones(400), BacktestConfig(threshold=0.5, hold_bars=1, fee_bps=9_999.0))
    assert equity_frame(market_from_bars(bars, "24/7"), done)["exposure"].iloc[-1] == 0
