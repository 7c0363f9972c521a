from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.learning.conftest import matrix_of, small_model
from trady2.errors import DataError
from trady2.learning.model import Calibrator
from trady2.learning.row_prediction import predict_row

BOTH, RISE = small_model(down=True), small_model()
CALIBRATORS = [
    Calibrator(),
    Calibrator("platt", (0.913, -0.071)),
    Calibrator("beta", (0.87, 1.13, 0.07)),
    Calibrator("isotonic", (-3.0, -0.4, 0.1, 2.5, 0.02, 0.31, 0.55, 0.97)),
]


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda one: one.method)
@pytest.mark.parametrize("model", [BOTH, RISE], ids=["two-heads", "one-head"])
def test_a_row_alone_has_the_bits_of_the_whole(model: object, calibrator: Calibrator) -> None:
    """Probability, score and expected return are those of `Model.prediction` on all rows, to the last bit."""
    assert isinstance(model, type(BOTH))
    changed = model.with_calibrator(calibrator, calibrator)
    matrix = matrix_of(1_000, seed=11)
    whole = np.array(changed.prediction(changed.raw_scores(matrix)))
    alone = np.array([predict_row(changed, row) for row in matrix]).T
    assert alone.tobytes() == whole.tobytes()
    assert np.isnan(alone[2]).all() == (model.down is None)


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda one: one.method)
def test_extreme_scores_have_the_bits_of_the_whole(calibrator: Calibrator) -> None:
    """Certainty, its denormal neighbours, zeros of both signs and NaN too."""
    raw = np.array([-1e308, -745.2, -40.0, -1e-300, -0.0, 0.0, 1e-17, 36.7, 710.0, 1e308, np.nan])
    alone = np.array([calibrator.one(value) for value in raw.tolist()])
    assert alone.tobytes() == calibrator(raw).tobytes()


def test_another_width_is_refused() -> None:
    """A row of two values is no row of three features."""
    with pytest.raises(DataError, match=r"is not \(3,\); give every feature"):
        predict_row(replace(RISE), np.zeros(2, np.float32))
