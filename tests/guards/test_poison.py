from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.data.checks import check_bars
from trady2.data.simulation import simulate_bars
from trady2.guards.bar_table import BarTable
from trady2.guards.poison import poisoned

PRICES = ["open", "high", "low", "close"]


@pytest.fixture(scope="module")
def table(bars: pd.DataFrame) -> BarTable:
    """Return bars with an outside number and a word beside them."""
    return BarTable.of(bars[:400].assign(funding=0.01, note="x", trades=7))


def test_nothing_before_the_cut_changes(table: BarTable) -> None:
    """Rows before the cut keep their bits, every later number is another one, and times stay."""
    changed = poisoned(table, 250, [1])
    pd.testing.assert_frame_equal(changed.frame[:250], table.frame[:250], check_dtype=False)
    for name in [*PRICES, "funding", "trades"]:
        assert (changed.frame[name][250:] != table.frame[name][250:]).all()
    assert (changed.time == table.time).all()
    assert (changed.frame.volume[250:] != table.frame.volume[250:]).equals(table.frame.volume[250:] != 0)


def test_a_poisoned_bar_is_a_possible_bar(table: BarTable) -> None:
    """The future never was, but it could have been."""
    check_bars(poisoned(table, 0, [2]).frame)


def test_shape_and_direction_change_as_well(table: BarTable) -> None:
    """Widths of bars change, and about half of the bodies turn round, so that no function of the shape survives."""
    changed = poisoned(table, 0, [3])
    width = [np.log(t.frame.high / t.frame.low) for t in (table, changed)]
    body = [np.sign(np.log(t.frame.close / t.frame.open)) for t in (table, changed)]
    assert (np.abs(width[0] - width[1])[width[0] > 0] > 0).all()
    assert 0.4 < (body[0] != body[1]).mean() < 0.6


def test_the_same_seed_gives_the_same_poison(table: BarTable) -> None:
    """A certificate can be made again."""
    first, again, other = (poisoned(table, 100, seed).frame for seed in ([1], [1], [2]))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_all_assets_are_cut_at_one_time() -> None:
    """In a panel the cut is a moment, not a row."""
    both = pd.concat([simulate_bars(80, seed=s, asset=a) for s, a in ((1, "A"), (2, "B"))], ignore_index=True)
    table = BarTable.of(both)
    changed = poisoned(table, 50, [1]).frame
    late = table.position >= 50
    assert (changed.close[late] != both.close[late]).all()
    assert (changed.close[~late] == both.close[~late]).all()
