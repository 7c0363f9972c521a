"""The ten numbers that matter, in the order in which a sceptic asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["headline"]


class _Figure(NamedTuple):
    key: str
    label: str
    unit: str
    hint: str


_FIGURES = (
    _Figure("total_return", "Net return", "fraction", "after all costs"),
    _Figure("buy_and_hold_return", "Buy and hold", "fraction", "no model, no costs"),
    _Figure("sharpe_ratio", "Sharpe ratio", "ratio", "annual, flat bars included"),
    _Figure("max_drawdown", "Deepest fall", "fraction", "from the highest close"),
    _Figure("break_even_cost_bps", "Break-even cost", "bps", "per side, then nothing is left"),
    _Figure("n_trades", "Trades", "count", "that were closed"),
    _Figure("win_rate", "Winning trades", "fraction", "after costs"),
    _Figure("profit_factor", "Profit factor", "ratio", "money won / money lost"),
    _Figure("exposure_time", "Time in market", "fraction", "share of the bars"),
)
_SKILL = _Figure("direction_auc", "Direction AUC", "ratio", "0.5 is a coin")
_WITHOUT_LABELS = _Figure("mean_trade_return", "Mean trade", "fraction", "net return of one trade")


def headline(metrics: Mapping[str, Any], scorecard: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return ten rows of key, label, unit, hint, value, low and high; what is not known is None.

    The last one is the direction AUC with its interval where there is a *scorecard*, else the mean trade.
    """
    rows = [_row(figure, {"value": metrics.get(figure.key)}) for figure in _FIGURES]
    if scorecard is None:
        return [*rows, _row(_WITHOUT_LABELS, {"value": metrics.get(_WITHOUT_LABELS.key)})]
    return [*rows, _row(_SKILL, scorecard.get(_SKILL.key) or {})]


def _row(figure: _Figure, estimate: Mapping[str, Any]) -> dict[str, Any]:
    return {**figure._asdict(), **{part: estimate.get(part) for part in ("value", "low", "high")}}
