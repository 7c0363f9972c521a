"""From feature vectors to a judged model, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.learning.fit import fit
from trady2.learning.forest import head_scores
from trady2.learning.scorecard import score
from trady2.learning.split import cut_zones
from trady2.learning.stages import calibrated_heads, thresholded
from trady2.learning.target import label_arrays
from trady2.learning.volatility import trailing_volatility

if TYPE_CHECKING:
    import pandas as pd

    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.fit import Progress
    from trady2.learning.fitted import Fitted
    from trady2.learning.model import Model
    from trady2.learning.scorecard import Scorecard
    from trady2.learning.signal import Prediction
    from trady2.learning.split import Zones
    from trady2.learning.stages import Calibrations
    from trady2.learning.target import Labels
    from trady2.learning.threshold import ThresholdChoice

__all__ = ["Learned", "learn"]

Floats = NDArray[np.float64]

_FIT_BEGINS, _FIT_ENDS = 0.05, 0.85


@dataclass(frozen=True)
class Learned:
    """A model and everything that was found out about it.

    `predictions` holds a row for every row of a zone from ``stop`` on, in the order of the panel: timestamp, asset,
    zone, raw (log odds of a rise), probability, score, expected_return (as in `Prediction`), label (Int8). All
    of them are out of sample for the trees; early stopping has seen ``stop``, the calibrators their own zone.
    """

    model: Model
    zones: Zones
    labels: Labels
    fit: Fitted
    calibration: Calibrations
    threshold: ThresholdChoice
    scorecard: Scorecard
    predictions: pd.DataFrame

    def summary(self) -> dict[str, object]:
        """Return what belongs into a manifest or a report, as plain dictionaries."""
        prevalence = {name: float(self.labels.label[self.zones.rows[name]].mean()) for name in self.zones.names}
        return {
            "zones": [row | {"prevalence": prevalence[str(row["zone"])]} for row in self.zones.table()],
            "fit": self.fit.summary(),
            "calibration": self.calibration.as_json(),
            "threshold": self.threshold.as_json(),
            "scorecard": self.scorecard.as_json(),
        }


def learn(panel: Panel, config: Config, *, progress: Progress | None = None) -> Learned:
    """Label, cut into zones, grow trees, calibrate, choose the threshold, and measure on the test zone.

    Rows of a warm-up never take part, nor do rows with an infinite feature. The same panel and configuration
    give the same model, to the last bit, with any number of threads.

    Args:
        panel: the feature vectors of one or several assets.
        config: sections ``target``, ``split``, ``model`` and ``backtest``, and the seed.
        progress: called with a text and the share done; an exception in it ends the work.

    Raises:
        NotEnoughDataError: too few rows for the zones, a horizon longer than a zone, or a zone with one class only.
        DataError: prices that cannot be.
    """
    say = progress or _silent
    say("label and cut into zones", 0.0)
    steps = config.target.horizon_steps
    labels = label_arrays(panel, config.target)
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    fitted = fit(
        panel,
        labels,
        zones,
        config.model,
        seed=config.seed,
        horizon_steps=steps,
        progress=lambda text, done: say(text, _FIT_BEGINS + done * (_FIT_ENDS - _FIT_BEGINS)),
    )
    say("predict the later zones", _FIT_ENDS)
    later = np.sort(np.concatenate([zones.rows[name] for name in zones.names if name != "train"]))
    raw = np.full((len(fitted.model.heads), len(panel)), np.nan)
    raw[:, later] = head_scores(fitted.model, panel.features, later)
    say("calibrate", 0.92)
    calibration = calibrated_heads(panel, labels, zones, raw, config)
    model = fitted.model.with_calibrator(*calibration.calibrators)
    prediction = model.prediction(raw)
    say("choose the threshold", 0.94)
    threshold = thresholded(panel, zones, prediction.score, config, stop=zones.start["test"])
    model = model.with_threshold(threshold.threshold)
    say("measure on the test zone", 0.97)
    test = zones.rows["test"]
    scorecard = score(
        prediction.probability[test],
        labels.take(test),
        panel.decision_time[test],
        panel.asset_code[test],
        trailing_volatility(panel, steps)[test],
        threshold=model.threshold,
        horizon_steps=steps,
        signal_score=prediction.score[test] if model.down else None,
        seed=config.seed,
    )
    predictions = _predictions(panel, labels, zones, raw[0], prediction)
    say("learned", 1.0)
    return Learned(model, zones, labels, fitted, calibration, threshold, scorecard, predictions)


def _silent(text: str, done: float) -> None:
    """Take no notice."""


def _predictions(panel: Panel, labels: Labels, zones: Zones, raw: Floats, prediction: Prediction) -> pd.DataFrame:
    import pandas as pd

    place = np.full(len(panel), -1, np.int8)
    for number, name in enumerate(zones.names):
        place[zones.rows[name]] = number
    rows = np.flatnonzero(place > 0)
    assets = pd.array(np.array(panel.assets, dtype=object), dtype="str")
    return pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex(panel.timestamp[rows], tz="UTC"),
            "asset": assets.take(panel.asset_code[rows]),
            "zone": pd.Categorical.from_codes(place[rows], dtype=pd.CategoricalDtype(list(zones.names))),
            "raw": raw[rows],
            **{name: values[rows] for name, values in prediction._asdict().items()},
            "label": pd.array(labels.label[rows], "Int8"),
        }
    )
