from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest.market import market_from_bars
from trady2.backtest.spacing import regular, spacing_of
from trady2.errors import NotEnoughDataError

FLAT = [(100, 100, 100, 100)]


def spacing(*parts):
    """Return the spacing of assets given as (start, number of bars, holes before)."""
    frames = [
        frame(FLAT * n, asset=name, start=start, missing=holes)
        for name, (start, n, holes) in zip("ABC", parts, strict=False)
    ]
    return market_from_bars(pd.concat(frames, ignore_index=True), "24/7").spacing


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 5, 10], (2, True)),
        ([0, 5, 15], (1, True)),
        ([0, 5, 12], (1, False)),
        ([0, 5, 5], (1, False)),
        ([7], (0, True)),
    ],
)
def test_times_are_near_far_or_wrong(times, expected):
    """Steps are counted, whole multiples are holes, and anything else is off the grid or not later."""
    assert regular(np.array(times), 5) == expected


@pytest.mark.parametrize(
    ("parts", "whole", "aligned"),
    [
        ([("2024-01-01", 5, [])], [True], True),
        ([("2024-01-01", 5, [2])], [False], True),
        ([("2024-01-01", 5, []), ("2024-01-01", 5, [])], [True, True], True),
        ([("2024-01-01", 5, [3]), ("2024-01-01", 5, [3])], [False, False], True),
        ([("2024-01-01", 5, [3]), ("2024-01-01", 5, [4])], [False, False], False),
        ([("2024-01-01", 5, []), ("2024-01-02", 5, [])], [True, True], False),
        ([("2024-01-01", 5, []), ("2024-01-01", 4, [])], [True, True], False),
    ],
)
def test_holes_and_alignment_are_told(parts, whole, aligned):
    """Holes belong to their asset, and assets share a clock only when each has all the bars of every other one."""
    found = spacing(*parts)
    assert (found.whole.tolist(), found.aligned, found.on_grid) == (whole, aligned, True)
    assert found.step == 3_600_000_000


def test_the_mode_is_found_where_the_first_step_is_a_hole():
    """A market that begins with a missing bar still has its usual timeframe."""
    assert spacing(("2024-01-01", 6, [1])).step == 3_600_000_000


def test_one_time_tells_no_timeframe():
    """Bars that are all at one time have no step."""
    market = market_from_bars(frame(FLAT * 3), "24/7")
    still = dataclasses.replace(market, timestamp=np.repeat(market.timestamp[:1], 3))
    with pytest.raises(NotEnoughDataError, match="tell no timeframe"):
        spacing_of(still)
