"""The stages between trees and judgement, on the rows of their own zones: `learn` and the flows call the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.learning.calibration import calibrate
from trady2.learning.heads import head_labels
from trady2.learning.threshold import choose_threshold

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.calibration import Calibration
    from trady2.learning.calibrator import Calibrator
    from trady2.learning.split import Zones
    from trady2.learning.target import Labels
    from trady2.learning.threshold import ThresholdChoice

__all__ = ["Calibrations", "calibrated", "calibrated_heads", "thresholded"]

Floats = NDArray[np.float64]


class Calibrations(NamedTuple):
    """What was chosen for the rise and, with two heads, for the fall."""

    up: Calibration
    down: Calibration | None = None

    @property
    def calibrators(self) -> tuple[Calibrator, ...]:
        """The calibrators, as `Model.with_calibrator` takes them."""
        return tuple(head.calibrator for head in self if head)

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary of the rise's calibration, with that of the fall under ``down`` where it is."""
        return {**self.up.as_json(), **({"down": self.down.as_json()} if self.down else {})}


def calibrated_heads(panel: Panel, labels: Labels, zones: Zones, raw: Floats, config: Config) -> Calibrations:
    """Choose the calibrator of each head on the zone; *raw* (heads, n), see `calibrated`."""
    targets = head_labels(labels, config.model.signal)
    heads = zip(targets, raw, strict=True)
    return Calibrations(*(calibrated(panel, target, zones, scores, config) for target, scores in heads))


def calibrated(panel: Panel, labels: Labels, zones: Zones, raw: Floats, config: Config) -> Calibration:
    """Choose the calibrator of one head, whose *labels* these are, on its zone.

    *raw* (n,) is aligned with the panel, whose features are unused.
    """
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
    score: Floats,
    config: Config,
    *,
    stop: np.datetime64,
    earlier: Floats | None = None,
) -> ThresholdChoice:
    """Choose the threshold of the (n,) *score* on its zone and the calibrator's, before *stop*; features are unused.

    *earlier* (n,) are scores that models before this one gave out of sample, NaN elsewhere: more trades to
    choose by, none of which this choice will be judged on.
    """
    out_of_sample = np.full(len(panel), np.nan) if earlier is None else earlier.copy()
    for name in ("calibrate", "threshold"):
        out_of_sample[zones.rows[name]] = score[zones.rows[name]]
    return choose_threshold(
        panel,
        out_of_sample,
        min(zones.start["calibrate"], panel.decision_time[np.isfinite(out_of_sample)].min()),
        stop,
        config.backtest,
        horizon_steps=config.target.horizon_steps,
    )
