"""A small backtest in plain pandas and NumPy: enough of a result to report, and independent of the engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from trady2.config import BacktestConfig
from trady2.reports import build_report

THRESHOLDS = [0.5, 0.6, 0.7, 0.8]
CREATED_AT = "2025-11-01T12:00:00Z"
COLUMNS = ("asset", "entry_time", "exit_time", "entry_price", "exit_price")
COLUMNS += ("quantity", "net_return", "pnl", "exit_reason", "gap")


def random_bars(n: int, *, seed: int = 0, asset: str = "SIM-USD") -> pd.DataFrame:
    """A random walk of hourly opens and closes."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.standard_normal(n) * 0.004))
    timestamp = pd.date_range("2023-01-01", periods=n, freq="h", tz="UTC", unit="us")
    return pd.DataFrame(
        {"timestamp": timestamp, "asset": asset, "open": np.append(close[:1], close[:-1]), "close": close}
    )


def held(bars: pd.DataFrame, probability: np.ndarray, config: BacktestConfig) -> SimpleNamespace:
    """Buy at the next open when the probability is above the threshold, hold, sell at an open."""
    opens, closes = bars["open"].to_numpy(), bars["close"].to_numpy()
    cost = (config.fee_bps + config.slippage_bps) / 1e4
    cash, position, rows = config.initial_cash, 0.0, []
    equity = np.empty(len(bars))
    entry = -1
    for i in range(len(bars)):
        if position and i == entry + config.hold_bars:
            proceeds = position * opens[i] * (1 - cost)
            ratio = proceeds / rows[-1]["paid"]
            rows[-1] |= {"exit": i, "exit_price": opens[i], "net_return": ratio - 1, "pnl": proceeds - rows[-1]["paid"]}
            cash, position = proceeds, 0.0
        if not position and i and probability[i - 1] > config.threshold and i + config.hold_bars < len(bars):
            rows.append({"entry": i, "entry_price": opens[i], "paid": cash})
            position, entry = cash / (opens[i] * (1 + cost)), i
        equity[i] = position * closes[i] if position else cash
    return _gathered(bars, pd.DataFrame(rows), equity, config)


def frame_of(backtest: Any, bars: pd.DataFrame) -> pd.DataFrame:
    """What has one value a bar: money, both bounds, the share that is in the position at the close, the price."""
    open_now = sum(
        ((bars["timestamp"] >= trade.entry_time) & (bars["timestamp"] < trade.exit_time)) * trade.quantity
        for trade in backtest.trades.itertuples()
    )
    columns = {
        "equity": backtest.equity.to_numpy(),
        "benchmark": backtest.benchmark.to_numpy(),
        "equity_pessimistic": backtest.pessimistic.equity.to_numpy(),
        "equity_optimistic": backtest.optimistic.equity.to_numpy(),
        "exposure": (open_now * bars["close"]).to_numpy() / backtest.equity.to_numpy(),
        f"close:{bars['asset'].iloc[0]}": bars["close"].to_numpy(),
    }
    return pd.DataFrame(columns, index=backtest.equity.index)


def rerun(bars: pd.DataFrame, probability: np.ndarray, config: BacktestConfig, **other: Any) -> SimpleNamespace:
    """The same again with other rules; `delay` lets the probabilities come that many bars later."""
    delay = other.pop("delay", 0)
    known = np.concatenate([np.zeros(delay), probability[: len(probability) - delay]])
    return held(bars, known, config.model_copy(update=other))


def _gathered(bars: pd.DataFrame, rows: pd.DataFrame, equity: np.ndarray, config: BacktestConfig) -> SimpleNamespace:
    times = bars["timestamp"]
    if rows.empty:
        trades = pd.DataFrame({name: [] for name in COLUMNS})
    else:
        reasons = np.array(["time", "stop_loss", "take_profit"])[rows.index % 3]
        trades = pd.DataFrame(
            {
                "asset": bars["asset"].iloc[0],
                "entry_time": times.to_numpy()[rows["entry"]],
                "exit_time": times.to_numpy()[rows["exit"].astype(int)],
                "entry_price": rows["entry_price"],
                "exit_price": rows["exit_price"],
                "quantity": rows["paid"] / rows["entry_price"],
                "net_return": rows["net_return"],
                "pnl": rows["pnl"],
                "exit_reason": reasons,
                "gap": False,
            }
        )
        for column in ("entry_time", "exit_time"):
            trades[column] = pd.to_datetime(trades[column], utc=True)
    series = pd.Series(equity, index=pd.DatetimeIndex(times, name="timestamp"), name="equity")
    metrics = _metrics(bars, trades, equity)
    bound = SimpleNamespace(total_return=metrics["total_return"], equity=series)
    return SimpleNamespace(
        trades=trades,
        equity=series,
        metrics=metrics,
        counts={"signals_seen": len(trades), "ambiguous_bars": 0},
        config=config,
        pessimistic=bound,
        optimistic=bound,
        benchmark=pd.Series(
            config.initial_cash * bars["close"].to_numpy() / bars["close"].iloc[0], index=series.index, name="benchmark"
        ),
    )


def _metrics(bars: pd.DataFrame, trades: pd.DataFrame, equity: np.ndarray) -> dict[str, Any]:
    returns = np.diff(equity) / equity[:-1]
    won, lost = trades["pnl"].clip(lower=0).sum(), -trades["pnl"].clip(upper=0).sum()
    return {
        "total_return": equity[-1] / 10_000 - 1,
        "buy_and_hold_return": bars["close"].iloc[-1] / bars["close"].iloc[0] - 1,
        "sharpe_ratio": returns.mean() / returns.std() * np.sqrt(8766)
        if len(returns) > 1 and returns.std()
        else np.nan,
        "max_drawdown": (equity / np.maximum.accumulate(equity) - 1).min(),
        "break_even_cost_bps": 7.3,
        "n_trades": len(trades),
        "win_rate": (trades["net_return"] > 0).mean() if len(trades) else np.nan,
        "profit_factor": won / lost if lost else np.nan,
        "exposure_time": 0.31,
        "ambiguous_bars": 0,
        "periods_per_year": 8766.0,
    }


def report_of(backtest: Any, **given: Any) -> dict[str, Any]:
    """Build a report where only what matters to a test is given."""
    index = backtest.equity.index
    data = {"assets": ["SIM-USD"], "first": index[0], "last": index[-1], "bars": len(index), "digest": "0" * 64}
    values = {
        "version": "1.0.0+20251101_120000",
        "name": "trady2",
        "created_at": CREATED_AT,
        "scorecard": None,
        "zones": None,
        "threshold": {"threshold": 0.7, "method": "lower bound", "table": [{"threshold": 0.7, "lower": 0.1}]},
        "calibration": {"method": "platt"},
        "data": data | {"timeframe": "1h"},
        "config": {"name": "trady2", "seed": 0, "backtest": {"hold_bars": 12}},
        "verdict": None,
    }
    return build_report(**(values | {"backtest": backtest} | given))
