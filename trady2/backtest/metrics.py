"""The figures of a backtest under the field's names; each formula is in the docstring of the function that it calls.

Every figure comes from one source: the closes bar by bar (`metrics_periods`), days and months (`metrics_calendar`),
the closes beside buy and hold (`metrics_relative`), the list of trades (`metrics_trades`), or what was paid
(`metrics_costs`). docs/metrics.md lists all of them beside the names that other libraries use.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from trady2.backtest.metrics_calendar import calendar_metrics
from trady2.backtest.metrics_costs import cost_metrics
from trady2.backtest.metrics_periods import period_metrics
from trady2.backtest.metrics_relative import relative_metrics
from trady2.backtest.metrics_trades import trade_metrics
from trady2.stats.returns import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

__all__ = ["Metric", "all_metrics", "defined"]

Metric = float | None

_REPEATED_COUNTS = ("ambiguous_bars", "gap_fills", "trades_over_gaps", "forced_closes")


def all_metrics(
    trades: DataFrame,
    equity: Series[float],
    benchmark: Series[float],
    counts: Mapping[str, int],
    periods_per_year: float,
) -> dict[str, Metric]:
    """Return the figures of all groups, fit for strict JSON: NaN and infinity (not defined) are None.

    ambiguous_share: the part of the trades whose exit bar touched stop and target, so that its price is a choice.
    """
    money, held = np.asarray(equity, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    periods = period_metrics(money, periods_per_year)
    values = {
        **periods,
        **calendar_metrics(equity.index.to_numpy(dtype="datetime64[us]"), money),
        **relative_metrics(money, held, periods_per_year),
        **trade_metrics(trades),
        **cost_metrics(trades, money, counts["bars"], periods["years"], periods["cagr"]),
        **{name: counts[name] for name in _REPEATED_COUNTS},
        "ambiguous_share": ratio(counts["ambiguous_bars"], len(trades)),
    }
    return {name: defined(value) for name, value in values.items()}


def defined(value: float) -> Metric:
    """Return *value*, or None for NaN and the infinities, for which JSON has no word."""
    return value if math.isfinite(value) else None
