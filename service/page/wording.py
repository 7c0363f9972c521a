"""Numbers and times as people read them; everything that is unknown is a dash."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

__all__ = ["DASH", "age", "count", "decimal", "iso", "percent", "points", "price", "seconds_since", "share"]

DASH: Final = "–"
_DAYS_PER_MONTH: Final = 30.44
_NARROW: Final = "\u202f"


def seconds_since(moment: datetime, now: datetime) -> float:
    """Return how long ago a *moment* was; negative for one to come."""
    return (now - moment).total_seconds()


def age(seconds: float) -> str:
    """Write a span of time by its largest unit: ``5 minutes``, ``3 days``, ``2 months``; never less than a second."""
    for size, unit, step in (
        (86_400 * _DAYS_PER_MONTH, "month", 2.0),
        (604_800.0, "week", 2.0),
        (86_400.0, "day", 2.0),
        (3_600.0, "hour", 2.0),
        (60.0, "minute", 2.0),
    ):
        if abs(seconds) >= step * size:
            return f"{round(abs(seconds) / size):d} {unit}s"
    whole = max(round(abs(seconds)), 1)
    return "1 second" if whole == 1 else f"{whole} seconds"


def iso(moment: datetime) -> str:
    """Write a time as ``2025-11-01T12:00:00Z``."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def percent(fraction: object, digits: int = 1) -> str:
    """Write a fraction with its sign: ``+28.7 %``."""
    number = _number(fraction)
    return DASH if number is None else f"{number * 100:+.{digits}f}{_NARROW}%".replace("-", "−")


def share(fraction: object) -> str:
    """Write a fraction that has no sign: ``36.3 %``."""
    number = _number(fraction)
    return DASH if number is None else f"{number * 100:.1f}{_NARROW}%"


def points(value: object, digits: int = 3) -> str:
    """Write a share or score with *digits* behind the point: ``0.603``."""
    number = _number(value)
    return DASH if number is None else f"{number:.{digits}f}".replace("-", "−")


def decimal(value: object) -> str:
    """Write a number that may be small or large, to four significant digits."""
    number = _number(value)
    return DASH if number is None else f"{number:.4g}".replace("-", "−")


def count(value: object) -> str:
    """Write a whole number with its thousands apart."""
    number = _number(value)
    return DASH if number is None else f"{int(number):,}".replace(",", _NARROW)


def price(value: object) -> str:
    """Write a price with its thousands apart and two digits behind the point, or as many as it needs, up to eight."""
    number = _number(value)
    if number is None:
        return DASH
    whole, _, behind = f"{number:,.8f}".partition(".")
    return f"{whole.replace(',', _NARROW)}.{behind.rstrip('0'):0<2}"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < float("inf") else None
