"""What each trade brought: prices with slippage, returns, profit and costs, one pass over the trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import float64
from numpy.typing import NDArray

from trady2.backtest.compiled import FLOATS, compiled, several
from trady2.backtest.costs import costs_of
from trady2.backtest.kernel import TradeArrays
from trady2.backtest.pricing import Account

if TYPE_CHECKING:
    from trady2.config import BacktestConfig

__all__ = ["Outcomes", "outcomes_of"]

_Floats = NDArray[np.float64]


class Outcomes(NamedTuple):
    """Figures of trades, (k,) each."""

    entry_price: _Floats
    """With slippage, before fees."""
    exit_price: _Floats
    """Likewise."""
    net_return: _Floats
    """On the money that went in, all costs and funding taken off."""
    pnl: _Floats
    """Money."""
    gross_return: _Floats
    """Of the raw prices."""
    fees: _Floats
    """Money, both sides."""
    slippage: _Floats
    """Money, both sides."""


def outcomes_of(trades: TradeArrays, account: Account, config: BacktestConfig) -> Outcomes:
    """Return the figures of *trades* as they were priced in *account*."""
    costs, fills = costs_of(config), account.fills
    figures: tuple[_Floats, ...] = _work_out(
        (trades.entry_price, account.exit_price, account.quantity, fills.slip_in, fills.slip_out, account.owed),
        costs.fee,
        costs.slippage,
    )
    return Outcomes(*figures)


@compiled(several(FLOATS, 6), float64, float64)
def _work_out(columns, fee, base):  # type: ignore[no-untyped-def]
    entry, exit_, quantity, slip_in, slip_out, owed = columns
    size = entry.size
    bought, sold, net, pnl = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    gross, fees, slippage = np.empty(size), np.empty(size), np.empty(size)
    for trade in range(size):
        units, ratio = quantity[trade], exit_[trade] / entry[trade]
        inward, outward = (slip_in[trade], slip_out[trade]) if slip_in.size else (base, base)
        buy, sell = (1 + inward) * (1 + fee), (1 - outward) * (1 - fee)
        funding = min(owed[trade], exit_[trade] * sell) / (entry[trade] * buy) if owed.size else 0.0
        bought[trade], sold[trade] = entry[trade] * (1 + inward), exit_[trade] * (1 - outward)
        net[trade], gross[trade] = ratio * (sell / buy) - 1 - funding, ratio - 1
        pnl[trade] = units * entry[trade] * buy * net[trade]
        fees[trade] = units * (bought[trade] + sold[trade]) * fee
        # In two parts, so that the fixed slippage alone is the product that it always was.
        beyond = entry[trade] * (inward - base) + exit_[trade] * (outward - base)
        slippage[trade] = units * (entry[trade] + exit_[trade]) * base + units * beyond
    return bought, sold, net, pnl, gross, fees, slippage
