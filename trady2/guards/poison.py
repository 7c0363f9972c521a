"""A future that never was: bars after a moment with other numbers, in the same shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.guards.bar_table import BarTable

__all__ = ["poisoned"]

_LEAST, _MOST = 0.05, 0.5
_PRICES = ("open", "high", "low", "close")

Floats = npt.NDArray[np.float64]


def poisoned(bars: BarTable, cut: int, seed: list[int]) -> BarTable:
    """Return the bars with every number from place *cut* on the clock on changed at random.

    A bar's open is multiplied by a factor from e^-0.5 to e^0.5 that is never within 5 % of 1; its high, low and close
    lie around the open in another width and, for half of the bars, mirrored, so that it stays a possible bar. Volume
    and every other number has a factor of its own. What is 0 stays 0: only a truncated history shows a leak
    that runs through such a column. Times stay as they are.
    """
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(bars.position >= cut)
    frame = bars.frame.copy()
    changed = _prices({name: frame[name].to_numpy(np.float64)[rows] for name in _PRICES}, random)
    for place, name in enumerate(frame.columns):
        if frame[name].dtype.kind not in "fiu":
            continue
        values = frame[name].to_numpy(np.float64, copy=True)
        values[rows] = changed[name] if name in changed else values[rows] * _factors(len(rows), random)
        frame.isetitem(place, values)
    return bars.with_frame(frame)


def _prices(bar: dict[str, Floats], random: np.random.Generator) -> dict[str, Floats]:
    count = len(bar["open"])
    opened = bar["open"] * _factors(count, random)
    mirrored, width = random.random(count) < 0.5, _factors(count, random)
    stretch = np.where(mirrored, -width, width)
    high = np.where(mirrored, bar["low"], bar["high"])
    low = np.where(mirrored, bar["high"], bar["low"])
    around = {"high": high, "low": low, "close": bar["close"]}
    return {"open": opened} | {name: opened * np.exp(stretch * np.log(p / bar["open"])) for name, p in around.items()}


def _factors(count: int, random: np.random.Generator) -> Floats:
    return np.asarray(np.exp(random.uniform(_LEAST, _MOST, count) * random.choice([-1.0, 1.0], count)), np.float64)
