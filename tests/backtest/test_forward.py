from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.forward import forward_net_return
from trady2.backtest.market import market_from_bars


@pytest.mark.parametrize("hold", [1, 3, 40])
def test_each_row_is_the_trade_of_a_single_signal(hold):
    """A run with one signal makes in its trade what its row says, and rows whose exit would be too late are NaN."""
    rng = np.random.default_rng(0)
    bars = pd.concat([frame(random_rows(rng, 30), asset=name) for name in "AB"], ignore_index=True)
    config = BacktestConfig(threshold=0.5, hold_bars=hold, fee_bps=7, slippage_bps=3)
    found = forward_net_return(market_from_bars(bars, "24/7"), config)
    for row in range(60):
        trades = run(bars, np.eye(60)[row], config).trades
        if len(trades) and trades["exit_reason"].item() == "time":
            assert found[row] == pytest.approx(trades["net_return"].item())
        else:
            assert np.isnan(found[row])
