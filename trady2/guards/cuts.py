"""Where history is cut: a few times in full, and hundreds of times in short windows that end near the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trady2.errors import NotEnoughDataError
from trady2.guards.bar_table import BarTable

__all__ = ["ROOM_BARS", "TAIL_BARS", "CutPlan", "Window", "plan_cuts"]

ROOM_BARS = 48
"""Bars of a window behind the warm-up, among which its cuts lie."""
TAIL_BARS = 32
"""Bars of a window behind its last possible cut: how far ahead a rare leak may look and still be seen."""

_WINDOWS = 88
_SPECIAL_WINDOWS = 32
_CUTS_PER_WINDOW = 4
_MOST_FULL_CUTS, _LEAST_FULL_CUTS = 8, 3
_BARS_OF_FULL_CUTS = 360_000
_SPECIAL_PER_KIND = 4
_THURSDAY = 3  # 1970 began on one; weeks begin on Monday


@dataclass(frozen=True)
class Window:
    """A stretch of the clock from *start* to *stop*, exclusive, and the places inside it at which it is cut."""

    start: int
    stop: int
    cuts: tuple[int, ...]


@dataclass(frozen=True)
class CutPlan:
    """Places on the clock; a cut at c leaves the bars before c.

    A leak on one row in forty that looks two bars ahead shows at one cut in twenty. Three thousand bars have 352 cuts
    in windows with some 550 different rows among the two before them: the chance that none shows it is 1e-6, and 3e-4
    where it looks one bar ahead; on 30,000 bars 1e-7 and 2e-4.
    """

    full: tuple[int, ...]
    windows: tuple[Window, ...]
    special: int


def plan_cuts(bars: BarTable, warmup_bars: int, seed: int) -> CutPlan:
    """Choose the cuts: in full the first after the warm-up, the last, the beginning of a month and others by chance.

    At least 56 windows lie anywhere, the others where data is odd: at gaps, bars without volume or range, the largest
    moves, missing numbers and the edges of days, weeks and months, because that is where leaks hide from chance.

    Raises:
        NotEnoughDataError: the bars are too few for a warm-up and a window behind it.
    """
    least = warmup_bars + ROOM_BARS + TAIL_BARS
    if len(bars.clock) < least + 20:
        raise NotEnoughDataError(
            f"{len(bars.clock)} bars are too few to audit features with a warm-up of {warmup_bars}: it takes "
            f"{least + 20}; bring more bars",
            bars=len(bars.clock),
            needed=least + 20,
        )
    random = np.random.default_rng([seed, 1])
    count = len(bars.clock)
    months = _edges(bars.clock.astype("datetime64[M]"))
    n_full = int(np.clip(_BARS_OF_FULL_CUTS // count, _LEAST_FULL_CUTS, _MOST_FULL_CUTS))
    fixed = [warmup_bars + 2, count - 1, *random.permutation(months[months > warmup_bars + 2])[:1].tolist()]
    others = random.integers(warmup_bars + 2, count, max(n_full - len(fixed), 0)).tolist()
    special = _special_places(bars, months, random)
    special = special[(special >= warmup_bars + 4) & (special < count - TAIL_BARS)]
    chosen = random.permutation(special)[:_SPECIAL_WINDOWS]
    anywhere = random.integers(0, count - least + 1, _WINDOWS - len(chosen))
    windows = [_around(int(place), warmup_bars, least, count) for place in chosen]
    windows += [_anywhere(int(start), warmup_bars, least, random) for start in anywhere]
    whole = [window for window in windows if _holds_every_asset(bars, window)]
    return CutPlan(tuple(sorted(set(fixed + others))), tuple(whole), len(chosen))


def _anywhere(start: int, warmup_bars: int, length: int, random: np.random.Generator) -> Window:
    first = start + warmup_bars + 1
    cuts = first + np.sort(random.choice(ROOM_BARS, _CUTS_PER_WINDOW, replace=False))
    return Window(start, start + length, tuple(cuts.tolist()))


def _around(place: int, warmup_bars: int, length: int, count: int) -> Window:
    """Cut just before the odd bar, just behind it, and one and two bars later."""
    start = min(max(place - warmup_bars - ROOM_BARS // 2, 0), count - length)
    cuts = [cut for cut in range(place, place + _CUTS_PER_WINDOW) if start + warmup_bars < cut < start + length]
    return Window(start, start + length, tuple(cuts))


def _holds_every_asset(bars: BarTable, window: Window) -> bool:
    """A window in which an asset is silent may lack columns that compare assets, which is no leak."""
    if len(bars.assets) == 1:
        return True
    return len(np.unique(bars.between(window.start, min(window.cuts)).code)) == len(bars.assets)


def _edges(periods: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    return np.flatnonzero(periods[1:] != periods[:-1]) + 1


def _special_places(bars: BarTable, months: npt.NDArray[np.int64], random: np.random.Generator) -> np.ndarray:
    """Return places on the clock of odd bars, a few of each kind."""
    frame, steps = bars.frame, np.diff(bars.clock)
    close = frame["close"].to_numpy(np.float64)
    moves = np.abs(np.diff(np.log(close), prepend=np.log(close[:1])))
    numbers = [frame[name].to_numpy(np.float64) for name in frame.columns if frame[name].dtype.kind == "f"]
    days = bars.clock.astype("datetime64[D]")
    kinds = [
        months,
        _edges((days.astype(np.int64) + _THURSDAY) // 7),
        _edges(days),
        np.flatnonzero(steps > np.min(steps)) + 1,
        bars.position[frame["volume"].to_numpy(np.float64) == 0],
        bars.position[frame["high"].to_numpy(np.float64) == frame["low"].to_numpy(np.float64)],
        bars.position[np.argsort(-moves)[:_SPECIAL_PER_KIND]],
        bars.position[np.isnan(np.stack(numbers)).any(axis=0)],
    ]
    return np.unique(np.concatenate([random.permutation(kind)[:_SPECIAL_PER_KIND] for kind in kinds]))
