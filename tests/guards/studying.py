"""A small study, and a market that turns, for the tests of studies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.guards.quick_market import market, quick_config
from trady2.config import Config
from trady2.data.panel import Panel

STEPS = 8


def study_config(**study: object) -> Config:
    """Return a configuration whose trainings take a moment: one a week."""
    return quick_config(study={"cadence_weeks": [1, 2, 4], "max_trainings": STEPS, "out_of_sample_share": 0.6, **study})


def turning_market() -> Panel:
    """Return a market in which what the first feature knows turns into its opposite in the last five weeks."""
    panel = market(1.2, assets=3)
    late = panel.timestamp >= panel.timestamp.max() - np.timedelta64(5 * 7, "D")
    features = panel.features.copy()
    features[late, 0] *= -1
    return replace(panel, features=features)
