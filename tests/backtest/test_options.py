"""Every option beside every other one, compared with the event-by-event reference."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backtest.comparison import assert_same, random_market, random_options
from trady2.backtest import BacktestConfig

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
