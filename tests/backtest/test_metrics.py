from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tests.backtest.markets import frame
from trady2.backtest import BacktestConfig, run

ROOT = Path(__file__).parents[2]


def test_every_metric_is_documented_once(two_assets):
    """docs/metrics.md has one row for each figure, and none for any other."""
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(two_assets[0].metrics)


def test_counts_and_bounds_stand_among_the_figures(two_assets):
    """What keeps a result honest is repeated beside the figures."""
    done = two_assets[0]
    assert done.metrics["ambiguous_share"] == done.trades["ambiguous"].mean() > 0
    assert done.metrics["total_return_pessimistic"] == done.pessimistic.total_return
    assert done.metrics["total_return_optimistic"] == done.optimistic.total_return
    for name in ("ambiguous_bars", "gap_fills", "trades_over_gaps", "forced_closes"):
        assert done.metrics[name] == done.counts[name]


def test_metrics_are_strict_json_and_complete(two_assets):
    """Every value is a number or None; nothing undefined turns into NaN on the way."""
    metrics = two_assets[0].metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert {type(value) for value in metrics.values()} <= {int, float, type(None)}
    assert sum(value is None for value in metrics.values()) <= 12


def test_without_trades_what_is_undefined_is_none():
    """No trade means no ratio, not a zero and not a NaN."""
    metrics = run(frame([(100, 101, 99, 100)] * 5), np.zeros(5), BacktestConfig(threshold=0.5, hold_bars=1)).metrics
    undefined = {name for name, value in metrics.items() if value is None}
    assert undefined >= {"sharpe_ratio", "sortino_ratio", "win_rate", "profit_factor", "sqn", "break_even_cost_bps"}
    assert undefined >= {"best_trade_return", "worst_trade_return", "calmar_ratio", "omega_ratio", "beta", "kurtosis"}
    assert [metrics[name] for name in ("total_return", "cagr", "max_drawdown", "n_trades", "turnover")] == [0.0] * 5
    json.dumps(metrics, allow_nan=False)


def test_growth_beyond_any_float_is_none():
    """Doubling within two hours has no annual rate that a float holds."""
    metrics = run(
        frame([(100, 100, 100, 100), (100, 200, 100, 200), (400, 400, 400, 400)]),
        [0.9, 0, 0],
        BacktestConfig(threshold=0.5, hold_bars=1),
    ).metrics
    assert (metrics["total_return"], metrics["cagr"]) == (3.0, None)


def test_ruin_leaves_finite_figures():
    """Costs that eat the equity down to the last float end in a total loss, not in warnings."""
    config = BacktestConfig(threshold=0.5, hold_bars=1, fee_bps=9_999.0)
    metrics = run(frame([(100, 100, 100, 100)] * 400), np.ones(400), config).metrics
    assert (metrics["final_equity"], metrics["total_return"], metrics["cagr"]) == (0.0, -1.0, -1.0)


def test_a_million_bars_are_cheap_and_wait_to_be_asked():
    """A run does not work out its figures; when asked, it takes well under a second of processor time."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, 1_000_000)))
    bars = pd.DataFrame({"timestamp": pd.date_range("2000", periods=close.size, freq="min", tz="UTC", unit="us")})
    for name in ("open", "high", "low", "close"):
        bars[name] = close
    done = run(bars.assign(volume=1.0), rng.random(close.size), BacktestConfig(threshold=0.9, hold_bars=12))
    assert "metrics" not in vars(done)
    start = time.process_time()
    assert done.metrics["n_trades"] > 40_000
    assert time.process_time() - start < 1
