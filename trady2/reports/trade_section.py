"""The section of the trades: why they ended, the best and the worst, signals and special cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import by_unit, count, moment, number, percent
from trady2.reports.tabular import Pairs, Table, columns, pairs

__all__ = ["trade_section"]

_REASONS = {
    "time": "Held to the end",
    "stop_loss": "Stop-loss",
    "take_profit": "Take-profit",
    "trailing_stop": "Trailing stop",
    "end_of_data": "End of data",
}
_TRADES = columns("Net return", "P&L", "<<Asset", "<Bought", "at", "<<Sold", "at", "<<Reason")

Rows = Sequence[Mapping[str, Any]]


def trade_section(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for the trades."""
    labels = columns("Reason", "Trades", "Share", "Won", "Mean return", "P&L")
    reasons = [_exit(row) for row in report["exit_reasons"]]
    worst, best = report["worst_trades"], report.get("best_trades") or []
    return {
        "exits": Table("Trades by exit reason", labels, reasons),
        "worst": Table("Trades with the lowest net return", _TRADES, [_trade(row) for row in worst], "stack uneven"),
        "best": Table("Trades with the highest net return", _TRADES, [_trade(row) for row in best], "stack uneven"),
        "counts": pairs(report["counts"] | report["intrabar_bounds"]),
        "intrabar": _intrabar(report.get("intrabar")),
    }


def _exit(row: Mapping[str, Any]) -> list[str]:
    return [
        _REASONS.get(row["reason"], row["reason"]),
        count(row["trades"]),
        percent(row["share"]),
        percent(row["win_rate"]),
        percent(row["mean_net_return"], 2, sign=True),
        by_unit(row["pnl"], "money"),
    ]


def _trade(row: Mapping[str, Any]) -> list[str]:
    return [
        percent(row["net_return"], 2, sign=True),
        by_unit(row["pnl"], "money"),
        row["asset"],
        moment(row["entry_time"]),
        number(row["entry_price"], 6),
        moment(row["exit_time"]),
        number(row["exit_price"], 6),
        _REASONS.get(row["exit_reason"], row["exit_reason"]) + (" (across a gap)" if row.get("gap") else ""),
    ]


def _intrabar(found: Mapping[str, Any] | None) -> Pairs:
    return [("Stops decided on", found["resolution"])] if found else []
