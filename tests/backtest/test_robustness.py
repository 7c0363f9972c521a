from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.robustness import robustness, runs_within

RNG = np.random.default_rng(0)
BARS = pd.concat([frame(random_rows(RNG, 700), asset=name) for name in "AB"], ignore_index=True)
CHANCES = np.where(RNG.random(1400) < 0.05, np.nan, RNG.random(1400))
CONFIG = BacktestConfig(threshold=0.8, hold_bars=5, stop_loss=0.02, fee_bps=4, slippage_bps=1)


def block(seed=0, config=CONFIG):
    """Return the block of a run, and the run."""
    done = run(BARS, CHANCES, config)
    market = market_from_bars(BARS, "24/7")
    return robustness(market, CHANCES, done, lambda chances, rules: run(BARS, chances, rules), seed=seed), done


@pytest.fixture(scope="module")
def found():
    """The block of one run, and the run."""
    return block()


def test_block_has_its_parts_and_is_strict_json(found):
    """Every part is there, and nothing undefined turns into NaN on the way."""
    parts = ["costs", "cost_basis_bps", "break_even_cost_bps", "delay", "by_month", "by_asset", "random_entries"]
    assert list(found[0]) == [*parts, "bootstrap", "threshold_curve", "cost_threshold_surface"]
    assert json.loads(json.dumps(found[0], allow_nan=False)) == found[0]


def test_parts_agree_with_the_run_and_each_other(found):
    """The run itself stands in every table, as it was."""
    shaken, done = found
    total = pytest.approx(done.metrics["total_return"])
    assert [row["total_return"] for row in shaken["costs"] if row["cost_multiple"] == 1] == [total]
    assert shaken["delay"][0]["total_return"] == total
    assert [row["total_return"] for row in shaken["threshold_curve"] if row["threshold"] == 0.8] == [total]
    assert np.mean([row["net_return"] for row in shaken["by_asset"]]) == total
    assert np.prod([1 + row["net_return"] for row in shaken["by_month"]]) - 1 == total
    surface = shaken["cost_threshold_surface"]
    cell = surface["total_return"][surface["cost_bps"].index(5.0)][surface["thresholds"].index(0.8)]
    assert cell == pytest.approx(done.metrics["total_return"], abs=1e-5)
    assert shaken["break_even_cost_bps"] == done.metrics["break_even_cost_bps"]


def test_delay_is_that_of_the_configuration(found):
    """A result at one bar of delay is what a backtest with one more bar of delay gives."""
    shaken, done = found
    later = run(BARS, CHANCES, done.config.model_copy(update={"delay_bars": done.config.delay_bars + 1}))
    row = shaken["delay"][1]
    assert (row["delay_bars"], row["n_trades"]) == (1, len(later.trades))
    assert row["total_return"] == later.metrics["total_return"]


def test_seed_decides_what_is_drawn(found):
    """The same seed gives the same block to the bit; another one changes what is drawn, and only that."""
    assert block()[0] == found[0]
    other = block(seed=1)[0]
    changed = [name for name in other if other[name] != found[0][name]]
    assert changed == ["random_entries", "bootstrap"]


def test_without_a_trade_the_block_is_still_there():
    """A threshold that nothing reaches gives a whole block of nothing."""
    shaken, _ = block(config=CONFIG.model_copy(update={"threshold": 1.0}))
    assert shaken["random_entries"]["percentile"] is None
    assert {row["total_return"] for row in shaken["costs"]} == {0.0}
    assert shaken["by_asset"][0]["n_trades"] == 0
    json.dumps(shaken, allow_nan=False)


def test_runs_fit_the_time_there_is():
    """Short records are drawn a thousand times, long ones fewer, never less than two hundred."""
    assert [runs_within(1_000_000, steps) for steps in (0, 10, 2_000, 100_000)] == [1_000, 1_000, 500, 200]
