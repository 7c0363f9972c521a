"""Which features a model lives by: gain, SHAP values, and what the test zone loses where a feature is shuffled.

Gain tells what the trees split by, for good or bad: a model of pure noise has a most important feature as well.
Shuffling (Breiman 2001, section 10) tells what predictions lose on rows that the trees have not seen. Features that say
the same stand in for each other: shuffling one of them alone costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.errors import DataError
from trady2.learning.contributions import contributions
from trady2.learning.importance_result import FeatureImportance, Importance
from trady2.learning.scorecard import LEAST_N_EFF
from trady2.learning.shuffled_loss import Shuffler
from trady2.learning.tree_text import gain_of_columns
from trady2.stats.bootstrap import Interval, Statistic, block_interval, block_sums
from trady2.stats.overlap import TimeBlocks, time_blocks, uniqueness

if TYPE_CHECKING:
    from trady2.data.panel import Panel
    from trady2.learning.fit import Progress
    from trady2.learning.model import Model
    from trady2.learning.target import Labels

__all__ = ["importance"]

Floats = NDArray[np.float64]

_SHAP_ROWS = 2_000
_NOTHING = Interval(0.0, 0.0, 0.0)


def importance(
    model: Model,
    panel: Panel,
    labels: Labels,
    rows: NDArray[np.int64],
    *,
    horizon_steps: int,
    repeats: int = 5,
    most_rows: int = 20_000,
    level: float = 0.9,
    seed: int = 0,
    progress: Progress | None = None,
) -> Importance:
    """Measure how much a *model* needs each of its features on *rows* that it has not learned from.

    A feature's values change places within each asset; everything else stays. The intervals come from the studentised
    bootstrap of blocks of time that `trady2.learning.scorecard.score` uses; they hold for this model, trained as it
    was, and each for itself: of 100 useless features about 5 have a lower end above 0 at the level 0.9.

    Args:
        model: whose features *panel* has.
        panel: the vectors.
        labels: aligned with the rows of *panel*.
        rows: ascending; those without a known label, or that the model cannot use, are left out.
        horizon_steps: N.
        repeats: how often each feature is shuffled.
        most_rows: more are thinned evenly, which bounds the time.
        level: of the intervals.
        seed: of shuffling and bootstrap.
        progress: called with a text and the share done.

    Raises DataError where no row is left.
    """
    matrix = model.matrix(panel)
    rows = _measurable(model, matrix, labels, rows)
    chosen = rows[:: -(-len(rows) // most_rows)]
    codes = panel.asset_code[chosen]
    shuffler = Shuffler(model, np.ascontiguousarray(matrix[chosen]), labels.take(chosen), codes, seed=seed)
    blocks = time_blocks(panel.decision_time[rows], horizon_steps)
    piece = blocks.piece[:: -(-len(rows) // most_rows)]
    n_eff, promised = _independence(panel, labels, rows)
    spans = _Spans(shuffler, blocks, piece, repeats, level, seed)
    return Importance(
        features=_features(model, _shap(model, matrix, rows), spans, progress),
        log_loss=float(shuffler.straight.log_loss.mean()),
        direction_auc=shuffler.area(shuffler.straight),
        rows=len(chosen),
        rows_in_zone=len(rows),
        n_eff=n_eff,
        promised=promised,
        n_blocks=blocks.n_blocks,
        block_bars=blocks.length,
        repeats=repeats,
        level=level,
    )


def _features(model: Model, shap: Floats, spans: _Spans, progress: Progress | None) -> tuple[FeatureImportance, ...]:
    gains = np.stack([gain_of_columns(trees.text, trees.width) for trees in model.heads])
    gains /= np.maximum(gains.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    found = []
    for column, name in enumerate(model.features):
        if progress:
            progress(f"shuffle {name}", column / len(model.features))
        gain = tuple(gains[:, column].tolist())
        lost = spans.of(column) if any(gain) else (_NOTHING, _NOTHING)
        found.append(FeatureImportance(name, gain, tuple(shap[:, column].tolist()), *lost))
    return tuple(sorted(found, key=lambda one: (not any(one.gain), -one.log_loss.value)))


def _measurable(
    model: Model, matrix: NDArray[np.float32], labels: Labels, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    rows = rows[labels.label[rows] >= 0]
    rows = rows[~model.unusable(matrix[rows])]
    if not len(rows):
        raise DataError("none of the rows has a known label and usable features; take a later span", rows=len(rows))
    return rows


def _shap(model: Model, matrix: NDArray[np.float32], rows: NDArray[np.int64]) -> Floats:
    """Return (heads, f) means over evenly spaced rows, enough of them for two digits."""
    some = matrix[rows[:: -(-len(rows) // _SHAP_ROWS)]]
    found = contributions(model, some)
    return np.asarray(np.abs(found[:, :, :-1]).mean(axis=1))


def _independence(panel: Panel, labels: Labels, rows: NDArray[np.int64]) -> tuple[float, bool]:
    codes = panel.asset_code[rows]
    n_eff = np.bincount(codes, uniqueness(panel.decision_time[rows], labels.label_end[rows], codes))
    return float(n_eff.sum()), bool(n_eff.max() >= LEAST_N_EFF)


class _Spans(NamedTuple):
    """How the losses of a shuffled column become two intervals."""

    shuffler: Shuffler
    blocks: TimeBlocks
    piece: NDArray[np.int64]
    repeats: int
    level: float
    seed: int

    def of(self, column: int) -> tuple[Interval, Interval]:
        """Return what is lost in log loss, and in the AUC of direction as a mean over each class as in `measures`."""
        lost, up = self.shuffler.lost(column, self.repeats), self.shuffler.up
        loss = self._interval(_ratio, [lost.log_loss, np.ones(len(self.piece))], self.piece)
        area = self.shuffler.area(lost)

        def statistic(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
            return np.asarray(_ratio(sums[..., :2]) + _ratio(sums[..., 2:]) - area)

        columns = [lost.placement * up, up, lost.placement * ~up, ~up]
        return loss, self._interval(statistic, columns, self.piece[self.shuffler.moved])

    def _interval(self, statistic: Statistic, columns: list[NDArray[np.generic]], piece: NDArray[np.int64]) -> Interval:
        pieces = self.blocks.pieces_per_block
        sums = block_sums(columns, piece, self.blocks.n_blocks * pieces)
        return block_interval(statistic, sums, pieces_per_block=pieces, level=self.level, seed=self.seed)


def _ratio(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
    return np.asarray(sums[..., 0] / sums[..., 1])
