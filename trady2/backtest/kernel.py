"""The compiled core: one pass over the bars of one asset gives its trades, one over its trades gives its equity.

Costs and sizes never change which trades happen, and the order inside a bar changes the price of a trade but never its
bar. So `simulate` knows neither, and one list of trades can be priced many times by `mark`. Arrays are contiguous and
belong to one asset, ``fastmath`` stays off, the interpreter lock is released, and the machine code is cached on disk.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import NDArray

__all__ = ["END_OF_DATA", "EXIT_REASONS", "STOP_LOSS", "TAKE_PROFIT", "TIME", "TRAILING_STOP", "TradeArrays"]
__all__ += ["mark", "simulate"]

EXIT_REASONS = ("time", "stop_loss", "take_profit", "trailing_stop", "end_of_data")
"""The names of the codes in `TradeArrays.reason`."""
TIME, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, END_OF_DATA = range(len(EXIT_REASONS))

# Read-only arrays on purpose: pandas hands out such views, and a signature that takes them takes writable ones too.
_FLOATS = types.Array(float64, 1, "C", readonly=True)
_INTEGERS = types.Array(int64, 1, "C", readonly=True)
_FLAGS = types.Array(types.boolean, 1, "C", readonly=True)


class TradeArrays(NamedTuple):
    """Trades in time order, (k,) each, before costs; bars are positions in the arrays that were simulated."""

    entry_bar: NDArray[np.int64]
    exit_bar: NDArray[np.int64]
    entry_price: NDArray[np.float64]
    """Raw open of the entry bar."""
    exit_price: NDArray[np.float64]
    """Raw price of the exit where the stop comes before the target inside a bar."""
    exit_price_optimistic: NDArray[np.float64]
    """Raw price of the exit where the target comes first: another one in ambiguous bars only."""
    reason: NDArray[np.int8]
    """Position in `EXIT_REASONS` where the stop comes first; TAKE_PROFIT in ambiguous bars where the target does."""
    ambiguous: NDArray[np.bool_]
    """The exit bar touched stop and target after its open, and nothing tells which came first."""
    gap_fill: NDArray[np.bool_]
    """The exit bar opened beyond the stop or the target and filled at its open."""


@njit(cache=True, nogil=True)
def _leave(open_, high, low, close, entry_bar, hold_bars, stop, target, trail):  # type: ignore[no-untyped-def]
    """Find how the trade entered at *entry_bar* ends: bar, price stop first, price target first, reason, flags."""
    n = open_.size
    entry = peak = open_[entry_bar]
    fixed, goal = entry * stop, entry * target
    due = entry_bar + hold_bars
    for bar in range(entry_bar, min(due, n)):
        opened = open_[bar]
        peak = max(peak, opened)
        level, reason = fixed, STOP_LOSS
        if peak * trail > fixed:
            level, reason = peak * trail, TRAILING_STOP
        if opened <= level:
            return bar, opened, opened, reason, False, True
        if opened >= goal:
            return bar, opened, opened, TAKE_PROFIT, False, True
        if low[bar] <= level:
            ambiguous = high[bar] >= goal
            return bar, level, goal if ambiguous else level, reason, ambiguous, False
        if high[bar] >= goal:
            return bar, goal, goal, TAKE_PROFIT, False, False
        peak = max(peak, high[bar])
    if due < n:
        return due, open_[due], open_[due], TIME, False, False
    return n - 1, close[n - 1], close[n - 1], END_OF_DATA, False, False


@njit((_FLOATS, _FLOATS, _FLOATS, _FLOATS, _FLAGS, int64, float64, float64, float64), cache=True, nogil=True)
def simulate(open_, high, low, close, signal, hold_bars, stop, target, trail):  # type: ignore[no-untyped-def]
    """Walk the bars of one asset from left to right and return its trades.

    Args:
        open_: (n,) raw opens, positive.
        high: (n,) likewise.
        low: (n,) likewise.
        close: (n,) likewise.
        signal: (n,) bool; True enters at the next open when no position is open after its own bar.
        hold_bars: bars until the exit at an open.
        stop: level of the stop loss as a multiple of the entry open; minus infinity for none.
        target: level of the take profit as a multiple of the entry open; infinity for none.
        trail: level of the trailing stop as a multiple of the highest price so far; minus infinity for none.

    Returns:
        TradeArrays with positions in these arrays.
    """
    n = open_.size
    room = 0
    for bar in range(n - 1):
        room += signal[bar]
    entry_bar, exit_bar = np.empty(room, np.int64), np.empty(room, np.int64)
    entry_price, exit_price, optimistic = np.empty(room), np.empty(room), np.empty(room)
    reason, ambiguous, gap_fill = np.empty(room, np.int8), np.empty(room, np.bool_), np.empty(room, np.bool_)
    count = bar = 0
    while bar < n - 1:
        if not signal[bar]:
            bar += 1
            continue
        entry_bar[count] = bar + 1
        entry_price[count] = open_[bar + 1]
        bar, exit_price[count], optimistic[count], reason[count], ambiguous[count], gap_fill[count] = _leave(
            open_, high, low, close, bar + 1, hold_bars, stop, target, trail
        )
        exit_bar[count] = bar
        count += 1
    return TradeArrays(
        entry_bar[:count].copy(),
        exit_bar[:count].copy(),
        entry_price[:count].copy(),
        exit_price[:count].copy(),
        optimistic[:count].copy(),
        reason[:count].copy(),
        ambiguous[:count].copy(),
        gap_fill[:count].copy(),
    )


@njit((_FLOATS, _INTEGERS, _INTEGERS, _FLOATS, _FLOATS, *(float64,) * 4), cache=True, nogil=True)
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
