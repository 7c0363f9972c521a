"""The sections of robustness and sweep: what becomes of the result when something is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.heat_map import setting_texts
from trady2.reports.numerals import by_unit, count, percent
from trady2.reports.side_costs import paid_bps
from trady2.reports.tabular import Table, columns
from trady2.reports.units import spoken, unit_of

__all__ = ["MOST_ASSETS", "robustness_section"]

Rows = Sequence[Mapping[str, Any]]
MOST_ASSETS = 30
"""Assets in a table; all of them are in the JSON."""

_MEASURES = ("total_return", "sharpe_ratio", "max_drawdown", "n_trades")


def robustness_section(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for robustness and sweep; tables of what was not tried are empty."""
    found, sweep = report.get("robustness") or {}, report.get("sweep") or {}
    return {
        "costs": _costs(found.get("costs") or [], paid_bps(report["backtest"], found)),
        "cost_basis": _basis(report, found),
        "delay": _delay(found.get("delay") or []),
        "intervals": _intervals(found.get("bootstrap"), report["metrics"]),
        "interval_method": _method(found.get("bootstrap")),
        "by_asset": _by_asset(found.get("by_asset") or []),
        "by_asset_note": _left_out(found.get("by_asset") or []),
        "by_month": _by_month(found.get("by_month") or []),
        "sweep_top": _top(sweep.get("top") or []),
        "sweep_note": _sweep_note(sweep),
    }


def _costs(rows: Rows, paid: float) -> Table:
    labels = columns("Costs", "Per side", "Net return", "Sharpe ratio")
    shown = [
        [
            _multiple(row["cost_multiple"]) if paid else by_unit(row["cost_bps_per_side"], "bps"),
            by_unit(row["cost_bps_per_side"], "bps"),
            by_unit(row["total_return"], "fraction", sign=True),
            by_unit(row["sharpe_ratio"], "ratio"),
        ]
        for row in rows
    ]
    configured = [place for place, row in enumerate(rows) if row["cost_multiple"] == (1 if paid else 0)]
    return Table("The result at other costs", labels, shown, marked=configured[0] if configured else None)


def _multiple(value: float) -> str:
    return "none" if value == 0 else "as configured" if value == 1 else f"× {value:g}"


def _basis(report: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    basis = found.get("cost_basis_bps")
    if basis is None or paid_bps(report["backtest"], found):
        return ""
    return f"No costs are configured, so these are multiples of {by_unit(basis, 'bps')} per side."


def _delay(rows: Rows) -> Table:
    labels = columns("Entry", "Net return", "Sharpe ratio", "Trades")
    shown = [
        [
            "at the next open" if not row["delay_bars"] else f"{row['delay_bars']} later",
            by_unit(row["total_return"], "fraction", sign=True),
            by_unit(row["sharpe_ratio"], "ratio"),
            count(row["n_trades"]),
        ]
        for row in rows
    ]
    return Table("The result when entries come later, by bars", labels, shown)


def _intervals(found: Mapping[str, Any] | None, metrics: Mapping[str, Any]) -> Table:
    names = ("total_return", "sharpe_ratio", "max_drawdown") if found else ()
    shown = [[spoken(name), *_told(name, [metrics.get(name), *_ends(found or {}, name)])] for name in names]
    return Table("Intervals of the result", columns("Measure", "Value", "Low", "High"), shown, "short")


def _ends(found: Mapping[str, Any], name: str) -> list[Any]:
    return [found[name]["low"], found[name]["high"]]


def _told(name: str, values: Sequence[float | None]) -> list[str]:
    return [by_unit(value, unit_of(name), sign="return" in name) for value in values]


def _method(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    return (
        f"{percent(found['level'], 0)} intervals from {count(found['runs'])} stationary bootstraps of the bars' "
        f"returns, in blocks of {count(found['block_bars'])} bars on average."
    )


def _by_asset(rows: Rows) -> Table:
    labels = columns("Asset", "Trades", "Won", "Net return", "P&L", "Sharpe ratio", "Deepest fall", "Buy and hold")
    shown = [
        [
            row["asset"],
            count(row["n_trades"]),
            percent(row["win_rate"]),
            by_unit(row["net_return"], "fraction", sign=True),
            by_unit(row["pnl"], "money"),
            by_unit(row["sharpe_ratio"], "ratio"),
            by_unit(row["max_drawdown"], "fraction"),
            by_unit(row["buy_and_hold_return"], "fraction", sign=True),
        ]
        for row in _ends_of(rows)
    ]
    return Table("The result of each asset", labels, shown)


def _ends_of(rows: Rows) -> Rows:
    """Keep all of a few assets; of many those that made the most and those that lost the most, the best first."""
    if len(rows) <= MOST_ASSETS:
        return rows
    ranked = sorted(rows, key=lambda row: -(row["pnl"] or 0.0))
    return [*ranked[: MOST_ASSETS // 2], *ranked[-MOST_ASSETS // 2 :]]


def _left_out(rows: Rows) -> str:
    if len(rows) <= MOST_ASSETS:
        return ""
    return f"Of {count(len(rows))} assets the {MOST_ASSETS // 2} best and worst by profit; all of them are in the JSON."


def _by_month(rows: Rows) -> Table:
    labels = columns("Month", "Trades", "Net return", "Buy and hold")
    shown = [
        [
            f"{row['year']}-{row['month']:02}",
            count(row["n_trades"]),
            by_unit(row["net_return"], "fraction", sign=True),
            by_unit(row["benchmark_return"], "fraction", sign=True),
        ]
        for row in rows
    ]
    return Table("The result of each month", labels, shown)


def _top(rows: Rows) -> Table:
    if not rows:
        return Table("The best configurations", (), ())
    names = [name for name in rows[0] if name not in _MEASURES]
    labels = columns(*(spoken(name) for name in names), "Net return", "Sharpe ratio", "Deepest fall", "Trades")
    shown = [
        [
            *(setting_texts(name, [row[name]])[0] for name in names),
            by_unit(row["total_return"], "fraction", sign=True),
            by_unit(row["sharpe_ratio"], "ratio"),
            by_unit(row["max_drawdown"], "fraction"),
            count(row["n_trades"]),
        ]
        for row in rows
    ]
    return Table("The best configurations", labels, shown)


def _sweep_note(sweep: Mapping[str, Any]) -> str:
    if not sweep:
        return ""
    axes = ", ".join(f"{len(values)} of {spoken(name).lower()}" for name, values in sweep["axes"].items())
    why = f" {sweep['purpose'].rstrip('.')}." if sweep["purpose"] else ""
    return (
        f"{count(sweep['n_configurations'])} configurations: {axes}.{why} Each of them counts as a trial: "
        f"the best of many looks good by chance."
    )
