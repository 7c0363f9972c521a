from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats import bottoms, drawdown_periods, recoveries, underwater

CURVE = np.array([100, 110, 99, 88, 88, 110, 120, 114, 121, 60.5, 70])


def found(curve):
    """Return the stretches of a curve, their bottoms and their recoveries."""
    depth = underwater(curve)
    periods = drawdown_periods(depth)
    bottom = bottoms(depth, periods)
    return periods, bottom, recoveries(np.asarray(curve, dtype=float), periods, bottom)


def test_recoveries_by_hand():
    """From 88 back to 110 in two bars, from 114 to 121 in one; the last fall has not ended."""
    periods, bottom, back = found(CURVE)
    assert bottom.tolist() == [3, 7, 9]
    assert periods.end.tolist() == [5, 8, 11]
    assert back.duration.tolist() == [2, 1]
    assert back.gain.tolist() == pytest.approx([110 / 88 - 1, 121 / 114 - 1])


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60))
def test_bottoms_equal_a_search(curve):
    """Each bottom is the first lowest close of its stretch."""
    periods, bottom, back = found(curve)
    expected = [int(start + np.argmin(curve[start:end])) for start, end in zip(periods.start, periods.end, strict=True)]
    assert bottom.tolist() == expected
    assert back.gain.size == (periods.end < len(curve)).sum()
    assert (back.gain > 0).all()
