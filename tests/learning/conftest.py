"""Small fitted models for the tests of learning."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from trady2.learning.model import Calibrator, Model

FEATURES = ("momentum", "range", "volume z")


def matrix_of(rows: int, seed: int = 0) -> np.ndarray:
    """Return a float32 matrix with missing values in its second column."""
    matrix = np.random.default_rng(seed).standard_normal((rows, len(FEATURES))).astype(np.float32)
    matrix[::7, 1] = np.nan
    return matrix


def small_model(calibrator: Calibrator | None = None) -> Model:
    """Return thirty trees fitted to a noisy rule."""
    matrix = matrix_of(2000)
    label = (matrix[:, 0] + np.random.default_rng(1).standard_normal(2000) > 0).astype(np.float32)
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 3}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, label), 30)
    return Model(
        text=booster.model_to_string(),
        features=FEATURES,
        calibrator=calibrator or Calibrator("platt", (0.9, -0.1)),
        threshold=0.6,
        missing_allowed=frozenset({"range"}),
        minimum=np.nanmin(matrix, axis=0),
        maximum=np.nanmax(matrix, axis=0),
        horizon_steps=12,
        step_seconds=3600,
        best_iteration=30,
    )


@pytest.fixture(scope="session")
def model() -> Model:
    """One small model for all tests."""
    return small_model()
