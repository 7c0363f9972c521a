from __future__ import annotations

import numpy as np
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.market import market_from_bars
from trady2.backtest.threshold_curve import choose_thresholds, threshold_tables

RNG = np.random.default_rng(0)
BARS, CHANCES = frame(random_rows(RNG, 500)), RNG.random(500)
RULES = {"hold_bars": 4, "stop_loss": 0.02, "fraction": 0.6}
THRESHOLDS, COSTS = [0.2, 0.7, 0.9, 1.0], [0.0, 10.0, 40.0]


@pytest.fixture(scope="module")
def tables():
    """The curve and the surface of a run at 0.7."""
    done = run(BARS, CHANCES, BacktestConfig(**RULES, threshold=0.7, fee_bps=10))
    return threshold_tables(
        market_from_bars(BARS, "24/7"), done, lambda rules, _: run(BARS, CHANCES, rules), THRESHOLDS, COSTS
    )


def test_curve_is_that_of_runs_by_hand(tables):
    """Each point is a run above its threshold."""
    for row in tables["threshold_curve"][:3]:
        metrics = run(BARS, CHANCES, BacktestConfig(**RULES, threshold=row["threshold"], fee_bps=10)).metrics
        for name in ("n_trades", "total_return", "sharpe_ratio", "mean_trade_return"):
            assert row[name] == pytest.approx(metrics[name])


def test_nothing_is_above_everything(tables):
    """Above a threshold that no probability reaches there is no trade and no mean."""
    assert tables["threshold_curve"][3] == {
        "threshold": 1.0,
        "n_trades": 0,
        "total_return": 0.0,
        "sharpe_ratio": None,
        "mean_trade_return": None,
    }


def test_surface_is_that_of_runs_by_hand(tables):
    """Each cell is what a run with that fee and that threshold makes; rows are costs."""
    surface = tables["cost_threshold_surface"]
    assert (surface["thresholds"], surface["cost_bps"]) == (THRESHOLDS, COSTS)
    for row, cost in zip(surface["total_return"], COSTS, strict=True):
        for value, threshold in zip(row, THRESHOLDS, strict=True):
            done = run(BARS, CHANCES, BacktestConfig(**RULES, threshold=threshold, fee_bps=cost))
            assert value == pytest.approx(done.metrics["total_return"], abs=1e-12)


def test_thresholds_are_quantiles_and_ones_own():
    """They ascend, hold the own threshold, and say nothing twice."""
    found = choose_thresholds(CHANCES, 0.7)
    assert found == sorted(set(found))
    assert 0.7 in found
    assert np.quantile(CHANCES, 0.9) in found
    assert choose_thresholds(np.full(9, 0.25), 0.25 + 1e-9) == [0.25 + 1e-9]
    assert choose_thresholds(np.full(9, np.nan), 0.5) == [0.5]
