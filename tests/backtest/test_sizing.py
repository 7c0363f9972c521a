from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, two_assets_of
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.sizing import annual_volatility, kelly_fraction, shares, volume_limits
from trady2.errors import ConfigError

ROWS = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 104, 101, 103), (103, 105, 102, 104)]


@pytest.fixture
def market():
    """Two assets of 60 hourly bars."""
    return two_assets_of(60)


def test_volatility_is_that_of_pandas(market):
    """The deviation of the last log returns by year is pandas' rolling one, asset by asset, and unknown before."""
    rows = np.arange(120)
    expected = [
        np.log(pd.Series(market.close[part])).diff().rolling(7).std() * np.sqrt(8766)
        for part in (slice(0, 60), slice(60, 120))
    ]
    got = annual_volatility(market, rows, 7)
    np.testing.assert_allclose(got, np.concatenate(expected), rtol=1e-12)
    assert np.isnan(got[[0, 6, 60, 66]]).all()


def test_volatility_target_is_met_and_capped(market):
    """The share is target over volatility, `fraction` at most, and nothing while the volatility is unknown."""
    config = BacktestConfig(hold_bars=1, sizing="volatility", target_volatility=0.5, volatility_bars=7, fraction=0.8)
    rows = np.array([3, 20, 80])
    yearly = annual_volatility(market, rows, 7)
    got = shares(market, np.ones(120), rows, config)
    assert got.tolist() == [0.0, min(0.5 / yearly[1], 0.8), min(0.5 / yearly[2], 0.8)]
    bold = config.model_copy(update={"target_volatility": 1e9})
    assert shares(market, np.ones(120), rows, bold).tolist() == [0.0, 0.8, 0.8]


def test_market_that_does_not_move_gets_all_that_may_be():
    """Without any volatility the cap is the size, not a division by zero."""
    market = market_from_bars(frame([(100, 100, 100, 100)] * 5), "24/7")
    config = BacktestConfig(hold_bars=1, sizing="volatility", volatility_bars=2, fraction=0.5)
    assert shares(market, np.ones(5), np.array([1, 2, 4]), config).tolist() == [0.0, 0.5, 0.5]


def test_kelly_is_the_best_growth():
    """No other share has a higher expected logarithm, found by trying them all."""
    tried = np.linspace(0, 0.99, 10_000)
    for chance, win, loss in [(0.6, 1.0, 1.0), (0.4, 0.9, 0.5), (0.55, 0.03, 0.4)]:
        growth = chance * np.log(1 + tried * win) + (1 - chance) * np.log(1 - tried * loss)
        best = kelly_fraction(np.array([chance]), win, loss)[0]
        assert np.clip(best, 0, 0.99) == pytest.approx(tried[growth.argmax()], abs=2e-4)


@pytest.mark.parametrize(("chance", "expected"), [(0.6, 0.1), (0.9, 0.4), (1.0, 0.5), (0.5, 0.0), (0.1, 0.0)])
def test_kelly_takes_a_part_up_to_the_cap(chance, expected, market):
    """Half of Kelly on even odds, 2 p - 1, is cut to `fraction`, and no edge is no trade."""
    config = BacktestConfig(hold_bars=1, sizing="kelly", kelly_win=1.0, kelly_loss=1.0, fraction=0.5)
    got = shares(market, np.full(120, chance), np.array([5]), config)
    assert got == pytest.approx([expected])


def test_kelly_takes_its_odds_from_the_levels(market):
    """Target and stop are what is won and lost where nothing else is said."""
    named = BacktestConfig(hold_bars=1, sizing="kelly", kelly_win=0.03, kelly_loss=0.02)
    levels = BacktestConfig(hold_bars=1, sizing="kelly", take_profit=0.03, stop_loss=0.02)
    rows, chances = np.arange(120), np.linspace(0, 1, 120)
    assert shares(market, chances, rows, named).tolist() == shares(market, chances, rows, levels).tolist()


def test_kelly_without_odds_is_refused(market):
    """Both where the configuration is made and where a copy of it has lost a level."""
    with pytest.raises(ConfigError, match=r"kelly has to know what is at stake; set kelly_loss or stop_loss"):
        BacktestConfig(hold_bars=1, sizing="kelly", take_profit=0.1)
    config = BacktestConfig(hold_bars=1, sizing="kelly", take_profit=0.1, stop_loss=0.1)
    with pytest.raises(ConfigError, match=r"what is at stake; set kelly_win or take_profit"):
        shares(market, np.ones(120), np.array([1]), config.model_copy(update={"take_profit": None}))


def test_a_refused_signal_opens_nothing_and_is_counted():
    """A probability without an edge, and a bar without volume, leave the asset free for the next signal."""
    bars = frame(ROWS).assign(volume=[5.0, 0.0, 9.0, 9.0])
    kelly = BacktestConfig(threshold=0.1, hold_bars=1, sizing="kelly", kelly_win=1.0, kelly_loss=1.0)
    result = run(bars, [0.4, 0.6, 0.7, 0.7], kelly)
    assert result.trades["probability"].tolist() == [0.6]
    assert (result.counts["signals_refused_by_size"], result.counts["signals_ignored_in_position"]) == (1, 1)
    capped = run(bars, [0.0, 0.6, 0.7, 0.0], BacktestConfig(threshold=0.1, hold_bars=1, max_volume_share=0.5))
    assert (capped.trades["probability"].tolist(), capped.trades["quantity"].tolist()) == ([0.7], [4.5])
    assert (capped.counts["signals_refused_by_volume"], capped.counts["entries_cut_to_volume"]) == (1, 1)


def test_volume_limit_is_a_share_of_the_bar(market):
    """Without the option there is no limit."""
    rows = np.array([0, 1])
    assert volume_limits(market, rows, BacktestConfig(hold_bars=1)).tolist() == [np.inf, np.inf]
    assert volume_limits(market, rows, BacktestConfig(hold_bars=1, max_volume_share=0.25)).tolist() == [0.25, 0.25]
