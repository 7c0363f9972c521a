"""One run on two assets with every kind of exit, which the tests of the figures look at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run


@pytest.fixture(scope="package")
def two_assets():
    """The result, and the bars."""
    rng = np.random.default_rng(3)
    bars = pd.concat([frame(random_rows(rng, 1500), asset=name) for name in "AB"], ignore_index=True)
    config = BacktestConfig(
        threshold=0.8, hold_bars=6, stop_loss=0.03, take_profit=0.03, fee_bps=4.0, slippage_bps=2.0, fraction=0.5
    )
    return run(bars, rng.random(3000), config), bars


@pytest.fixture(scope="package")
def returns(two_assets):
    """The returns of the published equity, as anybody would compute them."""
    return two_assets[0].equity.pct_change().dropna()
