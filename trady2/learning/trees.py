"""LightGBM's trees: read from their text once, evaluated by one call for many rows, or by a faster one for one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.errors import DataError, IntegrityError
from trady2.learning.single_row import SingleRow

__all__ = ["Trees"]

Floats = NDArray[np.float64]

_ROWS_WORTH_A_THREAD = 1024


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees in *text*, LightGBM's own format, which *file* of a version holds; they split *width* features."""

    text: str
    file: str
    width: int

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The parsed trees; raises IntegrityError where they cannot be read or split another number of features."""
        try:
            booster = lightgbm.Booster(model_str=self.text)
        except lightgbm.basic.LightGBMError as error:
            raise IntegrityError(f"{self.file} cannot be read: {error}; restore the version or train again") from error
        if booster.num_feature() != self.width:
            raise IntegrityError(
                f"{self.file} splits {booster.num_feature()} features, calibrator.json names {self.width}; "
                "restore both files from the same version"
            )
        return booster

    @cached_property
    def single_row(self) -> SingleRow:
        """Gives the log odds of one (f,) row, the same bits as `raw_score` in a third of the time."""
        return SingleRow(self.booster, self.width)

    def raw_score(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) log odds of a (n, f) float32 *matrix*; a row gives the same bits in any batch.

        Raises DataError for another number of columns, which LightGBM would read past.
        """
        if matrix.shape == (1, self.width):
            return np.array([self.single_row(matrix[0])])
        matrix = np.ascontiguousarray(matrix, np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise DataError(f"a matrix of shape {matrix.shape} is not (n, {self.width}); give every feature")
        if not len(matrix):
            return np.empty(0)
        threads = available_cores() if len(matrix) >= _ROWS_WORTH_A_THREAD else 1
        return np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=threads), np.float64)
