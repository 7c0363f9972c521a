"""How the bars of a market lie on the clock: their timeframe, and whether any are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from trady2.backtest.compiled import INTEGERS, compiled
from trady2.backtest.threads import each_asset
from trady2.data.timeframe import modal_step

if TYPE_CHECKING:
    from trady2.backtest.market import Market

_AGES = 2**62  # longer steps come from a missing time

__all__ = ["Spacing", "regular", "spacing_of"]


class Spacing(NamedTuple):
    """What the times of a market say."""

    step: int
    """The timeframe, the modal step, µs."""
    whole: NDArray[np.bool_]
    """(assets,) whether the bars of an asset follow each other without a hole."""
    on_grid: bool
    """Whether each bar is later than the one before it by a multiple of the step, and all assets share a grid."""
    aligned: bool
    """Whether every asset has a bar at every time at which any has one."""


def spacing_of(market: Market) -> Spacing:
    """Look at every time of *market*.

    Raises:
        NotEnoughDataError: no bar is later than the one before it.
    """
    times = market.timestamp.view(np.int64)

    def spaced(step: int) -> tuple[NDArray[np.int64], bool]:
        found = each_asset(market, lambda asset: regular(times[market.rows(asset)], step))
        return np.array([near for near, _ in found]), all(fits for _, fits in found)

    step = int(times[1]) - int(times[0]) if times.size > 1 else 0
    near, fits = spaced(step) if 0 < step < _AGES else (np.zeros(1, np.int64), False)
    # Looking for the mode sorts the steps: where most are like the first one, there is no need.
    if 2 * near.sum() <= times.size:
        step = int(modal_step(market.timestamp).astype(np.int64))
        near, fits = spaced(step)
    sizes, first = np.diff(market.bounds), times[market.bounds[:-1]]
    whole = near == sizes - 1
    aligned = bool((sizes == sizes[0]).all() and (first == first[0]).all())
    if aligned and not whole.all():
        aligned = bool((times.reshape(sizes.size, -1) == times[: sizes[0]]).all())
    return Spacing(step, whole, fits and bool(((first - first[0]) % step == 0).all()), aligned)


@compiled(INTEGERS, int64)
def regular(times, step):  # type: ignore[no-untyped-def]
    """Look at the times of one asset, (n,) µs.

    Returns:
        How many bars come one *step* after the bar before them, and whether the others come later on its grid.
    """
    near = 0
    for bar in range(times.size - 1):
        near += times[bar + 1] - times[bar] == step
    if near == times.size - 1:
        return near, True
    for bar in range(times.size - 1):
        gap = times[bar + 1] - times[bar]
        if gap != step and (gap < step or gap % step != 0):
            return near, False
    return near, True
