"""What each feature adds to a raw score: SHAP values of trees (Lundberg et al. 2020), LightGBM's `pred_contrib`."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.errors import DataError

if TYPE_CHECKING:
    from trady2.learning.model import Model

__all__ = ["contributions"]

_ROWS_WORTH_A_THREAD = 64
# LightGBM works out the depth of each tree when it is first asked, without a lock (Tree::RecomputeMaxDepth), and sizes
# the memory of a call by it. A thread that asks meanwhile could find half of the depths, and write past its memory.
_ONE_AT_A_TIME = Lock()


def contributions(model: Model, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each of the model's heads what each feature adds to each row's raw score, (heads, n, f + 1).

    In log odds. The last column is the base, the same for all rows: the mean raw score over the rows that the trees
    were grown on, each tree over its own ones. A row adds up to its raw score, to rounding. A row has the same bits in
    any batch. NaN is a value like any other. A row takes a third of a millisecond for 268 trees of 88 features.

    Args:
        model: whose trees.
        matrix: (n, f) float32 with the columns of ``model.features``.

    Raises:
        DataError: *matrix* has other columns.
    """
    matrix = np.ascontiguousarray(matrix, np.float32)
    width = len(model.features)
    if matrix.ndim != 2 or matrix.shape[1] != width:
        raise DataError(f"a matrix of shape {matrix.shape} is not (n, {width}); give every feature")
    if not len(matrix):
        return np.empty((len(model.heads), 0, width + 1))
    threads = available_cores() if len(matrix) >= _ROWS_WORTH_A_THREAD else 1
    with _ONE_AT_A_TIME:
        found = [one.booster.predict(matrix, pred_contrib=True, num_threads=threads) for one in model.heads]
    return np.asarray(found, np.float64)
