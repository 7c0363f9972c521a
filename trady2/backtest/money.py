"""What trades are worth, compiled: sizes, slippage, funding and equity, for trades that are already decided.

An entry sets a portion of the account's free cash aside, and the exit gives back what became of it. Nothing here looks
at what open positions are worth, so more money never leads to less later: equity falls with every cost, and the
pessimistic one is below the optimistic one at every bar.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import float64
from numpy.typing import NDArray

from trady2.backtest.compiled import FLAGS, FLOATS, INTEGERS, ROOM, compiled, inlined, several

__all__ = ["Fills", "accrue", "fill", "settle"]


class Fills(NamedTuple):
    """What came of each trade, (k,) each, money unless it says otherwise.

    What is the same for all trades takes no room: it is (0,).
    """

    quantity: NDArray[np.float64]
    """Units."""
    paid: NDArray[np.float64]
    """For the entry, costs included."""
    received: NDArray[np.float64]
    """For the exit, costs and funding taken off; never below 0."""
    funding: NDArray[np.float64]
    """For holding the position, below 0 when earned; no more than the exit brings; (0,) where there is none."""
    idle: NDArray[np.float64]
    """Free cash of the account right after the entry, and what of the money set aside was not needed."""
    slip_in: NDArray[np.float64]
    """Fraction of the raw entry price; (0,) where it is only the fixed one."""
    slip_out: NDArray[np.float64]
    """Fraction of the raw exit price; likewise."""

    def part(self, own: slice) -> Fills:
        """Return some of the trades."""
        return Fills(*(column[own] if column.size else column for column in self))

    @staticmethod
    def room(size: int, *, funded: bool, slipping: bool) -> Fills:
        """Return room for *size* trades, and for the columns that they need."""
        nothing = np.empty(0)
        slips = (np.empty(size), np.empty(size)) if slipping else (nothing, nothing)
        main = (np.empty(size), np.empty(size), np.empty(size))
        return Fills(*main, np.empty(size) if funded else nothing, np.empty(size), *slips)


_PAIR, _CLOCKS = several(FLOATS, 2), several(INTEGERS, 2)
_RESULTS = several(ROOM, len(Fills._fields))
_PARTS = 100.0  # slippage beyond `slippage_bps` leaves at least a hundredth of the money of a sale


@compiled(FLOATS, FLOATS, float64, INTEGERS, INTEGERS)
def accrue(close, rates, rate, entry_bar, exit_bar):  # type: ignore[no-untyped-def]
    """Return the funding of one unit of each trade: the sum of close x rate over the closes at which it is open, (k,).

    *rates* (n,) are added to *rate* bar by bar; (0,) where there are none. All are fractions of the position's value.
    """
    owed = np.zeros(entry_bar.size)
    for trade in range(entry_bar.size):
        for bar in range(entry_bar[trade], exit_bar[trade]):
            owed[trade] += close[bar] * (rate + (rates[bar] if rates.size else 0.0))
    return owed


@inlined
def _at(values, place):  # type: ignore[no-untyped-def]
    """Return a value, or 0 where there are none."""
    return values[place] if values.size else 0.0


@inlined
def _crowding(impact, quantity, volume):  # type: ignore[no-untyped-def]
    """Return the impact of *quantity*: *impact* x the root of its share of the volume, which counts as 1 at most."""
    if impact == 0:
        return 0.0
    return impact if quantity >= volume else impact * math.sqrt(quantity / volume)


@inlined
def _affordable(money, price, fee, slippage, impact, volume):  # type: ignore[no-untyped-def]
    """Return the units that *money* buys, fee, slippage and the impact of buying them included.

    Solves quantity x price x (1 + slippage + impact x root(quantity / volume)) x (1 + fee) = money: a cubic in the
    root of the quantity, which rises and is convex, by Newton's method from above.
    """
    most = money / (price * ((1 + slippage + impact) * (1 + fee)))
    if impact == 0 or most >= volume or most <= 0:
        return most
    linear = price * ((1 + slippage) * (1 + fee))
    cubic = price * impact * (1 + fee) / math.sqrt(volume)
    root = math.sqrt(money / linear)
    for _ in range(100):
        value = root * root * (linear + cubic * root) - money
        step = value / (root * (2 * linear + 3 * cubic * root))
        root -= step
        if step <= 1e-16 * root:
            break
    return root * root


@inlined
def _enter(money, limit, price, span, volume, costs):  # type: ignore[no-untyped-def]
    """Return units, money spent and slippage of an entry for *money* and at most *limit* units."""
    fee, base, share, impact = costs
    slip = base + share * span / price
    units = _affordable(money, price, fee, slip, impact, volume)
    if units <= limit:
        return units, money, slip + _crowding(impact, units, volume)
    slip += _crowding(impact, limit, volume)
    return limit, limit * (price * ((1 + slip) * (1 + fee))), slip


@inlined
def _sell(units, price, span, volume, owed, costs):  # type: ignore[no-untyped-def]
    """Return what a sale brings after costs and funding, *owed* for each unit, the funding, and the slippage."""
    fee, slip, share, impact = costs
    extra = share * span / price + _crowding(impact, units, volume)
    slip = max(slip, min(slip + extra, 1 - (1 - slip) / _PARTS))
    worth = units * price * ((1 - slip) * (1 - fee))
    funding = min(units * owed, worth)
    return worth - funding, funding, slip


@compiled(_CLOCKS, INTEGERS, FLAGS, FLOATS, FLOATS, *(_PAIR,) * 3, FLOATS, several(float64, 4), float64, _RESULTS)
def settle(clock, order, at_open, portion, limit, prices, spans, volumes, owed, costs, cash, results):  # type: ignore[no-untyped-def]
    """Let the trades of one account follow each other through its cash.

    Args:
        clock: two of (k,), when the entry and the exit bar open, µs.
        order: (k,) positions of the trades in the order in which they entered, (0,) for their own order; an asset is
            in one trade at a time.
        at_open: (k,) whether the exit is at the open, so that its money is there for an entry at that same open.
        portion: (k,) share of the free cash that is set aside; (1,) the same for all.
        limit: (k,) most units, (0,) for no limit.
        prices: two of (k,), raw, of entry and exit.
        spans: two of (k,), high - low of the entry and the exit bar, or of (0,) where it costs nothing.
        volumes: two of (k,), units traded in the entry and the exit bar, or of (0,) likewise.
        owed: (k,) funding of one unit, (0,) for none.
        costs: fee, slippage, share of the span and impact, as fractions.
        cash: before the first trade.
        results: room for `Fills`; what is (0,) is left out.
    """
    quantity, paid, received, funding, idle, slip_in, slip_out = results
    reserve, waiting, count = np.empty(limit.size), np.empty(max(order.size, 1), np.int64), 0
    for turn in range(quantity.size):
        trade, still = (order[turn] if order.size else turn), 0
        now = clock[0][trade]
        for place in range(count):
            other = waiting[place]
            if clock[1][other] < now or (clock[1][other] == now and at_open[other]):
                cash += _at(reserve, other) + received[other]
            else:
                waiting[still] = other
                still += 1
        waiting[still], count = trade, still + 1
        part = portion[trade if portion.size > 1 else 0]
        money = cash * part
        cash *= 1 - part
        most = limit[trade] if limit.size else np.inf
        span, volume = _at(spans[0], trade), _at(volumes[0], trade)
        quantity[trade], paid[trade], slip = _enter(money, most, prices[0][trade], span, volume, costs)
        left = money - paid[trade]
        idle[trade] = cash + left
        if limit.size:
            reserve[trade] = left
        span, volume = _at(spans[1], trade), _at(volumes[1], trade)
        received[trade], charged, lost = _sell(quantity[trade], prices[1][trade], span, volume, _at(owed, trade), costs)
        if slip_in.size:
            slip_in[trade], slip_out[trade] = slip, lost
        if funding.size:
            funding[trade] = charged


@compiled(FLOATS, FLOATS, float64, INTEGERS, INTEGERS, *(FLOATS,) * 3, float64, ROOM)
def fill(close, rates, rate, entry_bar, exit_bar, quantity, idle, after, start, worth):  # type: ignore[no-untyped-def]
    """Mark one asset at every close: constant while flat, an open position at its close less the funding so far.

    Args:
        close: (n,) raw.
        rates: (n,) funding of each bar beside *rate*, fractions; (0,) for none.
        rate: funding per bar, fraction.
        entry_bar: (k,) positions in *close*, ascending.
        exit_bar: (k,) likewise.
        quantity: (k,) units.
        idle: (k,) money beside the position while it is open.
        after: (k,) money after it.
        start: money before the first trade.
        worth: (n,) room for the money, open positions without exit costs.
    """
    now, done = start, 0
    funded = rate != 0 or rates.size > 0
    for trade in range(entry_bar.size):
        entry, leave = entry_bar[trade], exit_bar[trade]
        worth[done:entry] = now
        held, beside, owed = quantity[trade], idle[trade], 0.0
        if funded:
            for bar in range(entry, leave):
                owed += close[bar] * (rate + (rates[bar] if rates.size else 0.0))
                worth[bar] = beside + held * max(close[bar] - owed, 0.0)
        else:
            for bar in range(entry, leave):
                worth[bar] = beside + held * close[bar]
        now = after[trade]
        worth[leave] = now
        done = leave + 1
    worth[done:] = now
