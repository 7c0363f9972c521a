from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from tests.backtest.markets import configs, frame, markets, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.excursions import with_excursions
from trady2.backtest.market import market_from_bars

RULES = {"threshold": 0.5, "hold_bars": 3}


def excursions(rows, probability, **more):
    """Return the trades of a run with their excursions."""
    bars = frame(rows)
    done = run(bars, probability, BacktestConfig(**(RULES | more)))
    return with_excursions(market_from_bars(bars, "24/7"), done.trades)


def test_excursions_by_hand():
    """Entered at 100, seen 90 and 120 while held, left at an open of 110: the bar of the exit does not count."""
    rows = [(100, 100, 100, 100), (100, 104, 96, 100), (100, 120, 99, 100), (100, 101, 90, 100), (110, 200, 1, 110)]
    found = excursions(rows, [0.9, 0, 0, 0, 0])
    assert (found["mae"].tolist(), found["mfe"].tolist()) == (pytest.approx([-0.1]), pytest.approx([0.2]))


def test_inside_the_exit_bar_only_the_exit_counts():
    """A stop at 95 on the entry bar: nobody knows whether its high of 130 came before."""
    found = excursions([(100, 100, 100, 100), (100, 130, 80, 90), (90, 90, 90, 90)], [0.9, 0, 0], stop_loss=0.05)
    assert (found["mae"].tolist(), found["mfe"].tolist()) == (pytest.approx([-0.05]), [0])


def test_a_forced_close_has_lived_through_its_bar():
    """A position sold at the last close has seen all of the last bar."""
    found = excursions([(100, 100, 100, 100), (100, 130, 80, 90)], [0.9, 0])
    assert (found["mae"].tolist(), found["mfe"].tolist()) == (pytest.approx([-0.2]), pytest.approx([0.3]))


def test_average_true_range_follows_a_loop():
    """The range is the mean over the 14 bars before the entry, and unknown for entries before them."""
    rows = random_rows(np.random.default_rng(1), 60)
    found = excursions(rows, np.ones(60))
    ranges = [rows[0][1] - rows[0][2]]
    for (*_, close), (_, high, low, _) in pairwise(rows):
        ranges.append(max(high, close) - min(low, close))
    entries = ((found["entry_time"] - found["entry_time"].min()).dt.total_seconds() // 3600 + 1).astype(int)
    expected = [np.mean(ranges[entry - 14 : entry]) / rows[entry][0] if entry >= 15 else np.nan for entry in entries]
    assert found["atr"].to_numpy()[1:] == pytest.approx(np.array(expected)[1:], nan_ok=True)


@given(markets(), configs())
def test_excursions_bracket_the_result(market, config):
    """A trade never ends beyond what it has seen, and adverse is never above the entry, favourable never below."""
    rows, probability = market
    bars = frame(rows)
    found = with_excursions(market_from_bars(bars, "24/7"), run(bars, probability, config).trades)
    gross = found["gross_return"]
    assert ((found["mae"] <= gross + 1e-12) & (gross <= found["mfe"] + 1e-12)).all()
    assert (found["mae"] <= 0).all()
    assert (found["mfe"] >= 0).all()
