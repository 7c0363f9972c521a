"""A small market and a small study, for the tests of studies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.learning.conftest import panel_of
from trady2.config import Config
from trady2.data.panel import Panel

STEPS = 8


def study_config(**study: object) -> Config:
    """Return a configuration whose trainings take a moment: one a week."""
    return Config(
        target={"horizon_steps": 3, "return_threshold": 0.01},
        backtest={"fee_bps": 1.0},
        model={"max_rounds": 15, "min_data_in_leaf": 20, "early_stopping_rounds": 5, "learning_rate": 0.2}
        | {"num_leaves": 8, "extra_trees": False, "feature_fraction": 1.0},
        study={"cadence_weeks": [1, 2, 4], "max_trainings": STEPS, "out_of_sample_share": 0.6, **study},
    )


def market(edge: float = 0.8, *, assets: int = 2, rows: int = 2_400, seed: int = 0) -> Panel:
    """Return a market whose first feature always knows *edge* of the next return."""
    return panel_of(rows, assets=assets, edge=edge, seed=seed)


def turning_market() -> Panel:
    """Return a market in which what the first feature knows turns into its opposite in the last five weeks."""
    panel = market(1.2, assets=3)
    late = panel.timestamp >= panel.timestamp.max() - np.timedelta64(5 * 7, "D")
    features = panel.features.copy()
    features[late, 0] *= -1
    return replace(panel, features=features)
