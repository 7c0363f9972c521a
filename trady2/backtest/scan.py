"""A quick look at every bar, compiled: clean bars pass, and the slow checks say what is wrong with the others.

The loops have neither branches nor offsets, so that the processor takes several bars at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trady2.backtest.compiled import FLOATS, INTEGERS, compiled
from trady2.backtest.threads import each_asset
from trady2.errors import NotEnoughDataError

if TYPE_CHECKING:
    from trady2.backtest.market import Market

__all__ = ["odd_fills", "possible", "probable", "sound"]

_ROUNDING = 1e-9  # that of trady2.data.checks
_HUGE = 1e300


@compiled(*(FLOATS,) * 5)
def possible(open_, high, low, close, volume):  # type: ignore[no-untyped-def]
    """Return whether the bars, (n,) each, are surely possible in the sense of `trady2.data.checks`.

    A price that is missing, not finite or not positive, a high below low, open or close outside of them, a volume
    that is missing, infinite or negative: False.
    """
    good = 0
    for bar in range(open_.size):
        top, bottom = high[bar] * (1 + _ROUNDING), low[bar] * (1 - _ROUNDING)
        fair = (bottom > 0) & (top < _HUGE) & (bottom <= high[bar])
        fair &= (open_[bar] >= bottom) & (open_[bar] <= top) & (close[bar] >= bottom) & (close[bar] <= top)
        good += fair & (volume[bar] >= 0) & (volume[bar] < _HUGE)
    return good == open_.size


@compiled(INTEGERS, *(FLOATS,) * 4)
def odd_fills(bars, quantity, high, low, volume):  # type: ignore[no-untyped-def]
    """Count the fills, in *bars* (k,), of more units than were traded, and those in flat bars without any volume.

    Venues fill outages with such bars.
    """
    beyond = filler = 0
    for place in range(bars.size):
        bar = bars[place]
        beyond += quantity[place] > volume[bar]
        filler += volume[bar] == 0 and high[bar] == low[bar]
    return beyond, filler


@compiled(FLOATS)
def probable(values):  # type: ignore[no-untyped-def]
    """Return whether all of *values* (n,) are in 0 … 1 or missing, and how many are missing."""
    wrong = missing = 0
    for row in range(values.size):
        missing += values[row] != values[row]
        wrong += (values[row] < 0) | (values[row] > 1)
    return wrong == 0, missing


def sound(market: Market) -> bool:
    """Return whether the bars surely pass `trady2.data.checks.check_bars`: possible, in order, and on one grid."""
    if list(market.assets) != sorted(set(market.assets)) or np.isnat(market.timestamp[0]):
        return False
    try:
        if not market.spacing.on_grid:
            return False
    except NotEnoughDataError:
        return False

    def of(asset: int) -> bool:
        rows = market.rows(asset)
        prices = market.open[rows], market.high[rows], market.low[rows], market.close[rows]
        fine: bool = possible(*prices, market.volume[rows])
        return fine

    return all(each_asset(market, of))
