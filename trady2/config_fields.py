"""The kinds of values that several sections of a configuration share."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

__all__ = ["Calendar", "Strings", "Timeframe", "UtcTime"]

Calendar = Literal["24/7", "sessions"]
Strings = Annotated[tuple[str, ...], Field(strict=False)]


def _utc(value: object) -> object:
    """Read a YAML date or time; a time without a zone is refused, a date is its midnight UTC."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == len("2025-11-01") else datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; write {value.isoformat()}Z")
    return value.astimezone(UTC) if isinstance(value, datetime) else value


UtcTime = Annotated[datetime, BeforeValidator(_utc)]


def _timeframe(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,3}(s|m|h|d|w)", text):
        raise ValueError(f"{text!r} is no timeframe; write a number and s, m, h, d or w, such as 1h or 15m")
    return text


Timeframe = Annotated[str, AfterValidator(_timeframe)]
