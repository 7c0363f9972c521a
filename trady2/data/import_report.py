"""The account of an import: every repair and every row kept out, counted per file and in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trady2.data.calendar import missing_bars
from trady2.data.reading import RawBars
from trady2.data.repair import filler
from trady2.data.rows import Rows

__all__ = ["BROKEN_LINE", "account"]

BROKEN_LINE = "a line with a wrong number of fields"
_LISTED = 50
_CONTINUOUS = 1e-4

Flags = npt.NDArray[np.bool_]


def account(raws: list[RawBars], rows: Rows, repairs: Mapping[str, Flags], times: npt.NDArray[np.datetime64],
            values: Mapping[str, npt.NDArray[np.float64]], step: np.timedelta64) -> dict[str, object]:  # fmt: skip
    """Return what an import read, repaired and kept out, as plain values that JSON can hold.

    For each file and in total ``rows`` = ``kept`` + ``other_assets`` + exact copies dropped + quarantined.

    Args:
        raws: the files.
        rows: their judged rows.
        repairs: (n,) flags per kind of repair.
        times: (k,) opening times of the bars that stay, rising.
        values: their OHLCV.
        step: the timeframe.
    """
    files = [_file(number, raw, rows, repairs) for number, raw in enumerate(raws)]
    total: dict[str, Counter[str]] = {"notes": Counter(), "repairs": Counter(), "quarantine": Counter()}
    for entry in files:
        for kind, counts in total.items():
            counts.update(entry[kind])
    return {
        "rows": sum(entry["rows"] for entry in files),
        "bars": len(times),
        "first": _text(times[:1])[0],
        "last": _text(times[-1:])[0],
        **{kind: dict(sorted(counts.items())) for kind, counts in total.items()},
        "flat_zero_volume": _runs(times, filler(dict(values)), step),
        "gaps": {calendar: _gaps(times, step, calendar) for calendar in ("24/7", "sessions")},
        "suspect_unfinished": _suspects(times, values, step),
        "files": files,
    }


def _file(number: int, raw: RawBars, rows: Rows, repairs: Mapping[str, Flags]) -> dict[str, Any]:
    own = rows.file == number
    codes = np.bincount(rows.code[own], minlength=len(rows.reasons)).tolist()
    quarantine = Counter(dict(zip(rows.reasons[1:], codes[1:], strict=True)))
    quarantine[BROKEN_LINE] = len(raw.broken)
    fixed = Counter({name: int((flags & own).sum()) for name, flags in repairs.items()})
    fixed["exact duplicates dropped"] = int((rows.dropped & own).sum())
    fixed["rows brought into time order"] = int((np.diff(rows.micro[own]) < 0).sum())
    return {
        "source": raw.source,
        "rows": len(raw.micro) + len(raw.broken),
        "kept": int((rows.good & own).sum()),
        "other_assets": len(raw.micro) - int(own.sum()),
        "notes": dict(sorted(raw.notes.items())),
        "repairs": dict(sorted((+fixed).items())),
        "quarantine": dict(sorted((+quarantine).items())),
    }


def _runs(times: npt.NDArray[np.datetime64], flags: Flags, step: np.timedelta64) -> dict[str, object]:
    """Count flagged bars and list their runs of neighbours as ``[first time, bars]``."""
    rows = np.flatnonzero(flags)
    if not len(rows):
        return {"bars": 0, "runs": []}
    breaks = (np.diff(rows) != 1) | (np.diff(times[rows]) != step)
    starts = np.r_[0, np.flatnonzero(breaks) + 1]
    lengths = np.diff(np.r_[starts, len(rows)])
    listed = zip(_text(times[rows[starts]][:_LISTED]), lengths[:_LISTED].tolist(), strict=True)
    return {"bars": len(rows), "runs": [[time, length] for time, length in listed]}


def _gaps(times: npt.NDArray[np.datetime64], step: np.timedelta64, calendar: str) -> dict[str, object]:
    missing = missing_bars(times, step, calendar) if _fits_week(step) or calendar == "24/7" else np.zeros(1, np.int64)
    return {"bars": int(missing.sum()), "runs": int((missing > 0).sum()), "longest": int(missing.max())}


def _fits_week(step: np.timedelta64) -> bool:
    return bool(np.timedelta64(7, "D") % step == np.timedelta64(0, "us"))


def _suspects(
    times: npt.NDArray[np.datetime64], values: Mapping[str, npt.NDArray[np.float64]], step: np.timedelta64
) -> dict[str, object]:
    """List bars whose close misses the next open by far more than is usual in this market.

    They may have been saved before they closed. The bars alone cannot prove it, so nothing is changed. In a market
    whose bars do not join anyway (more than 1 % of them miss by over 0.01 %) nothing can be said.
    """
    joined = np.diff(times) == step
    miss = np.abs(np.log(values["open"][1:] / values["close"][:-1]))[joined]
    usual = float(np.quantile(miss, 0.99)) if len(miss) else 1.0
    far = miss > max(20 * usual, _CONTINUOUS) if usual < _CONTINUOUS else np.zeros(len(miss), bool)
    found = times[:-1][joined][far]
    return {"bars": len(found), "times": _text(found[:_LISTED])}


def _text(times: npt.NDArray[np.datetime64]) -> list[str]:
    return [f"{time}Z" for time in np.datetime_as_string(times, unit="s").tolist()]
