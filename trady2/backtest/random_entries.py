"""As many trades of the same length, entered anywhere: how many coins do better than the strategy?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import NDArray

from trady2.backtest.compounding import Bets, bets_of, compounded
from trady2.backtest.market import Market
from trady2.backtest.metrics import defined
from trady2.backtest.placing import Placing

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest

__all__ = ["random_entries", "random_totals"]

_FLOATS = types.Array(float64, 1, "C", readonly=True)
_TABLE = types.Array(float64, 2, "C", readonly=True)
_INTEGERS = types.Array(int64, 1, "C", readonly=True)
_FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
_DRAWS_AT_ONCE = 4_000_000
_ENDS = (0.05, 0.5, 0.95)


def random_entries(market: Market, placing: Placing, backtest: Backtest, *, runs: int, seed: int) -> dict[str, Any]:
    """Return where the trades of *backtest* stand among random ones.

    Keys: runs, seed, percentile (0 … 1, the share of random runs that made less, ties half),
    total_return_low, _median and _high (the 5 %, 50 % and 95 % quantiles of the random runs). All None without a trade.
    """
    found: dict[str, Any] = {"runs": runs, "seed": seed, "percentile": None}
    names = ("total_return_low", "total_return_median", "total_return_high")
    if not placing.entry.size:
        return {**found, **dict.fromkeys(names)}
    bets = bets_of(market, placing, backtest.trades, backtest.config)
    own = float(compounded(bets, bets.gross * bets.kept - 1))
    totals = random_totals(market, placing, bets, runs=runs, seed=seed)
    found["percentile"] = float(((totals < own).sum() + (totals == own).sum() / 2) / runs)
    return found | dict(zip(names, map(defined, np.quantile(totals, _ENDS).tolist()), strict=True))


def random_totals(market: Market, placing: Placing, bets: Bets, *, runs: int, seed: int) -> NDArray[np.float64]:
    """Return the total returns of *runs* random lists of trades, (runs,).

    Each list has, asset by asset, the trades of *placing* in any order at any places where they do not overlap, all
    orders and places equally likely. A trade keeps its number of bars, whether it left at an open or a close, its
    share of the account, and what its costs left of the gross ratio. The first possible entry is the second bar, and
    one trade may follow the next in the bar after its exit, as in a backtest. Random trades have no stop and no target:
    what those give or take counts for or against the strategy. With one account for all, the number of open positions
    is not limited.

    Places are drawn from NumPy's default generator: the same seed, the same places.
    """
    rng = np.random.default_rng(seed)
    growth = np.ones((runs, bets.n_accounts))
    for asset in range(len(market.assets)):
        own = np.flatnonzero(placing.asset == asset)
        if not own.size:
            continue
        rows = market.rows(asset)
        trades = (placing.exit[own] - placing.entry[own], placing.at_open[own], bets.share[own], bets.kept[own])
        at_once = max(_DRAWS_AT_ONCE // (2 * own.size), 1)
        for first in range(0, runs, at_once):
            draws = rng.random((min(at_once, runs - first), 2 * own.size))
            made = _compound(market.open[rows], market.close[rows], *trades, draws)
            growth[first : first + at_once, bets.account[own[0]]] *= made
    return np.asarray(growth.mean(axis=1) - 1, np.float64)


@njit((_FLOATS, _FLOATS, _INTEGERS, _FLAGS, _FLOATS, _FLOATS, _TABLE), cache=True, nogil=True)
def _compound(open_, close, span, at_open, share, kept, draws):  # type: ignore[no-untyped-def]
    """Return what each run of *draws* (runs, 2 k) makes of one unit of money, (runs,).

    A trade takes up the span + 1 bars from its entry to its exit. With k trades and f bars free of them, the places
    are a subset of k among the f + k slots of trades and free bars (drawn by Floyd's algorithm), and the order is a
    Fisher-Yates shuffle.
    """
    trades, result = span.size, np.ones(draws.shape[0])
    taken = 0
    for trade in range(trades):
        taken += span[trade] + 1
    slots = open_.size - 1 - taken + trades
    order, used = np.empty(trades, np.int64), np.empty(slots, np.bool_)
    for run in range(draws.shape[0]):
        used[:] = False
        for trade in range(trades):
            order[trade] = trade
            last = slots - trades + trade
            slot = int(draws[run, trade] * (last + 1))
            used[last if used[slot] else slot] = True
        for trade in range(trades - 1, 0, -1):
            other = int(draws[run, trades + trade] * (trade + 1))
            order[trade], order[other] = order[other], order[trade]
        bar, number, growth = 1, 0, 1.0
        for slot in range(slots):
            if not used[slot]:
                bar += 1
                continue
            trade = order[number]
            leave = bar + span[trade]
            price = open_[leave] if at_open[trade] else close[leave]
            growth *= 1.0 + share[trade] * (price / open_[bar] * kept[trade] - 1.0)
            bar = leave + 1
            number += 1
        result[run] = growth
    return result
