"""What a backtest hands back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.kernel import END_OF_DATA, TradeArrays
from trady2.backtest.market import Market
from trady2.backtest.metrics import Metric, all_metrics

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from trady2.config import BacktestConfig

__all__ = ["Backtest", "Bound", "count_events"]


@dataclass(frozen=True, eq=False)
class Bound:
    """The result under one order of stop and target inside a bar; costs included."""

    equity: Series[float]
    """Like `Backtest.equity`."""
    total_return: float
    """Fraction."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """Trades, equity and figures of one run. `trady2.backtest.run` makes it and says what it assumes."""

    trades: DataFrame
    """One row per trade; the columns are those of `trady2.backtest.trades.trade_frame`."""
    equity: Series[float]
    """Money at the close of every bar by `timestamp` (the bar's open, UTC); the assets' shares added up."""
    counts: dict[str, int]
    """How many signals, fills and trades of each kind; the keys are those of `count_events`."""
    config: BacktestConfig
    """The configuration of the run."""
    pessimistic: Bound
    """Stop before target inside a bar: never above `optimistic`, at no bar."""
    optimistic: Bound
    """Target before stop inside a bar."""
    benchmark: Series[float]
    """Buy and hold from the first close, without costs: the same cash in equal shares, by `timestamp`."""
    periods_per_year: float
    """Bars a year of the calendar."""

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Figures by name, fit for JSON; None where one is not defined, such as a Sharpe ratio without a trade.

        Worked out when first asked for: the functions of `trady2.backtest.metrics` say what each one means.
        """
        return {
            **all_metrics(self.trades, self.equity, self.benchmark, self.counts, self.periods_per_year),
            "total_return_pessimistic": self.pessimistic.total_return,
            "total_return_optimistic": self.optimistic.total_return,
        }


def count_events(
    market: Market,
    trades: TradeArrays,
    gap: NDArray[np.bool_],
    signal: NDArray[np.bool_],
    probability: NDArray[np.float64],
) -> dict[str, int]:
    """Return how often what happened, the figures that keep a result honest.

    signals_seen = signals_accepted + signals_ignored_in_position + signals_ignored_at_last_bar. fills_on_filler_bars
    counts entries and exits on flat bars without volume, entries_after_gap those whose signal came before missing
    bars, trades_over_gaps those that were open across them.
    """
    seen, at_end = int(signal.sum()), int(signal[market.bounds[1:] - 1].sum())
    return {
        "bars": market.close.size,
        "probabilities_missing": int(np.isnan(probability).sum()),
        "signals_seen": seen,
        "signals_accepted": trades.entry_bar.size,
        "signals_ignored_in_position": seen - at_end - trades.entry_bar.size,
        "signals_ignored_at_last_bar": at_end,
        "ambiguous_bars": int(trades.ambiguous.sum()),
        "gap_fills": int(trades.gap_fill.sum()),
        "trades_over_gaps": int(gap.sum()),
        "entries_after_gap": int(market.gap_before[trades.entry_bar].sum()),
        "fills_on_filler_bars": int(market.filler[trades.entry_bar].sum() + market.filler[trades.exit_bar].sum()),
        "forced_closes": int((trades.reason == END_OF_DATA).sum()),
    }
