"""Lengths of time in bars and in the units of a clock."""

from __future__ import annotations

from datetime import datetime

from trady2.reports.numerals import count

__all__ = ["bars_text", "duration_text", "lasted_text"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPANS = ((86_400, "d"), (3600, "h"), (60, "min"))


def bars_text(bars: int) -> str:
    """Write 1 as 1 bar, 12 as 12 bars."""
    return f"{count(bars)} {'bar' if bars == 1 else 'bars'}"


def duration_text(bars: int, timeframe: str) -> str:
    """Say how long *bars* of *timeframe* are, in the largest unit that keeps the number readable: 36 h, 2.5 d."""
    seconds = bars * int(timeframe[:-1]) * _SECONDS[timeframe[-1]]
    for unit in ("w", "d", "h", "m"):
        halves = seconds / _SECONDS[unit] * 2
        if halves >= 4 and halves == int(halves):
            return f"{halves / 2:g} {'min' if unit == 'm' else unit}"
    return f"{seconds} s"


def lasted_text(start: str, end: str) -> str:
    """Say how long it is from one ISO time to another, in whole days from two days on, else in hours or minutes."""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    unit, name = next((unit for unit in _SPANS if seconds >= 2 * unit[0]), _SPANS[-1])
    return f"{count(seconds / unit)}\N{NARROW NO-BREAK SPACE}{name}"
