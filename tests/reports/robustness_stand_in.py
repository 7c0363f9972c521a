"""Robustness and a sweep computed the slow and obvious way: enough to report, and independent of the library's own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

MULTIPLES = (0, 0.5, 1, 1.5, 2, 3, 5)
LEVEL = 0.9

Rerun = Callable[..., Any]


def robustness_of(
    backtest: Any, bars: pd.DataFrame, rerun: Rerun, *, thresholds: list[float], runs: int = 200
) -> dict[str, Any]:
    """The whole block; *rerun* runs the same backtest with other rules, given by name."""
    rules = backtest.config.model_dump()
    base = rules["fee_bps"] + rules["slippage_bps"]
    basis = base or 10.0
    costs = [(multiple, multiple * basis) for multiple in MULTIPLES]
    return {
        "costs": [{"cost_multiple": m, "cost_bps_per_side": bps, **at_cost(backtest, bps)} for m, bps in costs],
        "cost_basis_bps": None if base else basis,
        "break_even_cost_bps": 1e4 * np.tanh(np.log1p(gross(backtest.trades)).mean() / 2),
        "delay": [{"delay_bars": bars_later, **told(rerun(delay=bars_later))} for bars_later in (0, 1, 2)],
        "by_month": by_month(backtest),
        "by_asset": [by_asset(name, own, bars) for name, own in backtest.trades.groupby("asset")],
        "random_entries": random_entries(backtest, bars, runs),
        "bootstrap": bootstrap(backtest.equity.to_numpy(), runs),
        "threshold_curve": [curve_row(threshold, rerun(threshold=threshold)) for threshold in thresholds],
        "cost_threshold_surface": surface(rerun, thresholds),
    }


def gross(trades: pd.DataFrame) -> np.ndarray:
    """Return of each trade at raw prices."""
    if "gross_return" in trades:
        return trades["gross_return"].to_numpy()
    return (trades["exit_price"] / trades["entry_price"] - 1).to_numpy()


def at_cost(backtest: Any, bps: float) -> dict[str, Any]:
    """Every trade priced again with one cost per side."""
    net = (1 + gross(backtest.trades)) * (1 - bps / 1e4) / (1 + bps / 1e4) - 1
    per_year = len(net) / ((backtest.equity.index[-1] - backtest.equity.index[0]).days / 365.25)
    return {"total_return": np.prod(1 + net) - 1, "sharpe_ratio": net.mean() / net.std(ddof=1) * np.sqrt(per_year)}


def told(backtest: Any) -> dict[str, Any]:
    """What the tables say of another run."""
    names = ("total_return", "sharpe_ratio", "n_trades")
    return {name: backtest.metrics[name] for name in names}


def curve_row(threshold: float, backtest: Any) -> dict[str, Any]:
    """One point of the threshold curve."""
    return {"threshold": threshold, "mean_trade_return": backtest.trades["net_return"].mean(), **told(backtest)}


def surface(rerun: Rerun, thresholds: list[float]) -> dict[str, Any]:
    """Net return by cost (rows) and threshold (columns)."""
    costs = [0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0]
    found = [rerun(threshold=threshold) for threshold in thresholds]
    rows = [[at_cost(run, cost)["total_return"] if len(run.trades) > 1 else None for run in found] for cost in costs]
    return {"thresholds": thresholds, "cost_bps": costs, "total_return": rows}


def by_month(backtest: Any) -> list[dict[str, Any]]:
    """Returns of equity and benchmark, and trades by the month of their exit."""
    exits = backtest.trades["exit_time"].dt.strftime("%Y-%m").value_counts()
    both = pd.DataFrame({"net": backtest.equity, "held": backtest.benchmark})
    ends = both.groupby(lambda time: f"{time:%Y-%m}").last()
    returns = ends.pct_change().fillna(ends.iloc[0] / 10_000 - 1)
    return [
        {
            "year": int(month[:4]),
            "month": int(month[5:]),
            "n_trades": int(exits.get(month, 0)),
            "net_return": row["net"],
            "benchmark_return": row["held"],
        }
        for month, row in returns.iterrows()
    ]


def by_asset(name: str, trades: pd.DataFrame, bars: pd.DataFrame) -> dict[str, Any]:
    """What one asset's trades made."""
    growth = np.cumprod(1 + trades["net_return"].to_numpy())
    close = bars.loc[bars["asset"] == name, "close"].to_numpy()
    return {
        "asset": name,
        "n_trades": len(trades),
        "win_rate": (trades["net_return"] > 0).mean(),
        "net_return": growth[-1] - 1,
        "pnl": trades["pnl"].sum(),
        "sharpe_ratio": trades["net_return"].mean() / trades["net_return"].std() * np.sqrt(len(trades)),
        "max_drawdown": (growth / np.maximum.accumulate(growth) - 1).min(),
        "buy_and_hold_return": close[-1] / close[0] - 1,
    }


def random_entries(backtest: Any, bars: pd.DataFrame, runs: int, seed: int = 1) -> dict[str, Any]:
    """As many trades of the mean length at random places that do not overlap, on the first asset."""
    rng = np.random.default_rng(seed)
    opens = bars.loc[bars["asset"] == bars["asset"].iloc[0], "open"].to_numpy()
    k, rules = len(backtest.trades), backtest.config
    hold = max(int(rules.hold_bars), 1)
    k = min(k, (len(opens) - 1) // hold - 1)
    cost = (rules.fee_bps + rules.slippage_bps) / 1e4
    totals = []
    for _ in range(runs):
        at = np.sort(rng.choice(len(opens) - 1 - k * hold, k, replace=True)) + np.arange(k) * hold
        totals.append(np.prod(opens[at + hold] / opens[at] * (1 - cost) / (1 + cost)) - 1)
    low, median, high = np.quantile(totals, [0.05, 0.5, 0.95])
    return {
        "runs": runs,
        "seed": seed,
        "percentile": float((np.array(totals) < backtest.metrics["total_return"]).mean()),
        "total_return_low": low,
        "total_return_median": median,
        "total_return_high": high,
    }


def bootstrap(equity: np.ndarray, runs: int, seed: int = 2) -> dict[str, Any]:
    """Stationary blocks of the returns of the bars (Politis & Romano 1994), a week long on average."""
    rng = np.random.default_rng(seed)
    returns, block = np.diff(equity) / equity[:-1], 168
    found = []
    for _ in range(runs):
        fresh = rng.random(returns.size) < 1 / block
        fresh[0] = True
        start = rng.integers(0, returns.size, returns.size)
        since = np.arange(returns.size) - np.maximum.accumulate(np.where(fresh, np.arange(returns.size), 0))
        first = start[np.maximum.accumulate(np.where(fresh, np.arange(returns.size), 0))]
        drawn = returns[(first + since) % returns.size]
        growth = np.cumprod(1 + drawn)
        sharpe = drawn.mean() / drawn.std() * np.sqrt(8766) if drawn.std() else 0.0
        found.append((growth[-1] - 1, sharpe, (growth / np.maximum.accumulate(growth) - 1).min()))
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    names = ("total_return", "sharpe_ratio", "max_drawdown")
    ends = {name: {"low": low[i], "high": high[i]} for i, name in enumerate(names)}
    return {"runs": runs, "seed": seed, "level": LEVEL, "block_bars": block, **ends}


def sweep_of(rerun: Rerun, thresholds: list[float], holds: list[int]) -> dict[str, Any]:
    """Every pair of threshold and hold."""
    found = [
        {"threshold": threshold, "hold_bars": hold, "max_drawdown": run.metrics["max_drawdown"], **told(run)}
        for hold, threshold in product(holds, thresholds)
        for run in [rerun(threshold=threshold, hold_bars=hold)]
    ]
    ratio = [row["sharpe_ratio"] for row in found]
    best = sorted(found, key=lambda row: -np.nan_to_num(row["sharpe_ratio"] or -9.0, nan=-9.0))
    width = len(thresholds)
    return {
        "purpose": "Where between caution and activity the rule earns",
        "n_configurations": len(found),
        "axes": {"threshold": thresholds, "hold_bars": holds},
        "metric": "sharpe_ratio",
        "heat_map": {
            "x": "threshold",
            "y": "hold_bars",
            "x_values": thresholds,
            "y_values": holds,
            "z": [ratio[row * width : (row + 1) * width] for row in range(len(holds))],
        },
        "top": best[:10],
    }
