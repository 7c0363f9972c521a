"""Values as JSON knows them: no NaN, no NumPy, times in UTC with a Z."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from trady2.errors import DataError

__all__ = ["plain"]


def plain(value: object) -> Any:
    """Return a copy of *value* that `json.dumps` writes without surprises.

    NaN, NaT, <NA> and the infinities become None: JSON has no word for them, and a reader has to be told that a
    number is missing. Times become ISO 8601 in UTC; mappings get string keys; arrays, sets and tuples become lists.

    Raises:
        DataError: for a time without a zone, or a type that has no JSON form.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(inner) for inner in value)
    if isinstance(value, np.ndarray):
        return [plain(inner) for inner in value]
    return _plain_scalar(value)


def _plain_scalar(value: object) -> Any:
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.datetime64):  # UTC by the convention of every array in Trady2
        return None if np.isnat(value) else plain(value.astype("datetime64[us]").item().replace(tzinfo=UTC))
    if type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, datetime):
        return _utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise DataError(
        f"{value!r} of type {type(value).__name__} has no JSON form; hand it in as a number, a text or a list",
        kind=type(value).__name__,
    )


def _utc_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise DataError(f"{moment.isoformat()} has no time zone; make it UTC first", timestamp=moment.isoformat())
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
