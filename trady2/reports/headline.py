"""The ten numbers that matter, in the order in which a sceptic asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from trady2.reports.side_costs import paid_bps

__all__ = ["headline"]


class _Figure(NamedTuple):
    key: str
    label: str
    unit: str
    hint: str


_COST = "break_even_cost_bps"
_FIGURES = (
    _Figure("total_return", "Net return", "fraction", "after all costs"),
    _Figure("buy_and_hold_return", "Buy and hold", "fraction", "no model, no costs"),
    _Figure("sharpe_ratio", "Sharpe ratio", "ratio", "annual, flat bars included"),
    _Figure("max_drawdown", "Deepest fall", "fraction", "from the highest close"),
    _Figure(_COST, "Break-even cost", "bps", "per side, then nothing is left"),
    _Figure("n_trades", "Trades", "count", "that were closed"),
    _Figure("win_rate", "Winning trades", "fraction", "after costs"),
    _Figure("profit_factor", "Profit factor", "ratio", "money won / money lost"),
    _Figure("exposure_time", "Time in market", "fraction", "share of the bars"),
)
_SKILL = _Figure("direction_auc", "Direction AUC", "ratio", "0.5 is a coin")
_WITHOUT_LABELS = _Figure("mean_trade_return", "Mean trade", "fraction", "net return of one trade")


def headline(
    metrics: Mapping[str, Any],
    scorecard: Mapping[str, Any] | None,
    robustness: Mapping[str, Any] | None = None,
    rules: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return ten rows of key, label, unit, hint, value, low and high; what is not known is None.

    The last one is the direction AUC with its interval where there is a *scorecard*, else the mean trade. Return,
    Sharpe ratio and deepest fall have the interval of the bootstrap in *robustness*; the break-even cost stands
    beside what a side costs by the *rules*.
    """
    figures = (*_FIGURES, _WITHOUT_LABELS) if scorecard is None else _FIGURES
    intervals = (robustness or {}).get("bootstrap") or {}
    paid = paid_bps(rules or {}, robustness)
    rows = [_row(_told(figure, paid), metrics, intervals) for figure in figures]
    return rows if scorecard is None else [*rows, _row(_SKILL, scorecard, scorecard.get("intervals", {}))]


def _told(figure: _Figure, paid: float) -> _Figure:
    return figure._replace(hint=f"per side; {paid:.3g} bps are paid") if figure.key == _COST and paid else figure


def _row(figure: _Figure, values: Mapping[str, Any], intervals: Mapping[str, Any]) -> dict[str, Any]:
    ends = intervals.get(figure.key) or {}
    return {**figure._asdict(), "value": values.get(figure.key), "low": ends.get("low"), "high": ends.get("high")}
