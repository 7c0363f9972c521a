from __future__ import annotations

import numpy as np
import pytest

from trady2.backtest.sweep_grid import candidate_thresholds, read_grid
from trady2.errors import ConfigError, NotEnoughDataError

SMALL = {"threshold": [0.5, 0.6], "hold_bars": [2, 4]}


def test_every_combination_once_in_a_fixed_order():
    """Costs change fastest and thresholds slowest, in whatever order the grid names them."""
    grid = read_grid({"fee_bps": [0, 10], "hold_bars": [2, 4], "threshold": [0.5, 0.6]})
    assert [grid.parameters(number) for number in range(3)] == [
        {"threshold": 0.5, "hold_bars": 2, "fee_bps": 0.0},
        {"threshold": 0.5, "hold_bars": 2, "fee_bps": 10.0},
        {"threshold": 0.5, "hold_bars": 4, "fee_bps": 0.0},
    ]
    assert len(grid.configs) == 8
    assert len(set(grid.configs)) == 8


def test_values_may_come_from_numpy_and_alone():
    """Arrays, numpy's numbers, ranges, tuples and single values are all plain numbers afterwards."""
    grid = read_grid(
        {
            "threshold": np.array([0.5, 0.6]),
            "hold_bars": np.arange(2, 4),
            "stop_loss": (None, np.float64(0.01)),
            "take_profit": 0.02,
            "trailing_stop": None,
            "intrabar": "optimistic",
        }
    )
    assert grid.axes == {
        "threshold": (0.5, 0.6),
        "hold_bars": (2, 3),
        "stop_loss": (None, 0.01),
        "take_profit": (0.02,),
        "trailing_stop": (None,),
        "intrabar": ("optimistic",),
    }
    assert {type(config.hold_bars) for config in grid.configs} == {int}


def test_equal_values_are_one():
    """A value that stands twice, also as integer and float, is tried once."""
    grid = read_grid({**SMALL, "threshold": [0.5, 0.6, 0.5], "fee_bps": [10, 10.0]})
    assert (len(grid.configs), grid.axes["fee_bps"], grid.axes["threshold"]) == (4, (10.0,), (0.5, 0.6))


def test_units_keep_equal_trades_together():
    """Units follow each other without a hole, none is too long, and inside one only costs and sizes differ."""
    grid = read_grid({**SMALL, "fee_bps": [0, 1, 2], "fraction": [0.5, 1.0]})
    units = list(grid.units(4))
    assert [number for unit in units for number in unit] == list(range(24))
    assert {len(unit) for unit in units} == {4, 2}
    for unit in units:
        assert len({(grid.configs[number].threshold, grid.configs[number].hold_bars) for number in unit}) == 1


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, r"the grid: 'hold_bars' is missing; add it"),
        ({"threshold": [0.5]}, r"the grid: 'hold_bars' is missing; add it"),
        ({"hold_bars": [3]}, r"the grid has no threshold, .*; give threshold=\[0\.5, 0\.6\], say"),
        ({**SMALL, "threshold": [0.5, None]}, r"the grid has no threshold, or None among its values"),
        ({**SMALL, "hold_bars": []}, r"the grid has no value for hold_bars; give one, or leave the key out"),
        ({**SMALL, "treshold": [0.5]}, r"unknown key 'treshold': did you mean 'threshold'\?"),
        ({**SMALL, "stop_loss": [0.01, 1.5]}, r"stop_loss = 1\.5 is refused: it has to be less than 1"),
        ({**SMALL, "hold_bars": [3.5]}, r"hold_bars = 3\.5 is refused: it has to be a valid integer"),
        ({**SMALL, "threshold": [float("nan")]}, r"threshold = nan is refused: it has to be a finite number"),
        ({**SMALL, "hold_bars": {3, 4}}, r"hold_bars = \{3, 4\} is refused: it has to be a valid integer"),
        ({**SMALL, "calendar": ["24/7", "sessions"]}, r"the calendars .* bars keep one; give one"),
        ({**SMALL, "fee_bps": range(30_000)}, r"120,000 configurations, and 100,000 at most.*give fewer values"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)
def test_a_grid_that_cannot_be_swept_says_the_way_out(grid, message):
    """Whatever is wrong is named, with what to do about it."""
    with pytest.raises(ConfigError, match=message):
        read_grid(grid)


def test_candidate_thresholds_leave_from_half_to_one_in_two_hundred():
    """The first threshold is exceeded by half of the probabilities, the last by 1 in 200, NaN left aside."""
    probability = np.append(np.random.default_rng(0).permutation(np.linspace(0.001, 1, 1_000)), [np.nan] * 500)
    thresholds = candidate_thresholds(probability, 8)
    exceeded = [int((probability > threshold).sum()) for threshold in thresholds]
    assert (len(thresholds), exceeded[0], exceeded[-1]) == (8, 499, 4)
    ratios = np.array(exceeded[:-1]) / exceeded[1:]
    np.testing.assert_allclose(ratios, 100 ** (1 / 7), rtol=0.25)


def test_equal_candidates_are_one_and_none_are_refused():
    """Probabilities that are all alike give one threshold; without any there is none to take."""
    assert candidate_thresholds(np.full(9, 0.3), 12) == [0.3]
    with pytest.raises(NotEnoughDataError, match=r"no probability from which .*; name them in sweep.grid"):
        candidate_thresholds(np.array([np.nan]), 3)
