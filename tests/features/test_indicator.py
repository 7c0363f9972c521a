from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trady2.features.bar_arrays import BarArrays
from trady2.features.catalogue import all_indicators
from trady2.features.indicator import Indicator, exponential, longest, no_history, wilder


def test_warmups_follow_from_the_windows() -> None:
    """A moving window needs itself, an exponential mean ten, a Wilder mean twenty of its windows."""
    assert (longest(3, 9), no_history(), exponential(10), wilder(14)) == (9, 0, 100, 280)


def test_computing_passes_the_windows_on() -> None:
    """The function is called with the bars and the windows in their order."""
    bars = BarArrays(np.arange(2), 1, *np.ones((5, 2)))
    indicator = Indicator(lambda _bars, fast, slow: np.array([fast, slow]), longest, ((1, 2),))
    assert indicator.compute(bars, (5, 7)).tolist() == [5, 7]


@pytest.mark.parametrize("name", all_indicators())
def test_declared_warmup_is_long_enough(
    name: str, bars: pd.DataFrame, gappy: pd.DataFrame, to_arrays: Callable[[pd.DataFrame], BarArrays]
) -> None:
    """More history changes no row right after the warm-up by 1e-6 of its deviation, at the worst of jumps."""
    indicator = all_indicators()[name]
    for frame in (bars, gappy):
        given = to_arrays(frame)
        given = given.with_market(np.random.default_rng(4).standard_t(3, len(frame)) * 0.005)
        for windows in indicator.windows or ((),):
            warmup = indicator.warmup(*windows)
            whole = indicator.compute(given, windows)
            scale = np.nanstd(whole[warmup:])
            biggest = np.argsort(np.abs(np.diff(np.log(frame.close))))[-25:]
            # Worst are starts just before a jump: it seeds a smoothed mean with a value that takes longest to fade.
            for start in sorted({0, *biggest.tolist(), *(biggest - 3).tolist()}):
                if 0 <= start < len(frame) - warmup - 1:
                    row = start + warmup
                    found = indicator.compute(given.rows(start, row + 1), windows)[-1]
                    assert abs(found - whole[row]) <= 1e-6 * scale, (windows, start)
