from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.compounding import Bets, bets_of, compounded
from trady2.backtest.market import market_from_bars
from trady2.backtest.placing import Placing, place
from trady2.backtest.random_entries import random_entries, random_totals


def every_placement(bars, spans, at_open, share, kept):
    """Return how often each total return occurs when trades are put everywhere in every order, by brute force."""
    opens, closes = bars["open"].to_numpy(), bars["close"].to_numpy()
    found = Counter()
    for order in permutations(range(len(spans))):
        for entries in combinations(range(1, len(opens)), len(spans)):
            leaves = [entry + spans[trade] for entry, trade in zip(entries, order, strict=True)]
            nexts = [*entries[1:], len(opens)]
            if all(leave < after for leave, after in zip(leaves, nexts, strict=True)):
                growth = 1.0
                for entry, leave, trade in zip(entries, leaves, order, strict=True):
                    price = opens[leave] if at_open[trade] else closes[leave]
                    growth *= 1 + share[trade] * (price / opens[entry] * kept[trade] - 1)
                found[round(growth - 1, 10)] += 1
    return found


def test_places_are_uniform_over_all_that_fit():
    """Three trades in nine bars: every order and every place is drawn equally often, and no other."""
    bars = frame(random_rows(np.random.default_rng(1), 9))
    market = market_from_bars(bars, "24/7")
    spans, at_open = np.array([1, 2, 0]), np.array([True, True, False])
    share, kept = np.array([1.0, 0.5, 0.7]), np.array([0.999, 0.99, 1.0])
    placing = Placing(np.zeros(3, np.int64), np.array([1, 3, 7]), np.array([1, 3, 7]) + spans, at_open)
    bets = Bets(placing.asset, share, np.ones(3), kept, 1)
    totals = random_totals(market, placing, bets, runs=60_000, seed=5)
    expected = every_placement(bars, spans, at_open, share, kept)
    drawn = Counter(np.round(totals, 10).tolist())
    assert set(drawn) == set(expected)
    weight = sum(expected.values())
    surprise = sum((drawn[each] - 60_000 * n / weight) ** 2 / (60_000 * n / weight) for each, n in expected.items())
    freedom = len(expected) - 1
    assert surprise < freedom + 4 * np.sqrt(2 * freedom)


def test_trades_that_fill_every_bar_can_only_change_places():
    """Where no bar is free, what varies is the order."""
    bars = frame(random_rows(np.random.default_rng(2), 7))
    market = market_from_bars(bars, "24/7")
    spans = np.array([1, 3])
    placing = Placing(np.zeros(2, np.int64), np.array([1, 3]), np.array([2, 6]), np.array([True, True]))
    bets = Bets(placing.asset, np.ones(2), np.ones(2), np.ones(2), 1)
    totals = random_totals(market, placing, bets, runs=400, seed=0)
    expected = every_placement(bars, spans, [True, True], [1, 1], [1, 1])
    assert set(np.round(totals, 10)) == set(expected)
    assert len(expected) == 2


def test_assets_keep_their_own_trades():
    """Each asset's trades stay in its bars: with one trade of the whole history each, nothing can move."""
    rng = np.random.default_rng(0)
    bars = pd.concat([frame(random_rows(rng, 30), asset=name) for name in "AB"], ignore_index=True)
    done = run(bars, np.ones(60), BacktestConfig(threshold=0.5, hold_bars=40, fee_bps=30, fraction=0.5))
    market = market_from_bars(bars, "24/7")
    found = random_entries(market, place(market, done.trades), done, runs=50, seed=1)
    assert found["percentile"] == 0.5
    total = done.metrics["total_return"]
    assert [found[f"total_return_{name}"] for name in ("low", "median", "high")] == pytest.approx([total] * 3)


def test_an_asset_without_a_trade_keeps_its_money():
    """Of two assets one trades: the totals are half of what it makes alone."""
    rng = np.random.default_rng(6)
    bars = pd.concat([frame(random_rows(rng, 60), asset=name) for name in "AB"], ignore_index=True)
    config = BacktestConfig(threshold=0.8, hold_bars=3)
    chances = np.where(bars["asset"] == "B", rng.random(120), 0.0)
    done, alone = run(bars, chances, config), run(bars[60:].reset_index(drop=True), chances[60:], config)
    totals = []
    for each, own in ((done, bars), (alone, bars[60:].reset_index(drop=True))):
        market = market_from_bars(own, "24/7")
        placing = place(market, each.trades)
        bets = bets_of(market, placing, each.trades, config)
        totals.append(random_totals(market, placing, bets, runs=30, seed=0))
    assert totals[0] == pytest.approx(totals[1] / 2)


def test_random_probabilities_stand_in_the_middle():
    """A strategy of coins is spread evenly among coins: its mean percentile is a half."""
    rng = np.random.default_rng(3)
    bars = frame(random_rows(rng, 600))
    market, config = market_from_bars(bars, "24/7"), BacktestConfig(threshold=0.9, hold_bars=5, fee_bps=5)
    found = []
    for _ in range(60):
        done = run(bars, rng.random(600), config)
        found.append(random_entries(market, place(market, done.trades), done, runs=200, seed=7)["percentile"])
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)
    assert np.std(found) == pytest.approx(1 / np.sqrt(12), abs=0.08)


def test_knowing_the_future_beats_all_coins():
    """Entries before the largest rises stand above every random list."""
    bars = frame(random_rows(np.random.default_rng(4), 500))
    rise = bars["open"].shift(-5) / bars["open"].shift(-1)
    done = run(bars, rise.rank(pct=True).fillna(0), BacktestConfig(threshold=0.9, hold_bars=4))
    market = market_from_bars(bars, "24/7")
    assert random_entries(market, place(market, done.trades), done, runs=300, seed=0)["percentile"] == 1


def test_seed_decides_the_places(two_assets):
    """The same seed gives the same totals to the bit, however many at once, another one others."""
    done, bars = two_assets
    market = market_from_bars(bars, "24/7")
    placing = place(market, done.trades)
    bets = bets_of(market, placing, done.trades, done.config)
    first, again, other = (random_totals(market, placing, bets, runs=20, seed=seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert compounded(bets, bets.gross * bets.kept - 1) == pytest.approx(done.metrics["total_return"])


def test_without_a_trade_there_is_nothing_to_compare(two_assets):
    """No trade, no percentile."""
    _, bars = two_assets
    done = run(bars, np.zeros(3000), BacktestConfig(threshold=0.5, hold_bars=3))
    market = market_from_bars(bars, "24/7")
    found = random_entries(market, place(market, done.trades), done, runs=200, seed=3)
    assert found == {
        "runs": 200,
        "seed": 3,
        "percentile": None,
        "total_return_low": None,
        "total_return_median": None,
        "total_return_high": None,
    }
