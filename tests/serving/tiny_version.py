"""A tiny market with a real LightGBM model on it, published into whatever BENTOML_HOME names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from trady2.data.panel import Panel
from trady2.data.vectors import write_vectors
from trady2.learning.down_head import DownHead
from trady2.learning.model import Calibrator, Model
from trady2.learning.signal import Payoffs
from trady2.registry.publishing import publish
from trady2.registry.version import Version

FEATURES = ("momentum_12", "range_24", "volume_z", "hour_sin", "market_beta")
HOUR = timedelta(hours=1)
LAST_OPEN = datetime(2025, 11, 1, 11, tzinfo=UTC)
NOON = LAST_OPEN + HOUR
SCORECARD = {
    "roc_auc": 0.56,
    "direction_auc": 0.51,
    "direction_skill": None,
    "intervals": {"roc_auc": {"low": 0.53, "high": 0.59}},
    "n": 4000,
}


def matrix_of(n_rows: int, seed: int) -> np.ndarray:
    """Return (n, 5) float32 features; only ``market_beta`` is missing now and then."""
    matrix = np.random.default_rng(seed).standard_normal((n_rows, len(FEATURES))).astype(np.float32)
    matrix[::5, 4] = np.nan
    return matrix


def tiny_model(*, seed: int = 1, threshold: float = 0.5, down: bool = True) -> Model:
    """Return twenty small trees for rises, and as many for falls with *down*; another *seed*, other predictions."""
    matrix = matrix_of(2_000, seed)
    noise = np.random.default_rng(seed).standard_normal(2_000)
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed, "num_leaves": 7}
    texts = []
    for margin in (matrix[:, 0] + noise, matrix[:, 1] - noise):
        data = lightgbm.Dataset(matrix, (margin > 0).astype(np.float32))
        texts.append(lightgbm.train(parameters, data, 20).model_to_string())
    return Model(
        text=texts[0],
        features=FEATURES,
        calibrator=Calibrator("platt", (0.9, -0.05)),
        threshold=threshold,
        missing_allowed=frozenset({"market_beta"}),
        minimum=np.nanmin(matrix, axis=0),
        maximum=np.nanmax(matrix, axis=0),
        horizon_steps=4,
        step_seconds=3_600,
        best_iteration=20,
        down=DownHead(texts[1], Calibrator("platt", (1.1, 0.1)), 20, Payoffs(0.012, 0.01)) if down else None,
    )


def publish_tiny(
    model: Model,
    semver: str = "1.0.0",
    *,
    name: str = "trady2",
    reports: dict[str, bytes] | None = None,
    **manifest: Any,
) -> Version:
    """Publish *model* as the training flow would, with *reports* beside it if given."""
    known = {
        "verdict": {"label": "unproven"},
        "scorecard": SCORECARD,
        "config": {"monitor": {"stale_after_bars": 2.0}},
        **manifest,
    }
    golden = np.random.default_rng(99).standard_normal((8, len(model.features))).astype(np.float32)
    golden[::5, -1] = np.nan
    files = {**model.files(), **(reports or {})}
    return publish(name, semver, files, known, golden=golden, actor="tester")


def tiny_panel(
    asset: str, *, last_open: datetime = LAST_OPEN, n_rows: int = 60, seed: int = 7, step: timedelta = HOUR
) -> Panel:
    """Return hourly vectors of *asset* that end with the bar that opens at *last_open*; none is far from the middle."""
    last = np.datetime64(last_open.replace(tzinfo=None), "us")
    prices = np.full(n_rows, 100.0)
    return Panel(
        assets=(asset,),
        asset_code=np.zeros(n_rows, np.int32),
        timestamp=last - np.timedelta64(step) * np.arange(n_rows)[::-1],
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=prices,
        features=np.clip(matrix_of(n_rows, seed), -2, 2),
        feature_names=FEATURES,
        step=np.timedelta64(step),
    )


def store(folder: Path, panel: Panel) -> Panel:
    """Write *panel* to the vector set in *folder* and return it."""
    write_vectors(folder, panel.assets[0], "2025", panel, step=panel.step)
    return panel


def explicit(panel: Panel, row: int) -> dict[str, float | None]:
    """Return the features of a row of *panel* as a client would send them."""
    values = panel.features[row].tolist()
    return {name: None if value != value else value for name, value in zip(FEATURES, values, strict=True)}
