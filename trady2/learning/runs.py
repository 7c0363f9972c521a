"""Which rows of a panel can be used, and how to reach them without copying the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["complete_rows", "in_runs", "run_slices"]

Rows = NDArray[np.int64]


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
    return np.concatenate(results) if results else np.empty(0)


def complete_rows(panel: Panel) -> NDArray[np.bool_]:
    """Tell which rows may be learned from: not those of a warm-up, and none with an infinite value.

    A row is in the warm-up where a feature has no value yet that its asset never misses later. A feature that
    is missing later on as well, or throughout an asset, may be missing anywhere.
    """
    parts = [panel.asset_rows(code) for code in range(len(panel.assets))]
    gaps = np.zeros(len(panel.feature_names), bool)
    firsts, infinite = [], []
    for rows in parts:
        matrix = panel.features[rows]
        missing = np.isnan(matrix)
        first = np.argmin(missing, axis=0) if len(matrix) else np.zeros(len(gaps), np.int64)
        gaps |= np.count_nonzero(missing, axis=0) != first
        firsts.append(first)
        del missing
        ends = np.fmax.reduce(matrix, axis=0, initial=0), np.fmin.reduce(matrix, axis=0, initial=0)
        infinite.append(np.isinf(matrix).any(axis=1) if np.isinf(ends).any() else None)
    complete = np.ones(len(panel), bool)
    for rows, first, bad in zip(parts, firsts, infinite, strict=True):
        warm = int(first[~gaps].max(initial=0))
        complete[rows.start : rows.start + warm] = False
        if bad is not None:
            complete[rows] &= ~bad
    return complete
