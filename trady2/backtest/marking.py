"""The short way to an equity, compiled: one asset, one fee, one slippage, one fraction, and nothing else."""

from __future__ import annotations

import numpy as np
from numba import float64

from trady2.backtest.compiled import FLOATS, INTEGERS, compiled

__all__ = ["mark"]


@compiled(FLOATS, INTEGERS, INTEGERS, FLOATS, FLOATS, *(float64,) * 4)
def mark(close, entry_bar, exit_bar, entry_price, exit_price, buy, sell, fraction, cash):  # type: ignore[no-untyped-def]
    """Price the trades of one asset and mark its equity at every close.

    Args:
        close: (n,) raw closes.
        entry_bar: (k,) positions in *close*, ascending.
        exit_bar: (k,) likewise.
        entry_price: (k,) raw.
        exit_price: (k,) raw.
        buy: money paid for a unit of raw entry price: (1 + slippage) (1 + fee).
        sell: money received for a unit of raw exit price: (1 - slippage) (1 - fee).
        fraction: share of equity that goes into each trade.
        cash: equity before the first bar.

    Returns:
        (n,) equity, constant while flat, the open position at its close without exit costs; (k,) quantities.
    """
    equity, quantity = np.empty(close.size), np.empty(entry_bar.size)
    now, done = cash, 0
    for trade in range(entry_bar.size):
        entry, leave = entry_bar[trade], exit_bar[trade]
        equity[done:entry] = now
        held = now * fraction / (entry_price[trade] * buy)
        idle = now * (1.0 - fraction)
        for bar in range(entry, leave):
            equity[bar] = idle + held * close[bar]
        now = idle + held * exit_price[trade] * sell
        equity[leave] = now
        quantity[trade] = held
        done = leave + 1
    equity[done:] = now
    return equity, quantity
