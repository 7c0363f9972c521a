"""A model of the size that the figures are about: two heads of 200 trees, 31 leaves each, 50 features."""

from __future__ import annotations

import lightgbm
import numpy as np

from trady2.learning.down_head import DownHead
from trady2.learning.model import Calibrator, Model
from trady2.learning.signal import Payoffs

TREES, LEAVES, FEATURES, ROWS = 200, 31, 50, 20_000
NAMES = tuple(f"feature_{number:02d}" for number in range(FEATURES))


def matrix_of(rows: int, seed: int) -> np.ndarray:
    """Return (rows, 50) float32 features; one in twenty of the last one is missing."""
    matrix = np.random.default_rng(seed).standard_normal((rows, FEATURES)).astype(np.float32)
    matrix[::20, -1] = np.nan
    return matrix


def labels_of(matrix: np.ndarray, seed: int) -> np.ndarray:
    """Return noisy labels that several features have a part in."""
    noise = np.random.default_rng(seed).standard_normal(len(matrix))
    return matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + noise > 0


def trees(seed: int) -> str:
    """Return 200 full trees in LightGBM's text."""
    matrix = matrix_of(ROWS, seed)
    parameters = {"objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.03, "seed": seed, "verbosity": -1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, labels_of(matrix, seed + 1)), TREES)
    assert booster.num_trees() == TREES
    assert booster.trees_to_dataframe().groupby("tree_index")["left_child"].count().min() == LEAVES - 1
    return booster.model_to_string()


def big_model() -> Model:
    """Return the model."""
    matrix = matrix_of(ROWS, 1)
    return Model(
        text=trees(1),
        features=NAMES,
        calibrator=Calibrator("platt", (0.9, -0.05)),
        threshold=0.5,
        missing_allowed=frozenset({NAMES[-1]}),
        minimum=np.nanmin(matrix, axis=0),
        maximum=np.nanmax(matrix, axis=0),
        horizon_steps=4,
        step_seconds=3_600,
        best_iteration=TREES,
        down=DownHead(trees(3), Calibrator("beta", (0.9, 1.1, 0.1)), TREES, Payoffs(0.012, 0.01)),
    )
