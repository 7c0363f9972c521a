"""The real way from labels to scores, for checks that try it with labels of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.learning.fit import fit
from trady2.learning.forest import raw_scores
from trady2.learning.split import cut_zones

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.target import Labels

__all__ = ["TrainingPath", "trained_scores"]

TrainingPath = Callable[["Panel", "Labels", "Config"], tuple[NDArray[np.int64], NDArray[np.float64]]]
"""From vectors and labels to the rows of the test zone and their (k,) scores; NaN for a row without one."""

_MOST_ROUNDS, _MOST_PATIENCE = 100, 20


def trained_scores(panel: Panel, labels: Labels, config: Config) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cut zones, grow trees and score the test zone, by the functions that training itself calls.

    The head of rises alone, at most 100 trees, and no more than 20 without progress: what is honest stops early, what
    leaks goes on learning.

    Raises:
        NotEnoughDataError: as `cut_zones` does.
    """
    zones = cut_zones(panel, labels, config.split, hold_bars=config.backtest.hold_bars)
    rounds = min(config.model.max_rounds, _MOST_ROUNDS)
    patience = min(config.model.early_stopping_rounds, _MOST_PATIENCE)
    changes = {"max_rounds": rounds, "early_stopping_rounds": patience, "signal": "probability"}
    model = config.model.model_copy(update=changes)
    fitted = fit(panel, labels, zones, model, seed=config.seed, horizon_steps=config.target.horizon_steps)
    return zones.rows["test"], raw_scores(fitted.model, panel.features, zones.rows["test"])
