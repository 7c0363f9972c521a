"""Direction skill: does the score tell coming rises from coming falls, and not only big moves from small ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.guards.estimate import Estimate, estimate
from trady2.stats.auc import placements, rank_groups, rank_within
from trady2.stats.bootstrap import block_sums
from trady2.stats.overlap import time_blocks

if TYPE_CHECKING:
    from trady2.learning.target import Labels

__all__ = ["Placed", "direction_skill", "placed"]

_STRATA = 5


class Placed(NamedTuple):
    """The k rows of a direction skill: the mean *place* of the rises is the skill, and so is that of the falls.

    Attributes:
        rows: (k,) ascending positions.
        up: (k,) whether prices rose by the threshold; they fell by it otherwise.
        place: (k,) share of the other kind that is ranked on the right side of the row.
    """

    rows: NDArray[np.int64]
    up: NDArray[np.bool_]
    place: NDArray[np.float64]


def placed(
    score: NDArray[np.float64],
    fold: NDArray[np.integer],
    labels: Labels,
    volatility: NDArray[np.float64],
) -> Placed | None:
    """Place each row that moved among those that moved the other way; None without both. See `direction_skill`."""
    rows = np.flatnonzero(np.isfinite(score) & (labels.direction != 0))
    up = labels.direction[rows] == 1
    if up.all() or not up.any():
        return None
    within_fold = rank_within(score[rows], np.asarray(fold[rows], np.int64))
    calm = rank_within(np.nan_to_num(volatility[rows]), np.zeros(len(rows), np.int64))
    ranks = rank_within(within_fold, np.floor(calm * _STRATA).astype(np.int64))
    return Placed(rows, up, placements(rank_groups(ranks), up))


def direction_skill(
    score: NDArray[np.float64],
    fold: NDArray[np.integer],
    labels: Labels,
    volatility: NDArray[np.float64],
    decision_time: NDArray[np.datetime64],
    *,
    horizon_steps: int,
) -> Estimate:
    """Return the AUC, rows that rose by the threshold against rows that fell by it, beyond fold and volatility.

    The score is ranked inside each fold, because scores of different models do not compare, and the ranks are ranked
    once more inside fifths of the volatility baseline, so that a score which only knows how much prices will move
    is worth 0.5. The standard error is that of the AUC's projection on single rows (Hájek), added up in blocks of
    time of at least five horizons and, where history allows, 48 bars.

    Args:
        score: (n,) higher for a likelier rise; NaN for rows without one.
        fold: (n,) which model gave it.
        labels: of the same rows.
        volatility: (n,) the baseline, see `trady2.learning.volatility`; NaN counts as 0.
        decision_time: (n,) UTC.
        horizon_steps: N.

    Returns:
        value 0.5 for no skill; NaN where no rise or no fall was predicted.
    """
    found = placed(score, fold, labels, volatility)
    if found is None:
        return Estimate.unknown(int(np.count_nonzero(np.isfinite(score) & (labels.direction != 0))))
    rows, up, place = found
    area = float(place[up].mean())

    def statistic(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
        return np.asarray(sums[..., 0] / sums[..., 1] + sums[..., 2] / sums[..., 3] - area)

    blocks = time_blocks(decision_time[rows], horizon_steps)
    sums = block_sums([place * up, up, place * ~up, ~up], blocks.piece, blocks.n_blocks * blocks.pieces_per_block)
    return estimate(statistic, sums, n=len(rows), pieces_per_block=blocks.pieces_per_block, null=0.5)
