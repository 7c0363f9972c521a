"""The prediction log read back, to judge later what was predicted.

>>> from trady2.serving.logged import read_predictions
>>> frame = read_predictions("predictions", first="2025-11-01")  # doctest: +SKIP
>>> frame.to_parquet("predictions.parquet")  # doctest: +SKIP
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_predictions"]

_TIMES = ("time", "timestamp", "decision_time")


def read_predictions(folder: str | Path, *, first: str | None = None, last: str | None = None) -> pd.DataFrame:
    """Return the predictions of the days from *first* to *last*, both included and as in ``2025-11-01``, UTC.

    One row for each line, by time: its keys as columns, ``horizon`` in steps and ``horizon_duration`` beside it,
    ``explanation`` left out; ``time``, ``timestamp`` and ``decision_time`` are datetime64 in UTC, NaT where the answer
    had null, as numbers are NaN. Lines without their newline are the torn ends of crashes and left out. No prediction:
    an empty frame.

    Raises:
        DataError: a day is none, or a whole line is no JSON object; `.file` and `.row` (counted from 1) name it.
    """
    import pandas as pd

    low, high = _day(first, "00000000"), _day(last, "99999999")
    files = [file for file in sorted(Path(folder).glob("*-*.jsonl")) if low <= file.name[:8] <= high]
    frame = pd.DataFrame([row for file in files for row in _rows(file)])
    for name in _TIMES:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    return frame.sort_values("time", kind="stable", ignore_index=True) if len(frame) else frame


def _day(text: str | None, unbounded: str) -> str:
    if text is None:
        return unbounded
    try:
        return f"{date.fromisoformat(text):%Y%m%d}"
    except ValueError:
        raise DataError(f"{text!r} is no day; write one such as 2025-11-01", day=text) from None


def _rows(file: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(file.read_bytes().split(b"\n")[:-1], start=1):
        try:
            row = dict(json.loads(line))
            horizon = row.pop("horizon")
            row.pop("explanation", None)
            rows.append({**row, "horizon": horizon["steps"], "horizon_duration": horizon.get("duration")})
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"{file}: line {number} is no prediction ({error}); move the file away, or mend the line",
                file=str(file),
                row=number,
            ) from None
    return rows
