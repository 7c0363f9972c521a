"""Every option beside every other one, compared with the event-by-event reference."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.comparison import HOUR, assert_same, random_market, random_options
from trady2.backtest import BacktestConfig, run

LONG = bool(os.environ.get("TRADY2_LONG"))
SWITCHES = {
    "stop_loss": (None, 0.01),
    "take_profit": (None, 0.012),
    "trailing_stop": (None, 0.015),
    "intrabar": ("pessimistic", "optimistic"),
    "sizing": ("fraction", "volatility", "kelly"),
    "max_volume_share": (None, 0.05),
    "slippage_range_share": (0.0, 0.1),
    "impact_bps": (0.0, 50.0),
    "funding_bps_per_bar": (0.0, 2.0),
    "delay_bars": (0, 2),
    "capital": ("each", "shared", "two places"),
    "finer": (False, True),
}


@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_options_equal_the_reference(seed, finer, funding):
    """Any market under any configuration gives the trades, equity, exposure and counts of the slow replay."""
    rng = np.random.default_rng(seed)
    names = list("ABCDE")[: int(rng.integers(1, 6))]
    bars, probability, pieces = random_market(rng, names, int(rng.integers(8, 40)), finer=finer, funding=funding)
    assert_same(bars, probability, random_options(rng), pieces)


@pytest.mark.slow
def test_every_combination_of_options_equals_the_reference():
    """Every combination of switches on its own market gives the trades of the reference; LONG=1 leaves none out."""
    combinations = list(product(*SWITCHES.values()))
    chosen = combinations if LONG else combinations[11::97]
    rng, count = np.random.default_rng(5), 0
    for values in chosen:
        options = dict(zip(SWITCHES, values, strict=True))
        finer, capital = options.pop("finer"), options.pop("capital")
        if capital != "each":
            options |= {"capital": "shared", "fraction": 0.5}
        if capital == "two places":
            options["max_positions"] = 2
        config = BacktestConfig(
            threshold=0.45,
            hold_bars=int(rng.integers(1, 7)),
            fee_bps=7.0,
            slippage_bps=3.0,
            volatility_bars=4,
            kelly_win=0.02,
            kelly_loss=0.02,
            **options,
        )
        bars, probability, pieces = random_market(rng, "ABC", 24, finer=finer, funding=bool(rng.integers(2)))
        count += assert_same(bars, probability, config, pieces)
    assert count > (10_000 if LONG else 300)


def test_real_markets_with_every_option_equal_the_reference(market_data):
    """Three real assets in bars of four hours, decided on their hours, holes and all, in one account."""
    coarse, fine = [], []
    for name in ("BTCEUR", "ETHEUR", "LTCEUR"):
        hours = pd.read_parquet(market_data / f"bars/{name}_1h.parquet").iloc[-6000:]
        hours = hours[hours["timestamp"] >= hours["timestamp"].iloc[0].ceil("4h")].assign(asset=name)
        fine.append(hours)
        groups = hours.groupby(hours["timestamp"].dt.floor("4h"))
        how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        coarse.append(groups.agg(how).reset_index().assign(asset=name))
    bars, finer = (pd.concat(parts, ignore_index=True).astype({"asset": "str"}) for parts in (coarse, fine))
    columns = ["timestamp", "asset", "open", "high", "low", "close", "volume"]
    config = BacktestConfig(
        threshold=0.6,
        hold_bars=6,
        stop_loss=0.01,
        take_profit=0.012,
        fee_bps=5.0,
        slippage_range_share=0.02,
        impact_bps=30.0,
        funding_bps_per_bar=0.5,
        sizing="volatility",
        target_volatility=0.3,
        volatility_bars=60,
        max_volume_share=0.001,
        capital="shared",
        max_positions=2,
        fraction=0.5,
        initial_cash=1e6,
    )
    probability = np.random.default_rng(0).random(len(bars))
    assert assert_same(bars[columns], probability, config, finer[columns], 4 * HOUR) > 500
    known, guessed = (run(bars[columns], probability, config, finer=each) for each in (finer[columns], None))
    assert known.counts["ambiguous_bars"] < guessed.counts["ambiguous_bars"] / 3
