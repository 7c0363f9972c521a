"""Figures of what was risked and what was paid for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import break_even_cost_bps
from trady2.stats.returns import inner, ratio

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["cost_metrics"]


def cost_metrics(
    trades: DataFrame, equity: NDArray[np.float64], n_asset_bars: int, years: float, cagr: float
) -> dict[str, float]:
    """Return what was risked and paid.

    exposure_time: share of the bars of all assets in which a position was open. risk_adjusted_return: cagr over
    exposure_time, as if the money had always been out at that rate. turnover: money bought plus money sold over the
    mean equity; annual_turnover: the same a year. fees_paid, slippage_paid: money. break_even_cost_bps: see
    `break_even_cost_bps`.
    """
    quantity = trades["quantity"].to_numpy()
    traded = inner(quantity, (trades["entry_price"] + trades["exit_price"]).to_numpy())
    turnover = ratio(traded, float(equity.mean()))
    gross = 1 + trades["gross_return"].to_numpy()
    exposure = float(trades["bars_held"].sum()) / n_asset_bars
    return {
        "exposure_time": exposure,
        "risk_adjusted_return": ratio(cagr, exposure),
        "turnover": turnover,
        "annual_turnover": ratio(turnover, years),
        "fees_paid": float(trades["fees"].sum()),
        "slippage_paid": float(trades["slippage"].sum()),
        "break_even_cost_bps": break_even_cost_bps(np.ones(gross.size), gross),
    }
