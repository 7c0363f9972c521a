"""From feature vectors to a judged model.

The modules in the order of the flow:

- `target`: labels each row, the one place that looks forward;
- `splitter`: the purge rule and walk-forward; `splitter_calendar`: by week or month; `splitter_combinatorial`: many
  paths; `splitter_times`: what they are given; `splitter_check`: counts the leaks of any split;
- `split`: the zones of one training;
- `runs`: which rows may be learned from, and how to reach them without a copy;
- `heads`: what is learned: rises, and falls where the signal weighs them; `fit`: grows the trees of both; `fitted`:
  what that gave; `trees`: LightGBM's own evaluation; `forest`: evaluates them in bulk;
- `calibrator`: the map from raw score to probability; `calibrator_fit`: its numbers; `calibration`: which one;
- `signal`: from probabilities to the score that is compared with the threshold;
- `stages`: calibration and threshold on the rows of their own zones;
- `threshold`: above which score to trade;
- `volatility`: the baseline that knows no direction; `scorecard`: how good it all is, with intervals, by
  `measures`;
- `contributions`: what each feature adds to a prediction; `importance`: which features a model lives by, with
  `shuffled_loss` and `importance_result`;
- `tree_text`: LightGBM's text, read as trees; `score_differences`: what two models say otherwise;
- `learn`: all of it in a row; `walk_forward`: again and again along time;
- `model`: the result, and the one way from a vector to a probability and a score; `down_head`: its second head.

    from trady2.config import load_config
    from trady2.data import read_panel
    from trady2.learning.learn import learn

    config = load_config("configs/ml.yaml")
    learned = learn(read_panel("data/vectors", ["BTC-EUR"]), config)
    learned.scorecard.roc_auc, learned.model.threshold
    learned.model.predict_probability(vectors), learned.model.predict_signal(vectors)

`fit`, `learn`, `contributions` and `importance` are named like their modules, so they are imported from there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trady2.lazy import lazy_names

if TYPE_CHECKING:
    from trady2.config import ModelConfig, SplitConfig, TargetConfig
    from trady2.learning.calibration import Calibration, calibrate
    from trady2.learning.calibrator import Calibrator, sigmoid
    from trady2.learning.fitted import Fitted
    from trady2.learning.learn import Learned
    from trady2.learning.model import Model
    from trady2.learning.scorecard import Scorecard, score
    from trady2.learning.signal import Payoffs, Prediction
    from trady2.learning.split import Zones, make_zones
    from trady2.learning.splitter import WalkForward
    from trady2.learning.splitter_calendar import CalendarWalkForward
    from trady2.learning.splitter_check import SplitFaults, count_faults
    from trady2.learning.splitter_combinatorial import CombinatorialPurged
    from trady2.learning.target import Labels, label, label_arrays
    from trady2.learning.threshold import ThresholdChoice, choose_threshold
    from trady2.learning.volatility import trailing_volatility

# LightGBM's threads otherwise spin while they wait for each other: on a machine with other work a fit of 3,000 rows
# took 11.4 s instead of 0.6 s. OpenMP reads it when LightGBM is loaded, so it has to be said before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = [
    "CalendarWalkForward",
    "Calibration",
    "Calibrator",
    "CombinatorialPurged",
    "Fitted",
    "Labels",
    "Learned",
    "Model",
    "ModelConfig",
    "Payoffs",
    "Prediction",
    "Scorecard",
    "SplitConfig",
    "SplitFaults",
    "TargetConfig",
    "ThresholdChoice",
    "WalkForward",
    "Zones",
    "calibrate",
    "choose_threshold",
    "count_faults",
    "label",
    "label_arrays",
    "make_zones",
    "score",
    "sigmoid",
    "trailing_volatility",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CalendarWalkForward": "trady2.learning.splitter_calendar",
        "Calibration": "trady2.learning.calibration",
        "Calibrator": "trady2.learning.calibrator",
        "CombinatorialPurged": "trady2.learning.splitter_combinatorial",
        "Fitted": "trady2.learning.fitted",
        "Labels": "trady2.learning.target",
        "Learned": "trady2.learning.learn",
        "Model": "trady2.learning.model",
        "ModelConfig": "trady2.config",
        "Payoffs": "trady2.learning.signal",
        "Prediction": "trady2.learning.signal",
        "Scorecard": "trady2.learning.scorecard",
        "SplitConfig": "trady2.config",
        "SplitFaults": "trady2.learning.splitter_check",
        "TargetConfig": "trady2.config",
        "ThresholdChoice": "trady2.learning.threshold",
        "WalkForward": "trady2.learning.splitter",
        "Zones": "trady2.learning.split",
        "calibrate": "trady2.learning.calibration",
        "choose_threshold": "trady2.learning.threshold",
        "count_faults": "trady2.learning.splitter_check",
        "label": "trady2.learning.target",
        "label_arrays": "trady2.learning.target",
        "make_zones": "trady2.learning.split",
        "score": "trady2.learning.scorecard",
        "sigmoid": "trady2.learning.calibrator",
        "trailing_volatility": "trady2.learning.volatility",
    },
)
