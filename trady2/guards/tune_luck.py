"""How good the best of many tries looks by luck alone: their own scores, shifted in time so that they know nothing.

The tries are trained on much the same rows and agree with each other, so they are fewer than they count. A shift in a
circle keeps all of that, and what scores and moves remember of their own past; only what the scores know is gone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from trady2.stats.auc import rank_within

__all__ = ["Luck", "luck_of_the_best"]

Floats = NDArray[np.float64]

_STRATA = 5
_NEAREST = 0.1
_MOST_SHIFTS, _FEWEST_SHIFTS = 200, 50
_MOST_WORK = 200_000_000


@dataclass(frozen=True)
class Luck:
    """The best try beside what luck gives the best of as many. All skills are direction AUC, 0.5 for a coin.

    Attributes:
        n_trials: tries that scored rows, given up ones among them.
        n_shifts: how often the scores were shifted.
        best: direction skill of the one that was chosen.
        by_luck: mean of the best of all tries over the shifts.
        by_luck_95: what it exceeds in one shift of twenty.
        p_value: share of the shifts, the truth counted as one, in which the best is as good as the chosen one.
        gain: of the chosen one over the present parameters.
        gain_by_luck: mean gain of the best over the present parameters in the shifts.
        gain_p_value: share of the shifts with as large a gain.
    """

    n_trials: int
    n_shifts: int
    best: float
    by_luck: float
    by_luck_95: float
    p_value: float
    gain: float
    gain_by_luck: float
    gain_p_value: float

    def as_json(self) -> dict[str, float | int]:
        """Return a plain dictionary."""
        return asdict(self)


def luck_of_the_best(
    ranks: Floats,
    direction: NDArray[np.int8],
    volatility: Floats,
    asset_code: NDArray[np.integer],
    fold: NDArray[np.integer],
    *,
    chosen: int,
    present: int,
) -> Luck:
    """Compare the best of m tries with the best of the same tries after shifts in a circle.

    The (m, n) scores of each asset are shifted together, by a tenth to nine tenths of its rows; then every try has its
    direction skill and the best of them is taken. A row without a score counts as the middle of its fold, so a try that
    was given up counts as if it had found nothing in the folds that it did not see.

    Args:
        ranks: (m, n) rank of each row inside its fold, in (0, 1); NaN for none.
        direction: (n,) 1 rose by the threshold, -1 fell by it, 0 neither.
        volatility: (n,) the baseline; NaN counts as 0.
        asset_code: (n,) sorted; inside an asset rows are in time order.
        fold: (n,) in which each row was predicted; the skill is that of `trady2.guards.direction.direction_skill`.
        chosen: the try that was chosen.
        present: the try with the present parameters.
    """
    scores = np.where(np.isfinite(ranks), ranks, 0.5)
    moved = np.flatnonzero(direction != 0)
    calm = rank_within(np.nan_to_num(volatility[moved]), np.zeros(len(moved), np.int64))
    strata, up = np.floor(calm * _STRATA).astype(np.int64), direction[moved] == 1
    folds = np.asarray(fold[moved], np.int64)
    true = _areas(scores[:, moved], folds, strata, up)
    shifts = int(np.clip(_MOST_WORK // max(len(scores) * len(moved), 1), _FEWEST_SHIFTS, _MOST_SHIFTS))
    best, gain = np.empty(shifts), np.empty(shifts)
    for number, share in enumerate(np.linspace(_NEAREST, 1 - _NEAREST, shifts)):
        areas = _areas(scores[:, _shifted(asset_code, float(share))[moved]], folds, strata, up)
        best[number], gain[number] = areas.max(), areas.max() - areas[present]
    gained = float(true[chosen] - true[present])
    return Luck(
        n_trials=len(scores),
        n_shifts=shifts,
        best=float(true[chosen]),
        by_luck=float(best.mean()),
        by_luck_95=float(np.quantile(best, 0.95)),
        p_value=float((1 + np.count_nonzero(best >= true[chosen])) / (shifts + 1)),
        gain=gained,
        gain_by_luck=float(gain.mean()),
        gain_p_value=float((1 + np.count_nonzero(gain >= gained)) / (shifts + 1)),
    )


def _shifted(asset_code: NDArray[np.integer], share: float) -> NDArray[np.int64]:
    """Return for each row the row of its asset whose score it gets."""
    order = np.arange(len(asset_code))
    edges = np.flatnonzero(np.diff(asset_code)) + 1
    return np.concatenate([np.roll(part, round(share * len(part))) for part in np.split(order, edges)])


def _areas(scores: Floats, fold: NDArray[np.int64], strata: NDArray[np.int64], up: NDArray[np.bool_]) -> Floats:
    """Return the direction skill of each of the (m, k) scores on k rows that moved: the AUC of ranks in the strata."""
    down = np.count_nonzero(~up)
    areas = np.empty(len(scores))
    for number, score in enumerate(scores):
        areas[number] = 0.5 + (rank_within(rank_within(score, fold), strata)[up].mean() - 0.5) * len(up) / down
    return areas
