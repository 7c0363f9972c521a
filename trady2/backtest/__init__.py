"""From probabilities to trades, equity and honest figures.

The modules in the order of the flow:

- `market`: checks bars and probabilities (`scan`, `spacing`, `runs`), and takes them apart into arrays, asset after
  asset; `finer` matches bars of a shorter timeframe to them;
- `kernel`: the compiled core, trades in one pass over the bars, and how each of them ends;
- `sizing`, `portfolio`: how much may go into a trade, and who gets the places of one account;
- `orders`: which signals become trades, over all assets;
- `costs`, `money`, `pricing`: what the trades were worth under one order inside the bar, and the equity;
- `outcomes`, `trades`: the figures of the trades, their list as a frame, and its fingerprint;
- `metrics`: the figures of the whole, from `trady2.stats`;
- `result`: the `Backtest`, and the counts that keep it honest;
- `engine`: `run`, all of it in a row. `compiled` and `threads` make it fast.

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
    from trady2.backtest.trades import trades_hash
    from trady2.backtest_config import BacktestConfig

__all__ = [
    "EXIT_REASONS",
    "Backtest",
    "BacktestConfig",
    "Bound",
    "TradeArrays",
    "break_even_cost_bps",
    "mark",
    "run",
    "simulate",
    "trades_hash",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Backtest": "trady2.backtest.result",
        "BacktestConfig": "trady2.backtest_config",
        "Bound": "trady2.backtest.result",
        "EXIT_REASONS": "trady2.backtest.kernel",
        "TradeArrays": "trady2.backtest.kernel",
        "break_even_cost_bps": "trady2.backtest.costs",
        "mark": "trady2.backtest.kernel",
        "run": "trady2.backtest.engine",
        "simulate": "trady2.backtest.kernel",
        "trades_hash": "trady2.backtest.trades",
    },
)
