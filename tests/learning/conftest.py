"""Small fitted models for the tests of learning."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from trady2.data.panel import Panel
from trady2.learning.calibrator import sigmoid
from trady2.learning.down_head import DownHead
from trady2.learning.model import Calibrator, Model
from trady2.learning.signal import Payoffs

FEATURES = ("momentum", "range", "volume z")
PAYOFFS = Payoffs(0.02, 0.03)


def matrix_of(rows: int, seed: int = 0) -> np.ndarray:
    """Return a float32 matrix with missing values in its second column."""
    matrix = np.random.default_rng(seed).standard_normal((rows, len(FEATURES))).astype(np.float32)
    matrix[::7, 1] = np.nan
    return matrix


def small_model(calibrator: Calibrator | None = None, *, down: bool = False) -> Model:
    """Return thirty trees fitted to a noisy rule, and twenty to another one where there is a head for falls."""
    matrix = matrix_of(2000)
    noise = np.random.default_rng(1).standard_normal(2000)
    head = DownHead(_text(matrix, noise - matrix[:, 2], 20), Calibrator("beta", (0.9, 1.1, 0.1)), 20, PAYOFFS)
    return Model(
        text=_text(matrix, noise + matrix[:, 0], 30),
        features=FEATURES,
        calibrator=calibrator or Calibrator("platt", (0.9, -0.1)),
        threshold=0.6,
        missing_allowed=frozenset({"range"}),
        minimum=np.nanmin(matrix, axis=0),
        maximum=np.nanmax(matrix, axis=0),
        horizon_steps=12,
        step_seconds=3600,
        best_iteration=30,
        down=head if down else None,
    )


def _text(matrix: np.ndarray, margin: np.ndarray, trees: int) -> str:
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 3}
    data = lightgbm.Dataset(matrix, (margin > 0).astype(np.float32))
    return lightgbm.train(parameters, data, trees).model_to_string()


@pytest.fixture(scope="session")
def model() -> Model:
    """One small model for all tests."""
    return small_model()


@pytest.fixture(scope="session")
def two_headed() -> Model:
    """One small model with a head for falls."""
    return small_model(down=True)


def panel_of(rows: int, *, assets: int = 1, seed: int = 0, edge: float = 0.0) -> Panel:
    """Return random walks of a few assets with three features; the first one knows *edge* of the next return."""
    generator = np.random.default_rng(seed)
    steps = generator.standard_normal((assets, rows)) * 0.01
    features = generator.standard_normal((assets, rows, 3)).astype(np.float32)
    features[:, :-1, 0] += edge * (steps[:, 1:] / 0.01)
    features[:, :10] = np.nan
    close = 100 * np.exp(np.cumsum(steps, axis=1))
    opened = np.concatenate([np.full((assets, 1), 100.0), close[:, :-1]], axis=1)
    times = np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(3_600_000_000, "us")
    return Panel(
        assets=tuple(f"A{number}-EUR" for number in range(assets)),
        asset_code=np.repeat(np.arange(assets, dtype=np.int32), rows),
        timestamp=np.tile(times, assets),
        open=opened.ravel(),
        high=(np.maximum(opened, close) * 1.001).ravel(),
        low=(np.minimum(opened, close) * 0.999).ravel(),
        close=close.ravel(),
        volume=np.ones(assets * rows),
        features=features.reshape(-1, 3),
        feature_names=FEATURES,
        step=np.timedelta64(3_600_000_000, "us"),
    )


def drawn(rows: int, *, slope: float = 1.0, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return raw scores and labels whose true log odds are slope x raw + shift."""
    generator = np.random.default_rng(seed)
    raw = generator.normal(-1.0, 1.0, rows)
    return raw, generator.random(rows) < sigmoid(slope * raw + shift)
