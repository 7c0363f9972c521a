from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run

HOURS_A_YEAR = 365.25 * 24


@pytest.fixture(scope="module")
def result():
    """A run on two assets with every kind of exit."""
    rng = np.random.default_rng(3)
    bars = pd.concat([frame(random_rows(rng, 1500), asset=name) for name in "AB"], ignore_index=True)
    config = BacktestConfig(
        threshold=0.8, hold_bars=6, stop_loss=0.03, take_profit=0.03, fee_bps=4.0, slippage_bps=2.0, fraction=0.5
    )
    return run(bars, rng.random(3000), config), bars


@pytest.fixture(scope="module")
def returns(result):
    """The returns of the published equity, as anybody would compute them."""
    return result[0].equity.pct_change().dropna()


def test_return_metrics_follow_pandas(result, returns):
    """Growth, volatility and ratios equal the textbook formulas over the published equity."""
    metrics, equity = result[0].metrics, result[0].equity
    years = len(returns) / HOURS_A_YEAR
    downside = math.sqrt((returns.clip(upper=0) ** 2).mean())
    expected = {
        "n_bars": 1500,
        "years": years,
        "periods_per_year": HOURS_A_YEAR,
        "final_equity": equity.iloc[-1],
        "peak_equity": equity.max(),
        "total_return": equity.iloc[-1] / 10_000 - 1,
        "cagr": (equity.iloc[-1] / 10_000) ** (1 / years) - 1,
        "annual_return": returns.mean() * HOURS_A_YEAR,
        "annual_volatility": returns.std() * math.sqrt(HOURS_A_YEAR),
        "sharpe_ratio": returns.mean() / returns.std() * math.sqrt(HOURS_A_YEAR),
        "sortino_ratio": returns.mean() / downside * math.sqrt(HOURS_A_YEAR),
        "omega_ratio": returns[returns > 0].sum() / -returns[returns < 0].sum(),
        "gain_to_pain_ratio": returns.sum() / -returns[returns < 0].sum(),
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_tail_metrics_follow_scipy(result, returns):
    """Moments and tails equal scipy's and pandas'."""
    low, high = returns.quantile([0.05, 0.95])
    expected = {
        "skew": scipy_stats.skew(returns),
        "kurtosis": scipy_stats.kurtosis(returns, fisher=False),
        "value_at_risk": low,
        "conditional_value_at_risk": returns[returns <= low].mean(),
        "tail_ratio": abs(high) / abs(low),
        "best_bar_return": returns.max(),
        "worst_bar_return": returns.min(),
    }
    assert {name: result[0].metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_drawdown_metrics_follow_pandas(result):
    """Drawdowns equal a walk over the curve, one bar at a time."""
    metrics, equity = result[0].metrics, result[0].equity
    depth = equity / equity.cummax() - 1
    stretches = depth[depth < 0].groupby((depth >= 0).cumsum())
    total = equity.iloc[-1] / 10_000 - 1
    expected = {
        "max_drawdown": depth.min(),
        "average_drawdown": stretches.min().mean(),
        "max_drawdown_duration_bars": stretches.size().max(),
        "average_drawdown_duration_bars": stretches.size().mean(),
        "ulcer_index": math.sqrt((depth**2).mean()),
        "calmar_ratio": ((1 + total) ** (HOURS_A_YEAR / 1499) - 1) / -depth.min(),
        "recovery_factor": total / -depth.min(),
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_benchmark_metrics_follow_a_regression(result, returns):
    """Alpha and beta are those of a least-squares line on buy and hold in equal shares."""
    done, bars = result
    closes = bars.pivot_table(index="timestamp", columns="asset", values="close")
    held = (closes / closes.iloc[0]).mean(axis=1)
    other = held.pct_change().dropna()
    line = scipy_stats.linregress(other, returns)
    away = returns - other
    expected = {
        "buy_and_hold_return": held.iloc[-1] - 1,
        "beta": line.slope,
        "alpha": line.intercept * HOURS_A_YEAR,
        "information_ratio": away.mean() / away.std() * math.sqrt(HOURS_A_YEAR),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_trade_metrics_follow_pandas(result):
    """What the trades say equals group-bys over the published list of trades."""
    done, _ = result
    trades = done.trades.sort_values(["exit_time", "asset"], kind="stable")
    won, lost = trades[trades["net_return"] > 0], trades[trades["net_return"] < 0]
    payoff, share = won["net_return"].mean() / -lost["net_return"].mean(), len(won) / len(trades)
    runs = (trades["net_return"] > 0).astype(int).diff().ne(0).cumsum()
    lengths = trades.groupby(runs)["net_return"].agg(["size", "max"])
    expected = {
        "n_trades": len(trades),
        "win_rate": share,
        "profit_factor": won["pnl"].sum() / -lost["pnl"].sum(),
        "expectancy": trades["pnl"].mean(),
        "payoff_ratio": payoff,
        "kelly_criterion": share - (1 - share) / payoff,
        "sqn": math.sqrt(len(trades)) * trades["pnl"].mean() / trades["pnl"].std(),
        "mean_trade_return": trades["net_return"].mean(),
        "best_trade_return": trades["net_return"].max(),
        "worst_trade_return": trades["net_return"].min(),
        "mean_winner_return": won["net_return"].mean(),
        "mean_loser_return": lost["net_return"].mean(),
        "mean_trade_duration_bars": trades["bars_held"].mean(),
        "max_trade_duration_bars": trades["bars_held"].max(),
        "mean_winner_duration_bars": won["bars_held"].mean(),
        "mean_loser_duration_bars": lost["bars_held"].mean(),
        "longest_win_run": lengths.loc[lengths["max"] > 0, "size"].max(),
        "longest_loss_run": lengths.loc[lengths["max"] < 0, "size"].max(),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_cost_metrics_follow_the_fills(result):
    """Fees, slippage and turnover are those of every fill, and time in the market that of every bar."""
    done, bars = result
    trades, equity = done.trades, done.equity
    bought, sold = (trades["quantity"] * trades[side] for side in ("entry_price", "exit_price"))
    raw = trades["entry_price"] / 1.0002, trades["exit_price"] / 0.9998
    turnover = (bought.sum() + sold.sum()) / equity.mean()
    expected = {
        "fees_paid": 0.0004 * (bought.sum() + sold.sum()),
        "slippage_paid": (
            trades["quantity"] * ((trades["entry_price"] - raw[0]) + (raw[1] - trades["exit_price"]))
        ).sum(),
        "turnover": turnover,
        "annual_turnover": turnover / (1499 / HOURS_A_YEAR),
        "exposure_time": trades["bars_held"].sum() / len(bars),
        "break_even_cost_bps": 10_000 * math.tanh(np.log(raw[1] / raw[0]).mean() / 2),
    }
    assert {name: done.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-8)


def test_bars_held_counts_the_bars_with_an_open_position(result):
    """A trade left at an open was not open in that bar, one left inside a bar was."""
    trades = result[0].trades
    span = ((trades["exit_time"] - trades["entry_time"]) / pd.Timedelta("1h")).astype(int)
    at_open = (trades["exit_reason"] == "time") | trades["gap_fill"]
    assert trades["bars_held"].tolist() == (span + (~at_open)).tolist()
    assert set(trades["exit_reason"]) >= {"time", "stop_loss", "take_profit"}


def test_every_metric_is_covered_by_a_formula_above(result):
    """The keys are those whose formulas the tests of this file spell out, and the counts."""
    done = result[0]
    assert len(done.metrics) == 13 + 7 + 7 + 4 + 18 + 6 + 4 + 3
    assert done.metrics["ambiguous_share"] == done.trades["ambiguous"].mean() > 0
    assert done.metrics["total_return_pessimistic"] == done.pessimistic.total_return
    assert done.metrics["total_return_optimistic"] == done.optimistic.total_return
    assert all(result[0].metrics[name] == result[0].counts[name] for name in ("ambiguous_bars", "gap_fills"))
    assert all(result[0].metrics[name] == result[0].counts[name] for name in ("trades_over_gaps", "forced_closes"))


def test_metrics_are_strict_json_and_complete(result):
    """Every value is a number or None; nothing undefined turns into NaN on the way."""
    metrics = result[0].metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert {type(value) for value in metrics.values()} == {int, float}


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
