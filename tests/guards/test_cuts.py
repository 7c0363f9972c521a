from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trady2.data.simulation import simulate_bars
from trady2.errors import NotEnoughDataError
from trady2.guards.bar_table import BarTable
from trady2.guards.cuts import ROOM_BARS, TAIL_BARS, plan_cuts


@pytest.fixture(scope="module")
def table(bars: pd.DataFrame) -> BarTable:
    """Return the bars as a table."""
    return BarTable.of(bars)


def test_every_cut_lies_behind_the_warm_up(table: BarTable) -> None:
    """A window holds the warm-up before its cuts, and bars behind them."""
    plan = plan_cuts(table, 60, 0)
    assert len(plan.windows) == 88
    for window in plan.windows:
        assert 0 <= window.start < window.stop <= len(table.clock)
        assert window.stop - window.start == 60 + ROOM_BARS + TAIL_BARS
        assert all(window.start + 60 < cut < window.stop for cut in window.cuts)
    assert all(60 < cut < len(table.clock) for cut in plan.full)


def test_full_cuts_hold_the_ends_and_a_month_edge(table: BarTable) -> None:
    """The first cut follows the warm-up, the last leaves one bar out, and one lies where a month begins."""
    plan = plan_cuts(table, 60, 0)
    months = table.clock.astype("datetime64[M]")
    assert (plan.full[0], plan.full[-1]) == (62, len(table.clock) - 1)
    assert any(months[cut] != months[cut - 1] for cut in plan.full)


def test_odd_bars_are_cut_around(table: BarTable) -> None:
    """Gaps, bars without volume, Mondays and the largest moves have windows of their own."""
    plan = plan_cuts(table, 60, 0)
    cuts = {cut for window in plan.windows for cut in window.cuts}
    steps = np.diff(table.clock)
    gaps = np.flatnonzero(steps > steps.min()) + 1
    silent = table.position[(table.frame.volume == 0).to_numpy()]
    # A cut at the odd place itself, and one behind it: the row before it is the last one, then it is itself.
    days = table.clock.astype("datetime64[D]")
    mondays = np.flatnonzero((np.diff(days.astype(int)) > 0) & ((days[1:].astype(int) + 3) % 7 == 0)) + 1
    for kind in (gaps, silent, mondays):
        assert sum(place in cuts and place + 1 in cuts for place in kind) >= min(len(kind), 3) > 0
    assert plan.special >= 20


def test_rare_rows_are_met_often_enough(table: BarTable) -> None:
    """Of 1,000 random sets of one row in forty, each has a row within the two before some cut."""
    cuts = np.array([cut for window in plan_cuts(table, 60, 0).windows for cut in window.cuts])
    last_two = np.unique(np.concatenate([cuts - 1, cuts - 2]))
    random = np.random.default_rng(0)
    rare = random.random((1_000, len(table.clock))) < 1 / 40
    assert rare[:, last_two].any(axis=1).all()
    assert rare[:, np.unique(cuts - 1)].any(axis=1).mean() > 0.99


def test_long_histories_are_cut_in_full_less_often() -> None:
    """The cost of full cuts stays bounded."""
    long = BarTable.of(simulate_bars(150_000, seed=0))
    assert len(plan_cuts(long, 60, 0).full) == 3


def test_the_same_seed_gives_the_same_cuts(table: BarTable) -> None:
    """The plan is drawn, and can be drawn again."""
    assert plan_cuts(table, 60, 3) == plan_cuts(table, 60, 3) != plan_cuts(table, 60, 4)


def test_too_few_bars_are_refused(table: BarTable) -> None:
    """The message has what would be needed."""
    with pytest.raises(NotEnoughDataError, match=r"159 bars are too few .* warm-up of 60: it takes 160; bring more"):
        plan_cuts(BarTable.of(table.frame[:159]), 60, 0)


def test_windows_hold_every_asset() -> None:
    """A window in which an asset is silent is left out, for a function may then return fewer columns."""
    first, second = simulate_bars(600, seed=1, asset="A"), simulate_bars(600, seed=2, asset="B")
    table = BarTable.of(pd.concat([first, second.drop(index=range(200, 400))], ignore_index=True))
    plan = plan_cuts(table, 60, 0)
    assert 0 < len(plan.windows) < 88
    for window in plan.windows:
        assert set(table.between(window.start, min(window.cuts)).code) == {0, 1}
