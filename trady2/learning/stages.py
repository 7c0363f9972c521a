"""The stages between trees and judgement, on the rows of their own zones: `learn` and the flows call the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.learning.calibration import calibrate
from trady2.learning.threshold import choose_threshold

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.calibration import Calibration
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels
    from trady2.learning.threshold import ThresholdChoice

__all__ = ["calibrated", "thresholded"]

Floats = NDArray[np.float64]


def calibrated(panel: Panel, labels: Labels, zones: Zones, raw: Floats, config: Config) -> Calibration:
    """Choose the calibrator on its zone; *raw* (n,) is aligned with the panel, whose features are unused."""
    rows = zones.rows["calibrate"]
    rows = rows[np.isfinite(raw[rows])]
    return calibrate(
        raw[rows],
        labels.take(rows),
        panel.decision_time[rows],
        panel.asset_code[rows],
        method=config.model.calibration,
        horizon_steps=config.target.horizon_steps,
        seed=config.seed,
    )


def thresholded(
    panel: Panel,
    zones: Zones,
    probability: Floats,
    config: Config,
    *,
    stop: np.datetime64,
    earlier: Floats | None = None,
) -> ThresholdChoice:
    """Choose the threshold on its zone and the calibrator's, before *stop*; the features are unused.

    *earlier* (n,) are probabilities that models before this one gave out of sample, NaN elsewhere: more trades to
    choose by, none of which this choice will be judged on.
    """
    out_of_sample = np.full(len(panel), np.nan) if earlier is None else earlier.copy()
    for name in ("calibrate", "threshold"):
        out_of_sample[zones.rows[name]] = probability[zones.rows[name]]
    return choose_threshold(
        panel,
        out_of_sample,
        min(zones.start["calibrate"], panel.decision_time[np.isfinite(out_of_sample)].min()),
        stop,
        config.backtest,
        horizon_steps=config.target.horizon_steps,
    )
