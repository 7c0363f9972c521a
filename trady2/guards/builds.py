"""Calling somebody's feature function: whatever it does, the answer is columns beside the bars, or one sentence."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES
from trady2.data.times import utc_frame_times
from trady2.errors import DataError, Trady2Error
from trady2.guards.bar_table import BarTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Builder", "Built", "call_builder", "told_error"]

Builder = Callable[["pd.DataFrame"], "pd.DataFrame"]

_HEAD = ("timestamp", "asset", "closed")
_TIMES = ("available_at", "decision_time")
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, eq=False)
class Built:
    """The features of n bars.

    Attributes:
        names: f columns, without those that only repeat the bars.
        matrix: (n, f) float32 or float64; NaN where the function returned no row.
        ordered: whether its rows came in the order of the bars.
        rows: how many rows it returned.
        odd: columns that are no numbers, with their type.
        available_at: (n,) what the function says of when a row was known, NaT without a row; None when it says nothing.
    """

    names: tuple[str, ...]
    matrix: npt.NDArray[np.floating]
    ordered: bool
    rows: int
    odd: dict[str, str]
    available_at: npt.NDArray[np.datetime64] | None


def call_builder(build: Builder, bars: BarTable) -> Built:
    """Call *build* with a copy of the bars and lay what it returns beside them.

    Warnings of the function are silenced: a division by zero is no leak.

    Raises:
        DataError: it raised an error, or returned something that cannot be laid beside the bars.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = build(bars.frame.copy())
    except Exception as error:
        raise DataError(told_error(error)) from error
    columns = [str(name) for name in getattr(frame, "columns", ())]
    if "timestamp" not in columns:
        raise DataError(f"it returned a {type(frame).__name__} without a column 'timestamp'; return one row a bar")
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise DataError(f"it returned the column {twice!r} twice; give each feature a name of its own")
    return _laid_beside(frame.set_axis(columns, axis=1), bars)


def _laid_beside(frame: pd.DataFrame, bars: BarTable) -> Built:
    rows = bars.rows_of(frame)
    types = {str(name): kind for name, kind in frame.dtypes.items() if name not in (*_HEAD, *_TIMES)}
    odd = {name: str(kind) for name, kind in types.items() if kind.kind not in "fiub"}
    names = [name for name in types if name not in odd and not _repeats(frame, name, bars, rows)]
    kind = np.float32 if all(types[name] == np.float32 for name in names) else np.float64
    values = frame[names].to_numpy(kind, na_value=np.nan)
    available = utc_frame_times(frame["available_at"], "available_at") if "available_at" in frame.columns else None
    ordered = rows is None or bool((np.diff(rows) > 0).all())
    if rows is not None:
        whole = np.full((len(bars), len(names)), np.nan, kind)
        whole[rows] = values
        values = whole
        if available is not None:
            moments = np.full(len(bars), np.datetime64("NaT"), "datetime64[us]")
            moments[rows] = available
            available = moments
    return Built(tuple(names), values, ordered, len(frame), odd, available)


def _repeats(frame: pd.DataFrame, name: str, bars: BarTable, rows: npt.NDArray[np.int64] | None) -> bool:
    """Tell whether a column named like one of the bars only repeats it."""
    if name not in PRICES:
        return False
    own = bars.frame[name].to_numpy(np.float64)
    return bool(np.array_equal(frame[name].to_numpy(np.float64), own if rows is None else own[rows], equal_nan=True))


def told_error(error: Exception) -> str:
    """Return what an error says, and where in the user's own file it was raised."""
    text = str(error).strip().split("\n")[0][:_LONGEST_MESSAGE]
    if isinstance(error, Trady2Error):
        return text
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"it raised {type(error).__name__}: {text} ({Path(last.filename).name}, line {last.lineno})"
