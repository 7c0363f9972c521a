"""What predictions lose where the values of one feature change places: permutation importance, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.learning.calibrator_fit import log_losses
from trady2.learning.forest import exact_forest, fastest
from trady2.stats.auc import placements, rank_groups

if TYPE_CHECKING:
    from trady2.learning.model import Model
    from trady2.learning.target import Labels

__all__ = ["Losses", "Shuffler"]

Floats = NDArray[np.float64]

_CHECKED_ROWS = 256


class Losses(NamedTuple):
    """How wrong predictions are, row by row.

    Attributes:
        log_loss: (k,) of the probability of a rise, in nats.
        placement: (m,) of the rows that rose or fell by the threshold, by `trady2.stats.auc.placements`: the higher,
            the better the score that is traded on ranks the row.
    """

    log_loss: Floats
    placement: Floats


class Shuffler:
    """Rows of known outcome, sorted by asset, and the model that predicts them.

    Args:
        model: with the features of *matrix* in its order.
        matrix: (k, f) float32 of usable rows, C order; `lost` writes into it and leaves it as it was.
        labels: of the same rows, all known.
        asset_code: (k,) of the same rows, ascending. Values change places within an asset, so that scales stay.
        seed: of all shuffling.
    """

    def __init__(
        self,
        model: Model,
        matrix: NDArray[np.float32],
        labels: Labels,
        asset_code: NDArray[np.integer],
        *,
        seed: int,
    ) -> None:
        """Predict the rows as they are."""
        self._model, self._matrix, self._asset_code, self._seed = model, matrix, asset_code, seed
        sample = matrix[np.arange(0, len(matrix), max(len(matrix) // _CHECKED_ROWS, 1))]
        self._forests = [exact_forest(trees, sample) for trees in model.heads]
        self._raw = np.stack([fastest(trees, sample)(matrix) for trees in model.heads])
        self._positive = labels.label == 1
        self.moved = labels.direction != 0
        self.up = labels.direction[self.moved] == 1
        self.straight = self._losses(self._raw)

    def lost(self, column: int, repeats: int) -> Losses:
        """Return what shuffling one *column* costs each row, the mean over so many *repeats*; gains are below 0."""
        values, found = self._matrix[:, column].copy(), []
        changes = [self._change(place, column) for place in range(len(self._raw))]
        try:
            for repeat in range(repeats):
                chance = np.random.default_rng([self._seed, column, repeat]).random(len(values))
                self._matrix[:, column] = values[np.lexsort((chance, self._asset_code))]
                found.append(self._losses(self._raw + np.stack([change() for change in changes])))
        finally:
            self._matrix[:, column] = values
        log_loss, placement = (np.mean(parts, axis=0) for parts in zip(*found, strict=True))
        return Losses(log_loss - self.straight.log_loss, self.straight.placement - placement)

    def area(self, losses: Losses) -> float:
        """Return the AUC of up-movers against down-movers from placements, or a difference of two; NaN without both."""
        return float(losses.placement[self.up].mean()) if self.up.any() else float("nan")

    def _change(self, head: int, column: int) -> Callable[[], Floats]:
        """Return what tells how far the raw scores of a head are from those before; most trees stay out of it."""
        forest = self._forests[head]
        if forest is None:
            return lambda: self._model.heads[head].raw_score(self._matrix) - self._raw[head]
        some = forest.holding(column)
        before = some.raw_score(self._matrix)
        return lambda: some.raw_score(self._matrix) - before

    def _losses(self, raw: Floats) -> Losses:
        found = self._model.prediction(raw)
        groups = rank_groups(found.score[self.moved])
        return Losses(log_losses(found.probability, self._positive), placements(groups, self.up))
