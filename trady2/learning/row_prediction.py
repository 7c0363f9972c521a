"""One row by a model, number by number: the bits of `Model.prediction`, without what arrays of one number cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from numpy.typing import NDArray

if TYPE_CHECKING:
    import numpy as np

    from trady2.learning.model import Model

__all__ = ["predict_row"]


def predict_row(model: Model, row: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return probability, score and expected return of the (f,) float32 *row*, whatever is missing in it.

    The expected return is NaN from a model that knows rises alone. Raises DataError for another number of values.
    """
    probability = model.calibrator.one(model.heads[0].single_row(row))
    if model.down is None:
        return probability, probability, math.nan
    payoffs = model.down.payoffs
    fall = model.down.calibrator.one(model.heads[1].single_row(row))
    expected = probability * payoffs.up - fall * payoffs.down
    return probability, 0.5 + expected / (2 * max(payoffs.up, payoffs.down)), expected
