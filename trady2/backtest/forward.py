"""What a trade entered after every bar would have made, whether it was entered or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import costs_of
from trady2.backtest.market import Market

if TYPE_CHECKING:
    from trady2.config import BacktestConfig

__all__ = ["forward_net_return"]


def forward_net_return(market: Market, config: BacktestConfig) -> NDArray[np.float64]:
    """Return the net return of buying at the open after each bar and selling at the open `hold_bars` later, (n,).

    Without stop and target, after the fee and slippage of *config*; NaN where the asset has no such bar.
    """
    costs, found = costs_of(config), np.full(market.close.size, np.nan)
    for asset in range(len(market.assets)):
        rows = market.rows(asset)
        opened = market.open[rows]
        known = max(opened.size - 1 - config.hold_bars, 0)
        bought, sold = opened[1 : 1 + known], opened[1 + config.hold_bars :]
        found[rows.start : rows.start + known] = sold / bought * (costs.sell / costs.buy) - 1
    return found
