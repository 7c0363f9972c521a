"""What a reader sees before scrolling: the verdict with its criteria, the assumptions, the ten numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import by_unit, short

__all__ = ["first_screen"]

_OWN = ("total_return", "mean_trade_return")
_MARKS = {True: ("passed", "✓"), False: ("failed", "✕"), None: ("not applicable", "–")}


def first_screen(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for the first screen."""
    bootstrap = (report.get("robustness") or {}).get("bootstrap")
    return {
        "assets": _listed(report["data"]["assets"]),
        "criteria": [_criterion(row) for row in report["verdict"]["criteria"]],
        "numbers": [_figure(row) for row in report["headline"]],
        "interval_note": _interval_note(bootstrap),
    }


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _criterion(row: Mapping[str, Any]) -> dict[str, str]:
    """Say of a criterion what was measured and what was needed, where it has numbers."""
    word, mark = _MARKS[row["passed"]]
    value, needed = short(row["value"]), short(row["threshold"])
    measured = "" if row["value"] is None else value if row["threshold"] is None else f"{value} against {needed}"
    return {"word": word, "mark": mark, "css": word.split(maxsplit=1)[0], "text": row["text"], "measured": measured}


def _figure(row: Mapping[str, Any]) -> dict[str, str]:
    signed = "return" in row["key"]
    ends = [by_unit(row[end], row["unit"], sign=signed) for end in ("low", "high") if row[end] is not None]
    return {
        "key": row["key"],
        "label": row["label"],
        "value": by_unit(row["value"], row["unit"], sign=signed),
        "css": "loss-text" if row["key"] in _OWN and (row["value"] or 0) < 0 else "plain-text",
        "interval": " to ".join(ends) if len(ends) == 2 else "",
        "hint": row["hint"],
    }


def _interval_note(bootstrap: Mapping[str, Any] | None) -> str:
    if not bootstrap:
        return ""
    return f"small: the range of {100 * bootstrap['level']:.0f} in 100 resampled histories"
