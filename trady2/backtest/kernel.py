"""The compiled core: how a trade ends, and one pass over the bars of one asset that gives its trades.

Costs and sizes never change which trades happen, and the order inside a bar changes the price of a trade but never its
bar. So this module knows neither, and one list of trades is priced as often as one likes (`trady2.backtest.money`).
Arrays are contiguous and belong to one asset. All of it stands in one file because numba, when it looks for
machine code on disk, does not see a change in another one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float64, int64
from numpy.typing import NDArray

from trady2.backtest.compiled import FLAGS, FLOATS, INTEGERS, compiled, inlined, several
from trady2.backtest.marking import mark

__all__ = ["END_OF_DATA", "EXIT_REASONS", "STOP_LOSS", "TAKE_PROFIT", "TIME", "TRAILING_STOP", "TradeArrays"]
__all__ += ["ends", "mark", "simulate", "walk"]

EXIT_REASONS = ("time", "stop_loss", "take_profit", "trailing_stop", "end_of_data")
"""The names of the codes in `TradeArrays.reason`."""
TIME, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP, END_OF_DATA = range(len(EXIT_REASONS))
_NOTHING = -1
_Floats = NDArray[np.float64]

_BARS = (several(FLOATS, 4), several(INTEGERS, 2), several(FLOATS, 3))
_LEVELS = several(float64, 3)


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
    """The exit bar, or the finer bar in it, opened beyond the stop or the target and filled at its open."""
    at_open: NDArray[np.bool_]
    """The exit was at the open of its bar, during which the position was not open any more."""


@inlined
def _touch(opened, high, low, peak, fixed, goal, trail):  # type: ignore[no-untyped-def]
    """Return what one bar does to a position: price stop first, price target first, reason, ambiguous, gap."""
    level, reason = fixed, STOP_LOSS
    if peak * trail > fixed:
        level, reason = peak * trail, TRAILING_STOP
    if opened <= level:
        return opened, opened, reason, False, True
    if opened >= goal:
        return opened, opened, TAKE_PROFIT, False, True
    if low <= level:
        ambiguous = high >= goal
        return level, goal if ambiguous else level, reason, ambiguous, False
    if high >= goal:
        return goal, goal, TAKE_PROFIT, False, False
    return opened, opened, _NOTHING, False, False


@inlined
def _leave(prices, inside, fine, entry_bar, hold_bars, levels):  # type: ignore[no-untyped-def]
    """Find how the trade entered at *entry_bar* ends: bar, price stop first, price target first, reason, flags."""
    (open_, high, low, close), (inner, after), (fine_open, fine_high, fine_low) = prices, inside, fine
    n = open_.size
    entry = peak = open_[entry_bar]
    fixed, goal, trail = entry * levels[0], entry * levels[1], levels[2]
    due, first_bar = entry_bar + hold_bars, entry_bar
    until = min(due, n)
    if trail == -np.inf and inner.size == 0:
        # Fixed levels: bars that stay between them, and most do, need no second look.
        first_bar = until if fixed == -np.inf and goal == np.inf else entry_bar
        while (
            first_bar < until
            and min(open_[first_bar], low[first_bar]) > fixed
            and max(open_[first_bar], high[first_bar]) < goal
        ):
            first_bar += 1
    for bar in range(first_bar, until):
        opened = open_[bar]
        peak = max(peak, opened)
        whole = inner.size == 0 or inner[bar] == after[bar]
        # With finer bars only the open is looked at here: the rest of the bar is in them.
        top, bottom = (high[bar], low[bar]) if whole else (opened, opened)
        first, second, reason, both, gap = _touch(opened, top, bottom, peak, fixed, goal, trail)
        if reason != _NOTHING:
            return bar, first, second, reason, both, gap, gap
        peak = max(peak, top)
        if whole:
            continue
        for piece in range(inner[bar], after[bar]):
            opened = fine_open[piece]
            peak = max(peak, opened)
            first, second, reason, both, gap = _touch(
                opened, fine_high[piece], fine_low[piece], peak, fixed, goal, trail
            )
            if reason != _NOTHING:
                return bar, first, second, reason, both, gap, False
            peak = max(peak, fine_high[piece])
    if due < n:
        return due, open_[due], open_[due], TIME, False, False, True
    return n - 1, close[n - 1], close[n - 1], END_OF_DATA, False, False, False


@inlined
def _blank(size):  # type: ignore[no-untyped-def]
    """Return room for *size* trades."""
    entry_bar, exit_bar = np.empty(size, np.int64), np.empty(size, np.int64)
    entry_price, exit_price, optimistic = np.empty(size), np.empty(size), np.empty(size)
    reason, ambiguous = np.empty(size, np.int8), np.empty(size, np.bool_)
    gap_fill, at_open = np.empty(size, np.bool_), np.empty(size, np.bool_)
    return TradeArrays(entry_bar, exit_bar, entry_price, exit_price, optimistic, reason, ambiguous, gap_fill, at_open)


@inlined
def _put(trades, row, entry_bar, entry_price, end):  # type: ignore[no-untyped-def]
    """Write one trade; *end* is what `_leave` found. Return its exit bar."""
    trades.entry_bar[row], trades.entry_price[row] = entry_bar, entry_price
    trades.exit_bar[row], trades.exit_price[row], trades.exit_price_optimistic[row] = end[0], end[1], end[2]
    trades.reason[row], trades.ambiguous[row], trades.gap_fill[row], trades.at_open[row] = end[3:]
    return end[0]


@compiled(*_BARS, FLAGS, int64, int64, _LEVELS)
def walk(prices, inside, fine, signal, hold_bars, delay_bars, levels):  # type: ignore[no-untyped-def]
    """Walk the bars of one asset from left to right and return its trades.

    Args:
        prices: four of (n,), raw and positive: open, high, low, close.
        inside: two of (n,), the first finer bar in each bar and the first one after those: where they are equal, the
            bar is tested as a whole. Two of (0,) where there are no finer bars.
        fine: three of (m,), raw: open, high and low of the finer bars.
        signal: (n,) bool; True enters when after its own bar no position is open and no order waits.
        hold_bars: bars until the exit at an open.
        delay_bars: bars that an order waits beyond the next open.
        levels: stop loss as a multiple of the entry open (minus infinity for none), take profit likewise (infinity
            for none), trailing stop as a multiple of the highest price so far (minus infinity for none).

    Returns:
        TradeArrays with positions in these arrays.
    """
    last = prices[0].size - 1 - delay_bars
    room = 0
    for bar in range(last):
        room += signal[bar]
    trades = _blank(room)
    count = bar = 0
    while bar < last:
        if not signal[bar]:
            bar += 1
            continue
        entry = bar + 1 + delay_bars
        end = _leave(prices, inside, fine, entry, hold_bars, levels)
        bar = _put(trades, count, entry, prices[0][entry], end)
        count += 1
    return TradeArrays(
        trades.entry_bar[:count],
        trades.exit_bar[:count],
        trades.entry_price[:count],
        trades.exit_price[:count],
        trades.exit_price_optimistic[:count],
        trades.reason[:count],
        trades.ambiguous[:count],
        trades.gap_fill[:count],
        trades.at_open[:count],
    )


@compiled(*_BARS, INTEGERS, int64, _LEVELS)
def ends(prices, inside, fine, entry_bar, hold_bars, levels):  # type: ignore[no-untyped-def]
    """Return the trades of one asset that would begin at each of *entry_bar* (k,), each as if it were the only one.

    The other arguments are those of `walk`.
    """
    trades = _blank(entry_bar.size)
    for row in range(entry_bar.size):
        end = _leave(prices, inside, fine, entry_bar[row], hold_bars, levels)
        _put(trades, row, entry_bar[row], prices[0][entry_bar[row]], end)
    return trades


def simulate(
    open_: _Floats,
    high: _Floats,
    low: _Floats,
    close: _Floats,
    signal: NDArray[np.bool_],
    hold_bars: int,
    stop: float,
    target: float,
    trail: float,
) -> TradeArrays:
    """Return the trades of one asset on its own bars and without delay; the arguments are those of `walk`."""
    nowhere, nothing = np.empty(0, np.int64), np.empty(0)
    none = (nothing, nothing, nothing)
    found: TradeArrays = walk(
        (open_, high, low, close), (nowhere, nowhere), none, signal, hold_bars, 0, (stop, target, trail)
    )
    return found
