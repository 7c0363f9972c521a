"""One configuration trained along history, fold by fold, so that it can be given up between two folds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.guards.direction import direction_skill
from trady2.learning.calibrator_fit import log_losses
from trady2.learning.volatility import trailing_volatility
from trady2.learning.walk_forward import Stretch, predict_rows, retrain, stretches
from trady2.stats.auc import rank_within

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.estimate import Estimate
    from trady2.learning.model import Model
    from trady2.learning.target import Labels

__all__ = ["Ground", "Walk", "log_loss_skill"]

Floats = NDArray[np.float64]


class Ground(NamedTuple):
    """What all configurations are compared on: the same rows, in the same folds."""

    panel: Panel
    labels: Labels
    parts: list[Stretch]
    volatility: Floats

    @classmethod
    def of(cls, panel: Panel, labels: Labels, config: Config) -> Ground:
        """Cut the folds that the section ``tune`` asks for.

        Raises:
            NotEnoughDataError: history is too short for them.
        """
        asked = config.tune
        parts = stretches(panel, labels, config, n_folds=asked.n_folds, share=asked.out_of_sample_share)
        return cls(panel, labels, parts, trailing_volatility(panel, config.target.horizon_steps))

    @property
    def fold(self) -> NDArray[np.int8]:
        """(n,) in which fold a row is predicted, -1 for none."""
        fold = np.full(len(self.panel), -1, np.int8)
        for number, part in enumerate(self.parts):
            fold[part.rows] = number
        return fold

    @property
    def first(self) -> np.datetime64:
        """The first decision time that is predicted."""
        return self.parts[0].start


class Walk:
    """What the models of one configuration said so far, aligned with the n rows of the panel; NaN for nothing.

    Attributes:
        raw: (n,) what ranks; comparable inside a fold.
        probability: (n,) calibrated.
        score: (n,) what is compared with the threshold.
        signal: (n,) the score where it lies above the threshold of its fold.
        fold: (n,) int8, -1 for none.
        trees: how many each fold kept.
    """

    def __init__(self, ground: Ground, config: Config) -> None:
        """Begin before the first fold."""
        self.ground, self.config = ground, config
        self.raw, self.probability, self.score, self.signal = (np.full(len(ground.panel), np.nan) for _ in range(4))
        self.fold = np.full(len(ground.panel), -1, np.int8)
        self.trees: list[int] = []
        self._digest = hashlib.sha256()

    @property
    def models_sha256(self) -> str:
        """The SHA-256 over the files of all models of the walk."""
        return self._digest.hexdigest()

    def step(self) -> None:
        """Train on the history of the next fold and predict it.

        Raises:
            NotEnoughDataError: as `retrain` does.
        """
        panel, labels, parts, _ = self.ground
        part = parts[len(self.trees)]
        model, _ = retrain(panel, labels, self.config, part, earlier=self.score)
        self.raw[part.rows], found = predict_rows(model, panel, part.rows)
        self.probability[part.rows], self.score[part.rows] = found.probability, found.score
        above = np.nan_to_num(found.score, nan=-np.inf) > model.threshold
        self.signal[part.rows] = np.where(above, found.score, np.nan)
        self.fold[part.rows] = len(self.trees)
        self.trees.append(model.best_iteration)
        self._count(model)

    def _count(self, model: Model) -> None:
        for name, content in sorted(model.files().items()):
            self._digest.update(f"{name} {len(content)}\n".encode() + content)

    def direction(self) -> Estimate:
        """Return the direction skill of the folds so far."""
        panel, labels, _, volatility = self.ground
        steps = self.config.target.horizon_steps
        return direction_skill(self.raw, self.fold, labels, volatility, panel.decision_time, horizon_steps=steps)

    def log_loss_skill(self) -> float:
        """Return the log-loss skill of the folds so far; NaN with one class only."""
        rows = np.flatnonzero(np.isfinite(self.probability) & (self.ground.labels.label >= 0))
        return log_loss_skill(self.probability[rows], self.ground.labels.label[rows] == 1)

    def ranks(self) -> Floats:
        """Return (n,) the rank of each score inside its fold, in (0, 1); NaN for none."""
        rows = np.flatnonzero(np.isfinite(self.raw))
        ranks = np.full(len(self.raw), np.nan)
        ranks[rows] = rank_within(self.raw[rows], self.fold[rows].astype(np.int64))
        return ranks


def log_loss_skill(probability: Floats, positive: NDArray[np.bool_]) -> float:
    """Return 1 - log loss / log loss of the rows' own base rate; NaN where all (k,) rows are of one class."""
    share = float(positive.mean()) if len(positive) else 0.0
    if not 0 < share < 1:
        return float("nan")
    base = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    return float(1 - log_losses(probability, positive).mean() / base)
