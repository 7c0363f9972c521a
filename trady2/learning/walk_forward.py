"""Trained again and again along time, as it would have been traded: what the models said of bars they had not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.learning.fit import fit
from trady2.learning.forest import head_scores
from trady2.learning.runs import complete_rows
from trady2.learning.signal import direction_score
from trady2.learning.split import EVERY_ZONE, cut_zones, trade_exits
from trady2.learning.splitter import WalkForward
from trady2.learning.stages import calibrated_heads, thresholded

if TYPE_CHECKING:
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.learning.fit import Progress
    from trady2.learning.model import Model
    from trady2.learning.signal import Prediction
    from trady2.learning.target import Labels

__all__ = ["Fold", "Stitched", "Stretch", "predict_rows", "retrain", "stretches", "stretches_at", "walk_forward"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """One training and the bars that were predicted by it.

    Attributes:
        start: the first decision time predicted, UTC.
        end: the last one.
        rows: rows predicted.
        trained_rows: rows in the zone train.
        trees: trees kept for the rise.
        calibration: their calibrator's method.
        down_trees: trees kept for the fall; None where the signal is a probability.
        down_calibration: their calibrator's method.
        threshold: chosen before *start*.
    """

    start: np.datetime64
    end: np.datetime64
    rows: int
    trained_rows: int
    trees: int
    calibration: str
    down_trees: int | None
    down_calibration: str | None
    threshold: float

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary."""
        return {**asdict(self), "start": f"{self.start}Z", "end": f"{self.end}Z"}


@dataclass(frozen=True, eq=False)
class Stitched:
    """The folds one after the other, aligned with the n rows of the panel; NaN where nothing was predicted.

    Attributes:
        raw: (n,) direction score of the fold's own trees: log odds of a rise less those of a fall, or of a rise alone
            where the signal is a probability; comparable inside a fold only.
        probability: (n,) of a rise, calibrated.
        score: (n,) of the signal, what is compared with the threshold.
        threshold: (n,) the fold's own.
        fold: (n,) int8 position in *folds*, -1 for none.
        folds: in time order.
    """

    raw: Floats
    probability: Floats
    score: Floats
    threshold: Floats
    fold: NDArray[np.int8]
    folds: tuple[Fold, ...]

    @property
    def signal(self) -> Floats:
        """(n,) the score where it lies above the threshold of its fold, NaN elsewhere."""
        above = np.nan_to_num(self.score) > np.nan_to_num(self.threshold, nan=1.0)
        return np.where(above, self.score, np.nan)


class Stretch(NamedTuple):
    """A stretch of time that is predicted, and what could be known before it began.

    `history` (k,) are the rows whose label was settled and whose trade was over before `start`; `rows` the complete
    rows decided on from `start` to the next stretch.
    """

    start: np.datetime64
    history: Rows
    rows: Rows


def stretches(
    panel: Panel, labels: Labels, config: Config, *, n_folds: int, share: float, expanding: bool = True
) -> list[Stretch]:
    """Cut the last *share* of history into *n_folds* stretches of as many bar times each.

    The history of each is everything before it (*expanding*), or as many bar times as the first one has.

    Raises:
        NotEnoughDataError: a stretch has nothing to train or to test on.
    """
    usable, known = _settled(panel, labels, config)
    decided, embargo = panel.decision_time, config.split.embargo_bars * panel.step
    splitter = WalkForward(n_folds=n_folds, expanding=expanding, test_share=share, embargo=embargo)
    parts = [(decided[test].min(), train) for train, test in splitter.split(decided, known)]
    ends = [start for start, _ in parts[1:]] + [np.datetime64("9999-01-01", "us")]
    return [
        Stretch(start, history, np.flatnonzero(usable & (decided >= start) & (decided < end)))
        for (start, history), end in zip(parts, ends, strict=True)
    ]


def stretches_at(
    panel: Panel, labels: Labels, config: Config, starts: NDArray[np.datetime64], end: np.datetime64
) -> list[Stretch]:
    """Cut history at the ascending (k,) decision times *starts*; each stretch ends at the next one, the last at *end*.

    A stretch may be empty, as over holidays; its history is everything before it, purged and embargoed.
    """
    usable, known = _settled(panel, labels, config)
    decided, embargo = panel.decision_time, config.split.embargo_bars * panel.step
    return [
        Stretch(
            start,
            np.flatnonzero(known < start - embargo),
            np.flatnonzero(usable & (decided >= start) & (decided < stop)),
        )
        for start, stop in zip(starts, np.append(starts[1:], end), strict=True)
    ]


def _settled(panel: Panel, labels: Labels, config: Config) -> tuple[NDArray[np.bool_], NDArray[np.datetime64]]:
    """Return which rows are complete, and when label and trade of each are over; NaT for rows without them."""
    usable = complete_rows(panel)
    settled = np.fmax(labels.label_end, trade_exits(panel, config.backtest.hold_bars))
    return usable, np.where(usable & ~np.isnat(labels.label_end), settled, np.datetime64("NaT"))


def retrain(
    panel: Panel, labels: Labels, config: Config, stretch: Stretch, earlier: Floats | None = None
) -> tuple[Model, int]:
    """Fit, calibrate and choose a threshold on the history of *stretch*, by the shares of the configuration's zones.

    *earlier* (n,) are the scores that models before this one gave out of sample; see `thresholded`. Returns the model
    and how many rows its trees saw.

    Raises:
        NotEnoughDataError: the history is too short for its zones, or one class only.
    """
    inside = np.zeros(len(panel), bool)
    inside[stretch.history] = True
    hold = config.backtest.hold_bars
    zones = cut_zones(panel, labels, config.split, hold_bars=hold, complete=inside, wanted=EVERY_ZONE[:-1])
    steps = config.target.horizon_steps
    model = fit(panel, labels, zones, config.model, seed=config.seed, horizon_steps=steps).model
    later = np.union1d(zones.rows["calibrate"], zones.rows["threshold"])
    raw = np.full((len(model.heads), len(panel)), np.nan)
    raw[:, later] = head_scores(model, panel.features, later)
    model = model.with_calibrator(*calibrated_heads(panel, labels, zones, raw, config).calibrators)
    choice = thresholded(panel, zones, model.prediction(raw).score, config, stop=stretch.start, earlier=earlier)
    return model.with_threshold(choice.threshold), len(zones.rows["train"])


def walk_forward(panel: Panel, labels: Labels, config: Config, *, progress: Progress | None = None) -> Stitched:
    """Predict the last part of history stretch by stretch, each by a model trained on all that was settled before it.

    Expanding, purged by label end and trade exit, and everything chosen before it is used: the trees, their number, the
    calibrator, and the threshold, which sees the predictions of the folds before as well.

    Args:
        panel: the vectors.
        labels: aligned with the rows of *panel*.
        config: sections ``target``, ``split``, ``model``, ``backtest`` and ``walk_forward``, and the seed.
        progress: called with a text and the share done, before each fold.

    Raises:
        NotEnoughDataError: history is too short for the folds and their zones, or has one class only.
    """
    asked = config.walk_forward
    parts = stretches(panel, labels, config, n_folds=asked.n_folds, share=asked.out_of_sample_share)
    raw, probability, score, threshold = (np.full(len(panel), np.nan) for _ in range(4))
    place = np.full(len(panel), -1, np.int8)
    folds = []
    for number, part in enumerate(_told(parts, progress)):
        model, trained = retrain(panel, labels, config, part, earlier=score)
        raw[part.rows], prediction = predict_rows(model, panel, part.rows)
        probability[part.rows], score[part.rows] = prediction.probability, prediction.score
        threshold[part.rows], place[part.rows] = model.threshold, number
        end = panel.decision_time[part.rows].max()
        folds.append(_fold(part, end, trained, model))
    return Stitched(raw, probability, score, threshold, place, tuple(folds))


def predict_rows(model: Model, panel: Panel, rows: Rows) -> tuple[Floats, Prediction]:
    """Return the (k,) direction score of the ascending *rows* of *panel*, and what *model* predicts of them."""
    scores = head_scores(model, panel.features, rows)
    return direction_score(scores), model.prediction(scores)


def _fold(part: Stretch, end: np.datetime64, trained_rows: int, model: Model) -> Fold:
    down = (model.down.best_iteration, model.down.calibrator.method) if model.down else (None, None)
    learned = (trained_rows, model.best_iteration, model.calibrator.method, *down, model.threshold)
    return Fold(part.start, end, len(part.rows), *learned)


def _told(parts: list[Stretch], progress: Progress | None) -> Iterator[Stretch]:
    for number, part in enumerate(parts):
        if progress:
            progress(f"fold {number + 1} of {len(parts)}", number / len(parts))
        yield part
