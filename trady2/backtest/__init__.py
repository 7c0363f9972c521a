"""From probabilities to trades, equity and honest figures.

The modules in the order of the flow:

- `market`: checks bars and probabilities (`scan`, `spacing`, `runs`), and takes them apart into arrays, asset after
  asset; `finer` matches bars of a shorter timeframe to them;
- `kernel`: the compiled core, trades in one pass over the bars, and how each of them ends;
- `sizing`, `portfolio`: how much may go into a trade, and who gets the places of one account;
- `orders`: which signals become trades, over all assets;
- `costs`, `money`, `pricing`: what the trades were worth under one order inside the bar, and the equity;
- `outcomes`, `trades`: the figures of the trades, their list as a frame, and its fingerprint;
- `metrics`: the figures of the whole, from `trady2.stats`, each from one source (`metrics_periods`, …);
- `result`: the `Backtest`, and the counts that keep it honest;
- `engine`: `run`, all of it in a row. `compiled` and `threads` make it fast.
- `placing`: where on the bars a list of trades lies; `excursions`: how far each went against its entry and for it;
- `equity_frame`: what has one value a bar, for the charts;
- `robustness`: what becomes of the result when something is changed: `cost_stress` (costs and delay),
  `threshold_curve`, `breakdown` (months and assets), `random_entries`, `intervals` (bootstrap); `compounding` prices
  a list of trades again, `forward` every bar as if it had been bought.
- `sweeping`: `sweep`, many configurations at once. `sweep_grid` lists them, `sweep_pricing` finds each list of trades
  once and prices it as often as needed with `sweep_kernel`, on several `sweep_threads`; `sweep_periods` keeps returns
  per day, `sweep_summary` is what a report shows of it.

    from trady2.backtest import BacktestConfig, run

    result = run(bars, probability, BacktestConfig(threshold=0.6, hold_bars=12, fee_bps=10))
    result.trades, result.equity, result.metrics["sharpe_ratio"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.backtest.costs import break_even_cost_bps
    from trady2.backtest.engine import run
    from trady2.backtest.kernel import EXIT_REASONS, TradeArrays, mark, simulate
    from trady2.backtest.result import Backtest, Bound
    from trady2.backtest.sweep_periods import returns_by_period
    from trady2.backtest.sweep_summary import sweep_summary
    from trady2.backtest.sweeping import Sweep, SweepInterrupted, Trial, sweep
    from trady2.backtest.trades import trades_hash
    from trady2.backtest_config import BacktestConfig

__all__ = [
    "EXIT_REASONS",
    "Backtest",
    "BacktestConfig",
    "Bound",
    "Sweep",
    "SweepInterrupted",
    "TradeArrays",
    "Trial",
    "break_even_cost_bps",
    "mark",
    "returns_by_period",
    "run",
    "simulate",
    "sweep",
    "sweep_summary",
    "trades_hash",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Backtest": "trady2.backtest.result",
        "BacktestConfig": "trady2.backtest_config",
        "Bound": "trady2.backtest.result",
        "EXIT_REASONS": "trady2.backtest.kernel",
        "Sweep": "trady2.backtest.sweeping",
        "SweepInterrupted": "trady2.backtest.sweeping",
        "TradeArrays": "trady2.backtest.kernel",
        "Trial": "trady2.backtest.sweeping",
        "break_even_cost_bps": "trady2.backtest.costs",
        "mark": "trady2.backtest.kernel",
        "returns_by_period": "trady2.backtest.sweep_periods",
        "run": "trady2.backtest.engine",
        "simulate": "trady2.backtest.kernel",
        "sweep": "trady2.backtest.sweeping",
        "sweep_summary": "trady2.backtest.sweep_summary",
        "trades_hash": "trady2.backtest.trades",
    },
)
