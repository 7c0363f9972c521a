"""Which rows of a panel can be used, and how to reach them without copying the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["complete_rows", "in_runs", "rows_that_lack", "run_slices"]

Rows = NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 14
_SUSPECTS_AT_ONCE = 1 << 16


def run_slices(rows: Rows) -> list[slice]:
    """Return ascending *rows* as slices of neighbours, so that taking them from a matrix gives views."""
    if not len(rows):
        return []
    cuts = np.flatnonzero(np.diff(rows) != 1)
    first, last = rows[np.append(0, cuts + 1)], rows[np.append(cuts, len(rows) - 1)]
    return [slice(int(start), int(stop) + 1) for start, stop in zip(first, last, strict=True)]


def in_runs(
    function: Callable[[NDArray[np.float32]], NDArray[np.float64]], matrix: NDArray[np.float32], rows: Rows
) -> NDArray[np.float64]:
    """Return ``function(matrix[rows])`` for a function of single rows, called on views of the (n, f) *matrix*."""
    results = [function(matrix[run]) for run in run_slices(rows)]
    return np.concatenate(results, axis=-1) if results else function(matrix[:0])


def rows_that_lack(matrix: NDArray[np.float32], needed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for each row of a (n, f) *matrix* whether a value is infinite, or NaN in one of the (f,) *needed* columns.

    The sums of the rows tell which of them to look at; mostly there are few.
    """
    lack = np.zeros(len(matrix), bool)
    with np.errstate(over="ignore", invalid="ignore"):
        suspects = np.flatnonzero(~np.isfinite(matrix @ np.ones(len(needed), np.float32)))
    for first in range(0, len(suspects), _SUSPECTS_AT_ONCE):
        rows = suspects[first : first + _SUSPECTS_AT_ONCE]
        block = matrix[rows]
        lack[rows] = (np.isinf(block) | (np.isnan(block) & needed)).any(axis=1)
    return lack


def complete_rows(panel: Panel) -> NDArray[np.bool_]:
    """Tell which rows may be learned from: not those of a warm-up, and none with an infinite value.

    A row is in the warm-up where a feature has no value yet that its asset never misses later. A feature that
    is missing later on as well, or throughout an asset, may be missing anywhere.
    """
    complete = np.ones(len(panel), bool)
    parts = [panel.asset_rows(code) for code in range(len(panel.assets))]
    found = [_first_values(panel.features[rows], complete[rows]) for rows in parts]
    gaps = np.logical_or.reduce([gap for _, gap in found]) if found else np.zeros(len(panel.feature_names), bool)
    for rows, (first, _) in zip(parts, found, strict=True):
        complete[rows.start : rows.start + int(first[~gaps].max(initial=0))] = False
    return complete


def _first_values(matrix: NDArray[np.float32], complete: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.bool_]]:
    """Return each column's first row with a value and whether one is missing later; mark infinite rows in *complete*.

    The sums of a block's rows tell whether there is anything to look for in it; mostly there is not.
    """
    ones = np.ones(matrix.shape[1], np.float32)
    first = np.full(matrix.shape[1], len(matrix), np.int64)
    gaps = np.zeros(matrix.shape[1], bool)
    for start in range(0, len(matrix), _ROWS_AT_ONCE):
        block = matrix[start : start + _ROWS_AT_ONCE]
        with np.errstate(over="ignore", invalid="ignore"):
            clean = bool(np.isfinite(block @ ones).all())
        if clean and (first <= start).all():
            continue
        odd = np.flatnonzero(~np.isfinite(block).all(axis=0))
        first = np.minimum(first, np.where(np.isin(np.arange(len(first)), odd), len(matrix), start))
        missing = np.isnan(block[:, odd])
        begun = np.minimum(first[odd], np.where(missing.all(axis=0), len(matrix), start + np.argmin(missing, axis=0)))
        first[odd] = begun
        gaps[odd] |= (missing & (np.arange(start, start + len(block))[:, None] >= begun)).any(axis=0)
        complete[start : start + len(block)] &= ~np.isinf(block[:, odd]).any(axis=1)
    return first, gaps | (first == len(matrix))
