from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.portfolio import queue

FLAT = [(100, 100, 100, 100)] * 6


def several(*rows, names="ABCDEFGH"):
    """Return bars of several assets."""
    parts = [frame(each, asset=name) for name, each in zip(names, rows, strict=False)]
    return pd.concat(parts, ignore_index=True)


def config(**options):
    """Return a configuration with one account."""
    return BacktestConfig(**{"threshold": 0.5, "hold_bars": 2, "capital": "shared", "fraction": 0.5, **options})


def test_the_highest_probability_gets_the_place():
    """Of three signals at one time the two most probable are traded, and the third is counted."""
    chances = np.zeros((3, 6))
    chances[:, 0] = [0.6, 0.8, 0.7]
    result = run(several(FLAT, FLAT, FLAT), chances.ravel(), config(max_positions=2, fraction=0.3))
    assert result.trades["asset"].tolist() == ["B", "C"]
    assert result.counts["entries_refused_without_slot"] == 1


def test_a_place_freed_at_the_open_is_free_at_that_open():
    """A time exit at the open of bar 3 lets another asset in at that open, with its money."""
    chances = np.zeros((2, 6))
    chances[0, 0], chances[1, 2] = 0.6, 0.6
    result = run(several(FLAT, FLAT), chances.ravel(), config(max_positions=1, fraction=1.0))
    assert result.trades["entry_time"].dt.hour.tolist() == [1, 3]
    assert result.trades["quantity"].tolist() == [100.0, 100.0]


def test_a_place_freed_inside_a_bar_is_free_at_the_next_open():
    """A stop inside bar 2 comes after the open of bar 2, and before that of bar 3."""
    stopped = [*FLAT[:2], (100, 100, 90, 95), *[(95, 95, 95, 95)] * 3]
    chances = np.zeros((2, 6))
    chances[0, 0], chances[1, 1:3] = 0.6, 0.6
    options = {"max_positions": 1, "fraction": 1.0, "stop_loss": 0.05, "hold_bars": 5}
    result = run(several(stopped, FLAT), chances.ravel(), config(**options))
    assert result.trades["entry_time"].dt.hour.tolist() == [1, 3]
    assert result.trades["exit_reason"].tolist() == ["stop_loss", "end_of_data"]
    assert result.counts["entries_refused_without_slot"] == 1


def test_a_gap_through_the_stop_frees_the_place_at_that_open():
    """A fill at the open is an exit at the open."""
    gapped = [*FLAT[:2], *[(90, 90, 90, 90)] * 4]
    chances = np.zeros((2, 6))
    chances[0, 0], chances[1, 1] = 0.6, 0.6
    options = {"max_positions": 1, "fraction": 1.0, "stop_loss": 0.05, "hold_bars": 5}
    result = run(several(gapped, FLAT), chances.ravel(), config(**options))
    assert result.trades["entry_time"].dt.hour.tolist() == [1, 2]


def test_ties_favour_no_name():
    """Equal probabilities are told apart by lots: over many times every asset wins about as often."""
    names, n = "ABCDEFGH", 2000
    bars = several(*[[(100, 100, 100, 100)] * n] * 8, names=names)
    result = run(bars, np.full(8 * n, 0.9), config(max_positions=1, hold_bars=1, fraction=1.0))
    won = Counter(result.trades["asset"])
    assert sum(won.values()) >= n - 2
    assert all(0.8 * n / 8 < won[name] < 1.2 * n / 8 for name in names)


def test_lots_are_the_same_in_every_process_and_beside_any_other_asset():
    """The order of two tied assets at a time does not depend on who else is there."""
    both, more = several(FLAT, FLAT, names="AC"), several(FLAT, FLAT, FLAT, names="ABC")
    few, many = market_from_bars(both, "24/7"), market_from_bars(more, "24/7")
    pair = [few.assets[few.asset_of(np.array([2, 8]))[place]] for place in queue(few, np.array([2, 8]), np.ones(2))]
    three = [many.assets[place] for place in queue(many, np.array([2, 8, 14]), np.ones(3))]
    assert (three, pair) == (["C", "B", "A"], ["C", "A"])


def test_money_runs_out_before_places_do():
    """Shares of 0.4 let two in whole, the third gets what is left, the fourth nothing."""
    chances = np.zeros((4, 6))
    chances[:, 0] = [0.9, 0.8, 0.7, 0.6]
    result = run(several(*[FLAT] * 4), chances.ravel(), config(fraction=0.4))
    assert result.trades["quantity"].tolist() == pytest.approx([40.0, 40.0, 20.0])
    assert (result.counts["entries_cut_to_cash"], result.counts["entries_refused_without_cash"]) == (1, 1)


def test_thirds_leave_no_dust():
    """Three thirds are the whole, none of them is cut, and what rounding leaves buys nothing."""
    chances = np.zeros((4, 6))
    chances[:, 0] = [0.9, 0.8, 0.7, 0.6]
    result = run(several(*[FLAT] * 4), chances.ravel(), config(fraction=1 / 3))
    assert result.trades["quantity"].tolist() == pytest.approx([100 / 3] * 3)
    assert (result.counts["entries_cut_to_cash"], result.counts["entries_refused_without_cash"]) == (0, 1)


def test_free_money_is_shared_by_the_free_places():
    """After half of the account was lost in one place, the next trade there takes what that place has left."""
    losing = [*FLAT[:3], *[(50, 50, 50, 50)] * 3]
    chances = np.zeros((2, 6))
    chances[0, [0, 3]], chances[1, 0] = 0.9, 0.8
    result = run(several(losing, FLAT), chances.ravel(), config(hold_bars=2))
    assert result.trades["quantity"].tolist() == pytest.approx([50.0, 75.0, 50.0])
    late = run(several(losing, FLAT), chances.ravel(), config(hold_bars=2).model_copy(update={"hold_bars": 3}))
    assert late.trades["quantity"].tolist() == pytest.approx([50.0, 50.0])
