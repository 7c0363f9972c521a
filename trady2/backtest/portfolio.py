"""One account for all assets: who gets the free places, and what part of the free cash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from trady2.backtest.compiled import FLAGS, FLOATS, INTEGERS, compiled

if TYPE_CHECKING:
    from trady2.backtest.market import Market

__all__ = ["Granted", "choose", "queue"]

_SEED = 20_240_101
_DUST = 1e-9  # shares such as a third three times leave less than this, and it buys nothing


class Granted(NamedTuple):
    """Which entries an account took."""

    place: NDArray[np.int64]
    """Positions of the orders that were filled, in the order in which they were."""
    share: NDArray[np.float64]
    """Of the equity, for each of *place*."""
    portion: NDArray[np.float64]
    """Of the free cash, likewise."""
    no_slot: int
    """Orders refused because `max_positions` were open."""
    no_cash: int
    """Orders refused because the open positions had been given all the money."""
    cut: int
    """Orders that got what share was left instead of their own."""


def queue(market: Market, entry: NDArray[np.int64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the positions of orders in the order in which they are looked at, (r,).

    By the time of the entry; at one time by the probability, the highest first; where that ties too, by a lot drawn
    from time and asset, which favours no name and no place in the file.

    Args:
        market: the bars.
        entry: (r,) rows at whose opens the entries would be.
        chance: (r,) probabilities.
    """
    time = market.timestamp.view(np.int64)[entry]
    line = np.lexsort((-chance, time))
    ranked, when = chance[line], time[line]
    same = (when[1:] == when[:-1]) & (ranked[1:] == ranked[:-1])
    if not same.any():
        return line
    tied = line[np.append(same, False) | np.append(False, same)]
    names = [market.assets[asset] for asset in market.asset_of(entry[tied])]
    lot = np.zeros(entry.size, np.uint64)
    lot[tied] = [_lot(moment, name) for moment, name in zip(time[tied].tolist(), names, strict=True)]
    return np.lexsort((lot, -chance, time))


def _lot(moment: int, asset: str) -> int:
    """Draw the lot of *asset* at *moment* (µs): the first 8 bytes of a BLAKE2b hash of seed, time and name."""
    return int.from_bytes(hashlib.blake2b(f"{_SEED}:{moment}:{asset}".encode(), digest_size=8).digest(), "big")


@compiled(*(INTEGERS,) * 6, FLAGS, FLOATS, int64, int64)
def choose(line, asset, signal_bar, exit_bar, entry_time, exit_time, at_open, share, n_assets, max_positions):  # type: ignore[no-untyped-def]
    """Walk through the orders of one account.

    An order is void when its asset was in a position after the bar of its signal. Before it is looked at, positions
    that were left before its time, or at the open of its time, give back their place and share. It is filled when
    a place and some share are free, with its own share or what is left of it.

    Args:
        line: (r,) the order in which they are looked at.
        asset: (r,) position of each order's asset.
        signal_bar: (r,) row of the signal; *exit_bar* alike, of the exit if it is filled.
        exit_bar: see *signal_bar*.
        entry_time: (r,) µs; *exit_time* alike.
        exit_time: see *entry_time*.
        at_open: (r,) whether the exit is at the open of its bar.
        share: (r,) wanted share of equity.
        n_assets: how many there are.
        max_positions: open at once.

    Returns:
        Granted.
    """
    size = line.size
    place, portion, given = np.empty(size, np.int64), np.empty(size), np.empty(size)
    busy = np.full(n_assets, -1)
    waiting, count, free = np.empty(n_assets, np.int64), 0, 1.0
    filled = no_slot = no_cash = cut = 0
    for order in line:
        still = 0
        for index in range(count):
            other, now = waiting[index], entry_time[order]
            if exit_time[other] < now or (exit_time[other] == now and at_open[other]):
                free += given[other]
            else:
                waiting[still] = other
                still += 1
        count = still
        free = free if count else 1.0
        if busy[asset[order]] > signal_bar[order]:
            continue
        if count >= max_positions:
            no_slot += 1
        elif free <= _DUST:
            no_cash += 1
        else:
            wanted = share[order]
            whole = wanted > free - _DUST
            cut += wanted > free + _DUST
            given[order] = free if whole else wanted
            place[filled], portion[filled] = order, 1.0 if whole else wanted / free
            free -= given[order]
            busy[asset[order]] = exit_bar[order]
            waiting[count] = order
            count += 1
            filled += 1
    return Granted(place[:filled].copy(), given[place[:filled]], portion[:filled].copy(), no_slot, no_cash, cut)
