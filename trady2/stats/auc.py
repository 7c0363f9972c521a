"""How well a score ranks: areas under the ROC and precision-recall curves, and each row's part in them.

All of it works on `rank_groups`, so that a score is sorted once for every question asked about it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_precision", "placements", "rank_groups", "rank_within", "roc_auc"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def rank_groups(score: Floats) -> Ints:
    """Return for each of the (n,) scores how many distinct scores are lower; equal scores share a group.

    NaN is the caller's to remove: here every NaN would be a group of its own at the top.
    """
    order = np.argsort(score)
    ordered = score[order]
    groups = np.empty(len(score), np.int64)
    groups[order] = np.cumsum(np.concatenate([[0], ordered[1:] != ordered[:-1]]))[: len(score)]
    return groups


def placements(groups: Ints, positive: Bools) -> Floats:
    """Return for a positive row the share of negatives ranked below it, for a negative that of positives above it.

    Ties count half. The mean over the positives is the ROC AUC, and so is the mean over the negatives; these are
    the structural components of DeLong, DeLong and Clarke-Pearson (1988). NaN throughout without both classes.
    """
    ups = np.bincount(groups, positive, int(groups.max(initial=0)) + 1)
    downs = np.bincount(groups, ~positive, len(ups))
    with np.errstate(invalid="ignore"):
        below = (np.cumsum(downs) - 0.5 * downs) / downs.sum()
        above = (ups.sum() - np.cumsum(ups) + 0.5 * ups) / ups.sum()
    undefined = not (ups.any() and downs.any())
    return np.full(len(groups), np.nan) if undefined else np.where(positive, below[groups], above[groups])


def roc_auc(score: Floats, positive: Bools) -> float:
    """Return the probability that a positive row scores above a negative one, ties half; NaN without both classes."""
    positive = np.asarray(positive, bool)
    if positive.all() or not positive.any():
        return float("nan")
    return float(placements(rank_groups(np.asarray(score, np.float64)), positive)[positive].mean())


def average_precision(groups: Ints, positive: Bools) -> tuple[float, Floats]:
    """Return the average precision, the step-wise area under precision against recall, and its (n,) influences.

    The influence of row j is n times the derivative of the average precision in the weight of that row; influences add
    up to 0. With T the positives and K the rows at or above a score, P all positives, and sums over the
    positives i at or below j:  n / P [ y_j (T_j / K_j - AP) + sum_i (y_j / K_i - T_i / K_i²) ].
    NaN without a positive row.
    """
    ups = np.bincount(groups, positive, int(groups.max(initial=0)) + 1)
    if not ups.any():
        return float("nan"), np.full(len(groups), np.nan)
    hits = np.cumsum(ups[::-1])[::-1]
    rows = np.cumsum(np.bincount(groups, minlength=len(ups))[::-1])[::-1]
    precision = hits / rows
    area = float(ups @ precision / ups.sum())
    gain, loss = np.cumsum(ups / rows), np.cumsum(ups * precision / rows)
    influence = np.where(positive, (precision - area + gain)[groups], 0.0) - loss[groups]
    return area, influence * (len(groups) / ups.sum())


def rank_within(score: Floats, strata: Ints) -> Floats:
    """Return the rank of each row inside its stratum as a share in (0, 1), equal scores at their middle rank.

    What the strata tell about the score is gone afterwards: every stratum has the same distribution of ranks.
    """
    order = np.lexsort((score, strata))
    ordered, stratum = score[order], strata[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]) | (stratum[1:] != stratum[:-1])])[: len(order)]
    start = np.flatnonzero(new)
    length = np.diff(np.append(start, len(order)))
    middle = np.repeat(start + 0.5 * length, length)
    size = np.bincount(strata)
    first = np.cumsum(size) - size
    ranks = np.empty(len(order))
    ranks[order] = (middle - first[stratum]) / size[stratum]
    return ranks
