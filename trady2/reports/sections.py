"""What the page's template shows: the report's numbers, set as text in the order of its sections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trady2.reports.downsample import MOST_MARKS, PIXELS
from trady2.reports.numerals import MISSING, by_unit, count, moment, number, percent
from trady2.reports.units import group_of, spoken, written

__all__ = ["bare_percent", "depth", "footnote", "headline_value", "tone", "view"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS = {
    "time": "Held to the end",
    "stop_loss": "Stop-loss",
    "take_profit": "Take-profit",
    "trailing_stop": "Trailing stop",
    "end_of_data": "End of data",
}
_EXITS = (("Reason", "text"), ("Trades", ""), ("Share", ""), ("Won", ""), ("Mean return", ""), ("P&L", ""))
_TRADES = (
    *(("Net return", "text"), ("P&L", ""), ("Asset", "text after"), ("Bought", "text"), ("at", "")),
    *(("Sold", "text after"), ("at", ""), ("Reason", "text after")),
)
_SCORES = (("Score", "text"), ("Value", ""), ("Low", ""), ("High", ""))
_ZONES = (("Zone", "text"), ("From", "text"), ("To", "text"), ("Rows", ""))

Pairs = list[tuple[str, str]]


def view(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for everything in *report* that needs setting."""
    months = _months(report["monthly_returns"])
    return {
        "assets": _listed(report["data"]["assets"]),
        "sections": _contents(report),
        "months": months,
        "month_names": _MONTHS,
        "deepest_month": max((abs(row["return"] or 0) for row in report["monthly_returns"]), default=0),
        "exit_columns": _EXITS,
        "exits": [_exit(row) for row in report["exit_reasons"]],
        "trade_columns": _TRADES,
        "worst": [_trade(row) for row in report["worst_trades"]],
        "score_columns": _SCORES,
        "scores": _scores(report["scorecard"] or {}),
        "score_note": _score_note(report["scorecard"] or {}),
        "zone_columns": _ZONES,
        "zones": [_zone(row) for row in report["zones"]],
        "strip": _strip(report["zones"]),
        "counts": _pairs(report["counts"] | report["intrabar_bounds"]),
        "metrics": _grouped(report),
        "origin": _origin(report),
        "details": _details(report),
    }


def footnote(bars: int, trades: int) -> str:
    """Say what of *bars* and *trades* is drawn and what is only in the files."""
    if bars <= 4 * PIXELS and trades <= MOST_MARKS:
        return "Every bar and every trade is drawn; they also lie in the Parquet files beside this page."
    return (
        f"Lines are drawn through the first, lowest, highest and last of each of {PIXELS:,} stretches, so that every "
        f"extreme is exact; of {count(trades)} trades at most {MOST_MARKS} are marked, the best and worst of each "
        f"stretch among them. All {count(bars)} bars and all trades lie in the Parquet files beside this page."
    )


def bare_percent(fraction: float | None) -> str:
    """Write 0.1234 as 12.3, for a table that says percent once."""
    return percent(fraction)[:-2] if fraction is not None else MISSING


def depth(value: float, deepest: float) -> str:
    """Return how deep the colour of *value* is, from 0 to 1, against the *deepest* in the table."""
    return f"{abs(value) / deepest if deepest else 0:.2f}"


def headline_value(row: Mapping[str, Any]) -> str:
    """Write the value of one of the ten numbers, with a plus where it is a return."""
    return by_unit(row["value"], row["unit"], sign="return" in row["key"])


def tone(row: Mapping[str, Any]) -> str:
    """Return the CSS class of one of the ten numbers: a lost return is marked, beside its minus sign."""
    return "loss-text" if "return" in row["key"] and (row["value"] or 0) < 0 else "plain-text"


def _contents(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    probability = bool(report["scorecard"] or report["deciles"])
    entries = [
        ("equity", "Equity", report["data"]["bars"] > 1),
        ("months", "Months", bool(report["monthly_returns"])),
        ("trades", "Trades", True),
        ("probability", "Probability", probability),
        ("zones", "Zones", bool(report["zones"])),
        ("all", "All numbers", True),
        ("origin", "Data and configuration", True),
    ]
    return [(anchor, label) for anchor, label, there in entries if there]


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _months(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    years: dict[int, dict[str, Any]] = {}
    for row in rows:
        year = years.setdefault(row["year"], {"year": row["year"], "months": [None] * 12, "total": 1.0})
        year["months"][row["month"] - 1] = row["return"]
        year["total"] *= 1 + (row["return"] or 0)
    return [{**year, "total": year["total"] - 1} for year in years.values()]


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


def _scores(card: Mapping[str, Any]) -> list[list[str]]:
    return [
        [spoken(name), number(card.get(name)), number(ends["low"]), number(ends["high"])]
        for name, ends in card.get("intervals", {}).items()
    ]


def _score_note(card: Mapping[str, Any]) -> str:
    if not card:
        return ""
    rows, independent = count(card.get("n")), count(card.get("n_eff"))
    note = f"Over {rows} rows, whose labels overlap: they are worth {independent} independent ones."
    if card.get("level") is not None:
        note += (
            f" Low and high are the ends of {percent(card['level'], 0)} intervals from a bootstrap of blocks of time."
        )
    if card.get("promised") is False:
        note += " That is little: the intervals may be too narrow."
    return note


def _zone(row: Mapping[str, Any]) -> list[str]:
    return [spoken(row["zone"]), moment(row["start"]), moment(row["end"]), count(row.get("rows"))]


def _strip(zones: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    spans = [(zone["zone"], _seconds(zone["start"]), _seconds(zone["end"])) for zone in zones if zone["start"]]
    if not spans:
        return []
    first = min(start for _, start, _ in spans)
    whole = max(end for _, _, end in spans) - first or 1.0
    return [
        {"zone": zone, "left": f"{100 * (start - first) / whole:.3f}", "width": f"{100 * (end - start) / whole:.3f}"}
        for zone, start, end in spans
    ]


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _pairs(values: Mapping[str, Any]) -> Pairs:
    return [(spoken(name), written(name, value)) for name, value in _flat(values)]


def _grouped(report: Mapping[str, Any]) -> dict[str, Pairs]:
    groups: dict[str, Pairs] = {}
    for name, value in report["metrics"].items():
        if name not in report["counts"]:
            groups.setdefault(group_of(name), []).append((spoken(name), written(name, value)))
    return groups


def _origin(report: Mapping[str, Any]) -> Pairs:
    data = report["data"]
    times = {"first": moment(data["first"]), "last": moment(data["last"])}
    return [
        ("Model", f"{report['name']} {report['version'] or 'without a version'}"),
        *((spoken(name), times.get(name, written(name, value))) for name, value in _flat(data)),
    ]


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{name}.")
        elif not (isinstance(value, list) and value and isinstance(value[0], Mapping | list)):
            rows.append((prefix + name, value))
    return rows


def _details(report: Mapping[str, Any]) -> list[tuple[str, Pairs]]:
    parts = {
        "How the threshold was chosen": report["threshold"],
        "How the probability was calibrated": report["calibration"],
    }
    settings = {"The backtest's rules": report["backtest"], "The whole configuration": report["config"]}
    read = [(title, _pairs(values)) for title, values in parts.items() if values]
    return read + [(title, _settings(values)) for title, values in settings.items() if values]


def _settings(values: Mapping[str, Any]) -> Pairs:
    """Keep keys and values as they stand in the YAML, so that they can be copied."""
    return [(name, MISSING if value is None else json.dumps(value).strip('"')) for name, value in _flat(values)]
