"""Numbers as a person reads them; None is a dash."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["MISSING", "by_unit", "count", "moment", "number", "percent", "short"]

MISSING = "–"
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


def percent(fraction: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """Write 0.1234 as 12.3 %, with a plus where *sign* asks for one."""
    if fraction is None:
        return MISSING
    plus = "+" if sign and round(100 * fraction, digits) > 0 else ""
    return _typeset(f"{plus}{100 * fraction:,.{digits}f}") + f"{_NARROW_SPACE}%"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with about *digits* significant digits, thousands apart, and no exponent below a billion."""
    if value is None:
        return MISSING
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-4:
        return _typeset(f"{value:.{digits - 1}e}")
    before = len(str(int(size))) if size >= 1 else 0
    after = max(digits - max(before, 1), 2 if size >= 1 else 0)
    return _typeset(f"{value:,.{after}f}")


def short(value: float | None) -> str:
    """Write a number with at most three significant digits, such as 2.41, 0.0123, 0."""
    return MISSING if value is None else _typeset(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}")


def count(value: float | None) -> str:
    """Write a whole number with its thousands apart."""
    return MISSING if value is None else _typeset(f"{value:,.0f}")


def moment(time: str | None) -> str:
    """Write an ISO time in UTC as 2024-12-31 23:00."""
    return MISSING if time is None else time[:16].replace("T", " ")


def by_unit(value: float | None, unit: str, *, sign: bool = False) -> str:
    """Write *value* in its *unit*: fraction, ratio, count, bps, bars or money."""
    if value is None:
        return MISSING
    if unit == "fraction":
        return percent(value, 1 if abs(value) >= 0.1 else 2 if abs(value) >= 1e-3 or not value else 4, sign=sign)
    suffix = f"{_NARROW_SPACE}{unit}" if unit in {"bps", "bars"} else ""
    return _WRITERS[unit](value) + suffix


def _typeset(text: str) -> str:
    """Put the real minus sign where there is a minus, and none before a zero."""
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.replace("-", _MINUS)


_WRITERS: Mapping[str, Callable[[float], str]] = {
    "ratio": lambda value: number(value, 3),
    "bps": lambda value: _typeset(f"{value:,.{1 if abs(value) >= 1 else 2}f}"),
    "count": count,
    "bars": lambda value: _typeset(f"{value:,.{0 if value == int(value) else 1}f}"),
    "money": lambda value: _typeset(f"{value:,.2f}"),
}
