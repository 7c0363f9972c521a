"""A model trained at every step of the shortest cadence, each asked about all of the future up to the end."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.errors import NotEnoughDataError
from trady2.learning.walk_forward import predict_rows, retrain, stretches_at

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.fit import Progress
    from trady2.learning.target import Labels
    from trady2.learning.walk_forward import Stretch

__all__ = ["WEEK", "StudyWalk", "starts_of", "study_walk"]

Floats = NDArray[np.float64]
WEEK = np.timedelta64(7 * 86_400_000_000, "us")
_FEWEST_TRAININGS = 4


@dataclass(frozen=True, eq=False)
class StudyWalk:
    """What k models, trained one step apart, say of the m rows after the first of them began.

    Attributes:
        rows: (m,) positions in the panel, ascending.
        stretch: (m,) in which step a row is decided on; the model of the same number is the freshest.
        raw: (k, m) direction score; NaN for rows before the model.
        signal: (k, m) the score where it lies above the model's threshold, NaN elsewhere.
        starts: (k,) when each model was trained, UTC.
        trees: k counts.
        models_sha256: k digests.
        seconds: of wall time that the trainings took.
    """

    rows: NDArray[np.int64]
    stretch: NDArray[np.int64]
    raw: Floats
    signal: Floats
    starts: NDArray[np.datetime64]
    trees: tuple[int, ...]
    models_sha256: tuple[str, ...]
    seconds: float

    def by_age(self, steps: int) -> Floats:
        """Return (m,) the direction scores of the model that is *steps* old in each stretch; NaN where none is."""
        return self._of(self.raw, self.stretch - steps)

    def by_cadence(self, steps: int | None) -> tuple[Floats, Floats]:
        """Return (m,) direction scores and signals with a new model every so many *steps*; None for never again."""
        used = np.zeros_like(self.stretch) if steps is None else self.stretch // steps * steps
        return self._of(self.raw, used), self._of(self.signal, used)

    def _of(self, values: Floats, model: NDArray[np.int64]) -> Floats:
        return np.where(model >= 0, values[np.maximum(model, 0), np.arange(len(model))], np.nan)


def starts_of(panel: Panel, config: Config) -> NDArray[np.datetime64]:
    """Return the (k,) decision times at which a model is trained: the latest ones, a shortest cadence apart.

    Raises:
        NotEnoughDataError: fewer than four fit into the last share of history.
    """
    asked, decided = config.study, panel.decision_time
    end = decided.max() + panel.step
    step = asked.cadence_weeks[0] * WEEK
    room = asked.out_of_sample_share * ((end - decided.min()) / np.timedelta64(1, "us"))
    count = min(asked.max_trainings, math.floor(room / (step / np.timedelta64(1, "us"))))
    if count < _FEWEST_TRAININGS:
        raise NotEnoughDataError(
            f"{count} trainings every {asked.cadence_weeks[0]} weeks fit into history; a study needs "
            f"{_FEWEST_TRAININGS}: add history, or shorten study.cadence_weeks",
            count=count,
        )
    return np.asarray(end - step * np.arange(count, 0, -1))


def study_walk(panel: Panel, labels: Labels, config: Config, *, progress: Progress | None = None) -> StudyWalk:
    """Train at every start, on all that was settled before it, and predict everything behind it.

    The threshold of each sees what the freshest models before it said out of sample, as a training's own walk does.

    Args:
        panel: the vectors that may be seen.
        labels: of the same rows.
        config: sections ``target``, ``split``, ``model``, ``backtest`` and ``study``, and the seed.
        progress: called before each training with a text, the time left in it, and the share done.

    Raises:
        NotEnoughDataError: too little history for the trainings, or one class only.
    """
    starts = starts_of(panel, config)
    parts = stretches_at(panel, labels, config, starts, panel.decision_time.max() + panel.step)
    rows = np.concatenate([part.rows for part in parts])
    rows.sort()
    stretch = np.searchsorted(starts, panel.decision_time[rows], side="right") - 1
    raw, signal = (np.full((len(parts), len(rows)), np.nan) for _ in range(2))
    fresh, trees, digests = np.full(len(panel), np.nan), [], []
    began = time.monotonic()
    for number, part in enumerate(parts):
        if progress:
            progress(_told(number, parts, time.monotonic() - began), number / len(parts))
        model, _ = retrain(panel, labels, config, part, earlier=fresh)
        later = np.flatnonzero(stretch >= number)
        raw[number, later], found = predict_rows(model, panel, rows[later])
        above = found.score > model.threshold
        signal[number, later] = np.where(above, found.score, np.nan)
        own = stretch[later] == number
        fresh[rows[later[own]]] = found.score[own]
        trees.append(model.best_iteration)
        digests.append(hashlib.sha256(b"".join(content for _, content in sorted(model.files().items()))).hexdigest())
    seconds = time.monotonic() - began
    return StudyWalk(rows, stretch, raw, signal, starts, tuple(trees), tuple(digests), seconds)


def _told(number: int, parts: list[Stretch], seconds: float) -> str:
    left = seconds / number * (len(parts) - number) if number else None
    return f"training {number + 1} of {len(parts)}" + ("" if left is None else f", about {left:.0f} s left")
