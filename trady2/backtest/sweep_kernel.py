"""The compiled core of a sweep: the figures of one configuration in one pass over its equity and one over its trades.

The formulas are those of `trady2.stats`, which a single backtest calls; here they share their passes and take no
memory, because a sweep works them out a thousand times. Arrays are contiguous, ``fastmath`` stays off, the interpreter
lock is released.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float64, int32, njit, types

__all__ = ["PeriodSums", "TradeSums", "add_on_clock", "sum_periods", "sum_trades"]

_FLOATS = types.Array(float64, 1, "C", readonly=True)
_PLACES = types.Array(int32, 1, "C", readonly=True)
_OUT = types.Array(float64, 1, "C")
_LARGE = 1e100
_WIDER = 1 + 1e-12  # the test that spares a division must not miss a new deepest point by rounding


class PeriodSums(NamedTuple):
    """What the closes add up to, over the n - 1 returns of n closes."""

    growth: float
    """Product of 1 + return."""
    total: float
    """Sum of the returns."""
    deviations: float
    """Sum of the squared distances from the mean return."""
    gains: float
    """Sum of the returns above 0."""
    losses: float
    """Sum of the returns below 0, as a positive number."""
    losses_squared: float
    largest: float
    """The largest size of a return."""
    deepest: float
    """Deepest return from the highest close so far, at most 0."""
    equity: float
    """Sum of the n closes."""


class TradeSums(NamedTuple):
    """What the trades add up to."""

    won: int
    """How many earned more than their costs."""
    net_return: float
    pnl: float
    pnl_won: float
    pnl_lost: float
    """Money lost, as a positive number."""
    log_gross: float
    """Sum of log(exit / entry) over raw prices."""
    traded: float
    """Money bought and sold at the prices of the fills."""
    slipped: float
    """Money bought and sold at raw prices."""


@njit((_FLOATS, _PLACES, float64, _OUT), cache=True, nogil=True)
def add_on_clock(equity, place, before, total):  # type: ignore[no-untyped-def]
    """Add the *equity* of one asset to *total*, in which a time without a bar has the value of the bar before it.

    Args:
        equity: (k,) at the closes of the asset's bars.
        place: (k,) positions of these bars in *total*, ascending.
        before: what counts until the first bar.
        total: (n,) sum of the assets, changed.
    """
    for bar in range(place[0]):
        total[bar] += before
    for row in range(equity.size):
        after = place[row + 1] if row + 1 < equity.size else total.size
        for bar in range(place[row], after):
            total[bar] += equity[row]


@njit((_FLOATS, _OUT), error_model="numpy", cache=True, nogil=True)
def sum_periods(equity, changes):  # type: ignore[no-untyped-def]
    """Add up what the closes of one configuration say.

    Args:
        equity: (n,) money at every close, never below 0.
        changes: (n,) room for the returns that are not 0, whose number is far below n where a strategy is often flat.

    Returns:
        PeriodSums.
    """
    n, moved = equity.size - 1, 0
    for bar in range(n):  # apart from the rest, so that the divisions are done four at a time
        changes[bar] = equity[bar + 1] / equity[bar] - 1
    growth, total, gains, losses, losses_squared, largest, deepest = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    peak = floor = money = equity[0]
    for bar in range(n):
        before, now, change = equity[bar], equity[bar + 1], changes[bar]
        money += now
        if now == before:
            continue
        changes[moved] = change
        moved += 1
        down = min(change, 0.0)
        growth *= 1 + change
        total += change
        gains += max(change, 0.0)
        losses -= down
        losses_squared += down * down
        largest = max(largest, abs(change))
        if now > peak:
            peak = now
            floor = peak * (1 + deepest) * _WIDER
        elif now <= floor:
            deepest = min(deepest, now / peak - 1)
            floor = peak * (1 + deepest) * _WIDER
    mean = total / n
    deviations = (n - moved) * mean * mean
    for row in range(moved):
        away = changes[row] - mean
        deviations += away * away
    return PeriodSums(growth, total, deviations, gains, losses, losses_squared, largest, deepest, money)


@njit((_FLOATS, _FLOATS, _FLOATS, *(float64,) * 3), error_model="numpy", cache=True, nogil=True)
def sum_trades(entry_price, exit_price, quantity, buy, sell, slippage):  # type: ignore[no-untyped-def]
    """Add up what the trades of one configuration say.

    Args:
        entry_price: (k,) raw.
        exit_price: (k,) raw.
        quantity: (k,) units.
        buy: money paid for a unit of raw entry price.
        sell: money received for a unit of raw exit price.
        slippage: fraction of the price on each fill.

    Returns:
        TradeSums.
    """
    won, kept = 0, sell / buy
    returned = pnl = pnl_won = pnl_lost = logs = traded = slipped = 0.0
    product = 1.0
    for trade in range(quantity.size):
        gross = exit_price[trade] / entry_price[trade]
        net = gross * kept - 1
        earned = quantity[trade] * entry_price[trade] * buy * net
        won += net > 0
        returned += net
        pnl += earned
        pnl_won += max(earned, 0.0)
        pnl_lost -= min(earned, 0.0)
        product *= gross
        if product > _LARGE or product < 1 / _LARGE:  # a logarithm for many trades: each costs more than the rest
            logs += np.log(product)
            product = 1.0
        bought, sold = entry_price[trade] * (1 + slippage), exit_price[trade] * (1 - slippage)
        traded += quantity[trade] * (bought + sold)
        slipped += quantity[trade] * (entry_price[trade] + exit_price[trade])
    return TradeSums(won, returned, pnl, pnl_won, pnl_lost, logs + np.log(product), traded, slipped)
