"""One way to write JSON, so that equal content has equal bytes and equal digests."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from trady2.errors import DataError, IntegrityError

__all__ = ["canonical_json", "read_json", "utc_text", "utc_time"]


def canonical_json(value: object) -> bytes:
    """Write *value* with sorted keys, in UTF-8, without blanks; floats so that they read back bit-equal.

    NaN becomes null, infinities the strings ``"Infinity"`` and ``"-Infinity"``; times become ISO text in UTC,
    numpy's numbers Python's. Raises DataError for a time without zone, a key that is no text, or an unknown type.
    """
    plain = _plain(value, "value")
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_json(content: bytes, *, source: str) -> dict[str, Any]:
    """Read the JSON object that *source* holds; raises IntegrityError when it is none or names a key twice."""
    try:
        value = json.loads(content, object_pairs_hook=_unique, parse_constant=_refuse)
    except ValueError as error:
        raise IntegrityError(
            f"{source} is no proper JSON: {error}; restore it or train again", file=source, reason=str(error)
        ) from error
    if not isinstance(value, dict):
        raise IntegrityError(f"{source} holds no JSON object; restore it or train again", file=source, reason="type")
    return value


def utc_text(moment: datetime) -> str:
    """Write a time as ``2025-11-01T12:00:00.000000Z``, which sorts as text; raises DataError without a time zone."""
    if moment.tzinfo is None:
        raise DataError(f"{moment.isoformat()} has no time zone; give it in UTC", time=moment.isoformat())
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def utc_time(text: str) -> datetime:
    """Read what `utc_text` wrote: ``utc_time(utc_text(t)) == t``."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _plain(value: Any, place: str) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return _number(float(value))
    if isinstance(value, Mapping):
        return {_key(key, place): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(item, f"{place}[{row}]") for row, item in enumerate(value)]
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy's scalars and arrays, without importing numpy
        return _plain(value.tolist(), place)
    raise DataError(f"{place} is a {type(value).__name__}, which JSON cannot hold; hand in plain values", place=place)


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise DataError(f"{place} has the key {key!r}, which is no text; write it as a string", place=place, key=key)
    return key


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in seen if seen.count(key) > 1)!r} stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")
