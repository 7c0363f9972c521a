"""All charts of a page as plain JSON for plotly.js: building them as plotly figures would cost a second.

Colours are names of CSS variables such as ``--accent``; `page.js` fills in what the reader's scheme makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.reports.cost_charts import cost_chart, surface_chart, threshold_chart
from trady2.reports.equity_chart import equity_chart
from trady2.reports.luck_chart import luck_chart
from trady2.reports.price_chart import price_chart
from trady2.reports.probability_charts import decile_chart, reliability_chart
from trady2.reports.return_charts import day_chart, trade_chart
from trady2.reports.rolling_chart import rolling_chart
from trady2.reports.sweep_chart import sweep_chart

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["charts"]


def charts(report: Mapping[str, Any], trades: DataFrame, equity: DataFrame) -> dict[str, dict[str, Any]]:
    """Return the charts that the data allows, in the order of the page.

    Each has data and layout for plotly.js, and alt: what it shows, in words. Charts over time have the zones that
    they touch, the price chart its choice of assets.

    Args:
        report: from `build_report`.
        trades: one row per trade.
        equity: from `as_equity_frame`.
    """
    long = len(equity) > 1
    net_return = np.asarray(trades["net_return"], dtype=np.float64)
    drawn = {
        "equity": equity_chart(report, trades, equity) if long else None,
        "price": price_chart(report, trades, equity) if long else None,
        "rolling": rolling_chart(report, equity) if long else None,
        "days": day_chart(equity) if long else None,
        "returns": trade_chart(net_return) if net_return.size else None,
        "reliability": reliability_chart(report),
        "deciles": decile_chart(report["deciles"]),
        "luck": luck_chart(report),
        "costs": cost_chart(report),
        "thresholds": threshold_chart(report),
        "surface": surface_chart(report),
        "sweep": sweep_chart(report),
    }
    return {name: chart for name, chart in drawn.items() if chart is not None}
