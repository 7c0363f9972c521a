"""What the scorecard measures: each a smooth function of sums over rows, so that blocks of rows can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.learning.calibrator_fit import log_losses
from trady2.stats.auc import average_precision, placements, rank_groups, rank_within
from trady2.stats.bootstrap import Statistic

if TYPE_CHECKING:
    from trady2.learning.target import Labels

__all__ = ["Measured", "measures"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Measured = tuple[Statistic, list[NDArray[np.generic]], Bools | None]

_STRATA = 5


def measures(
    probability: Floats, ranked: Floats, labels: Labels, volatility: Floats, threshold: float, independent: Floats
) -> dict[str, Measured]:
    """Return for each measure its statistic of sums, the columns to add up, and the rows they belong to (None: all).

    Args:
        probability: (k,) of a rise, finite.
        ranked: (k,) the scores that are traded on, by which signals and directions are measured.
        labels: of the same rows, all known.
        volatility: of the same rows, finite.
        threshold: a row whose score is above it is a signal.
        independent: how many independent labels each row stands for; assets that move together count as one.
    """
    positive, moved = labels.label == 1, labels.direction != 0
    up, signal, ones = labels.direction[moved] == 1, ranked > threshold, np.ones(len(probability))
    losses, groups = log_losses(probability, positive), rank_groups(probability)
    by_signal = rank_groups(ranked)
    area, influence = average_precision(groups, positive)
    strata = np.floor(rank_within(volatility[moved], np.zeros(len(up), np.int64)) * _STRATA).astype(np.int64)
    inside = rank_groups(rank_within(ranked[moved], strata))
    return {
        "log_loss": (_ratio, [losses, ones], None),
        "log_loss_skill": (_skill, [losses, positive, ones], None),
        "brier": (_ratio, [np.square(probability - positive), ones], None),
        "roc_auc": _auc(groups, positive, independent),
        "pr_auc": (lambda sums: area + _ratio(sums), [influence, ones], None),
        "prevalence": (_ratio, [positive, ones], None),
        "precision_at_threshold": (_ratio, [signal & positive, signal], None),
        "signal_rate": (_ratio, [signal, ones], None),
        "mean_return_at_threshold": (_ratio, [np.where(signal, labels.forward_return, 0.0), signal], None),
        "direction_auc": _auc(by_signal[moved], up, independent[moved], moved),
        "direction_skill": _auc(inside, up, independent[moved], moved),
        "down_auc": _auc(by_signal, labels.direction == -1, independent),
        "volatility_auc": _auc(rank_groups(volatility), positive, independent),
    }


def _ratio(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _skill(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
    share = sums[..., 1] / sums[..., 2]
    return np.asarray(1 + (sums[..., 0] / sums[..., 2]) / (share * np.log(share) + (1 - share) * np.log(1 - share)))


def _auc(groups: NDArray[np.int64], positive: Bools, independent: Floats, rows: Bools | None = None) -> Measured:
    """Return the area under the ROC curve as two means of placements, its projection on single rows (Hájek).

    Deviations are taken as sqrt(m / (m - 1)) times as large, with m the independent rows of a class: DeLong, DeLong and
    Clarke-Pearson (1988) divide by m - 1.
    """
    place = placements(groups, positive)
    area = float(place[positive].mean()) if positive.any() else float("nan")
    up, down = (_small_sample(float(independent[part].sum())) for part in (positive, ~positive))

    def statistic(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
        above, below = sums[..., 0] / sums[..., 1] - area, sums[..., 2] / sums[..., 3] - area
        return np.asarray(area + up * above + down * below)

    return statistic, [place * positive, positive, place * ~positive, ~positive], rows


def _small_sample(rows: float) -> float:
    count = max(rows, 2.0)
    return float(np.sqrt(count / (count - 1)))
