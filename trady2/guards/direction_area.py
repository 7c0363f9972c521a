"""The direction AUC of scores with a standard error that knows that labels overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.stats.auc import placements, rank_groups
from trady2.stats.bootstrap import block_standard_error, block_sums
from trady2.stats.overlap import time_blocks

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.learning.target import Labels

__all__ = ["Area", "direction_area"]


class Area(NamedTuple):
    """An area under the ROC curve and its standard error over blocks of time."""

    value: float
    error: float


def direction_area(
    panel: Panel, labels: Labels, rows: NDArray[np.int64], score: NDArray[np.float64], horizon_steps: int
) -> Area | None:
    """Return the area of (k,) scores on up-rows against down-rows; None where the *rows* moved one way only."""
    moved = np.isfinite(score) & (labels.direction[rows] != 0)
    rows, score = rows[moved], score[moved]
    up = labels.direction[rows] == 1
    if not up.any() or up.all():
        return None
    place = placements(rank_groups(score), up)
    area = float(place[up].mean())

    def statistic(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
        return np.asarray(sums[..., 0] / sums[..., 1] + sums[..., 2] / sums[..., 3] - area)

    blocks = time_blocks(panel.decision_time[rows], horizon_steps)
    sums = block_sums([place * up, up, place * ~up, ~up], blocks.code, blocks.n_blocks)
    return Area(area, block_standard_error(statistic, sums))
