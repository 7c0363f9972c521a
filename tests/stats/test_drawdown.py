from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.stats import average_drawdown, calmar_ratio, drawdown_periods, max_drawdown, ulcer_index, underwater

CURVE = [100, 110, 99, 88, 99, 110, 120, 114, 121, 60.5]


def test_drawdowns_by_hand():
    """Three stretches: 20 % from bar 2 to bar 5, 5 % in bar 7, and 50 % that has not ended."""
    periods = drawdown_periods(underwater(CURVE))
    assert periods.start.tolist() == [2, 7, 9]
    assert periods.end.tolist() == [5, 8, 10]
    assert periods.depth.tolist() == pytest.approx([-0.2, -0.05, -0.5])
    assert periods.duration.tolist() == [3, 1, 1]
    assert max_drawdown(CURVE) == pytest.approx(-0.5)
    assert average_drawdown(periods) == pytest.approx(-0.25)


def test_ulcer_index_by_hand():
    """Depths of 3 % and 4 % among four periods: the root of (9 + 16) / 4."""
    assert ulcer_index(np.array([0, -0.03, -0.04, 0])) == pytest.approx(0.025)


def test_a_curve_that_never_falls():
    """No stretch, depth 0, and no Calmar ratio."""
    periods = drawdown_periods(underwater([1, 2, 2, 3]))
    assert [column.size for column in periods] == [0, 0, 0]
    assert (max_drawdown([1, 2, 2, 3]), average_drawdown(periods)) == (0, 0)
    assert math.isnan(calmar_ratio(0.3, 0.0))


def test_empty_curve_is_nan():
    """Nothing has no drawdown."""
    assert math.isnan(max_drawdown([]))
    assert math.isnan(ulcer_index(np.empty(0)))


def test_calmar_by_hand():
    """30 % a year against a fall of 20 %."""
    assert calmar_ratio(0.3, -0.2) == pytest.approx(1.5)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=60))
def test_stretches_equal_a_walk(curve):
    """Starts, ends and depths are those found by walking from close to close."""
    stretches, peak = [], 0
    for place, value in enumerate(curve):
        if value >= peak:
            peak = value
        elif stretches and stretches[-1][1] == place:
            stretches[-1] = (stretches[-1][0], place + 1, min(stretches[-1][2], value / peak - 1))
        else:
            stretches.append((place, place + 1, value / peak - 1))
    periods = drawdown_periods(underwater(curve))
    assert list(zip(*(column.tolist() for column in periods), strict=True)) == stretches
