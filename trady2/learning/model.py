"""A fitted model that predicts: trees, calibrators, threshold, and what its features looked like in training.

This is the one way from a feature vector to a probability and to the score that is compared with the threshold:
training, backtest and service all call it, and the same row gives the same bits in any batch. It imports nothing of
Trady2 but errors, the core count, and the trees, calibrators and the signal that it is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from trady2.errors import DataError, IntegrityError
from trady2.learning.calibrator import Calibrator, sigmoid
from trady2.learning.down_head import DOWN_FILE, DownHead
from trady2.learning.runs import rows_that_lack
from trady2.learning.signal import Prediction, SignalKind
from trady2.learning.trees import Trees

if TYPE_CHECKING:
    import pandas as pd

    from trady2.data.panel import Panel

__all__ = ["Calibrator", "DownHead", "Model", "sigmoid"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that a prediction needs, immutable and safe to share between threads.

    `text` holds LightGBM's trees up to the best iteration; `minimum` and `maximum` (f,) the range of each feature in
    training (NaN where it never had a value); `missing_allowed` the features that had NaN in training; `down` the
    second head, None where the signal is the probability of a rise alone.
    """

    text: str = field(repr=False)
    features: tuple[str, ...] = field(repr=False)
    calibrator: Calibrator
    threshold: float
    missing_allowed: frozenset[str]
    minimum: NDArray[np.float32] = field(repr=False)
    maximum: NDArray[np.float32] = field(repr=False)
    horizon_steps: int
    step_seconds: int
    best_iteration: int
    down: DownHead | None = None

    @property
    def signal_kind(self) -> SignalKind:
        """What the score is made from."""
        return "expected_return" if self.down else "probability"

    @cached_property
    def heads(self) -> tuple[Trees, ...]:
        """The trees for the rise and, with two heads, those for the fall."""
        up = Trees(self.text, "model.txt", len(self.features))
        return (up, Trees(self.down.text, DOWN_FILE, len(self.features))) if self.down else (up,)

    def raw_score(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) log odds of a rise for a (n, f) float32 *matrix* with the columns `features`."""
        return self.heads[0].raw_score(matrix)

    def raw_scores(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (heads, n) log odds of a rise and, with two heads, of a fall."""
        raw = np.empty((len(self.heads), len(matrix)))
        for scores, trees in zip(raw, self.heads, strict=True):
            scores[:] = trees.raw_score(matrix)
        return raw

    def prediction(self, raw: Floats) -> Prediction:
        """Return what (heads, n) raw scores mean; NaN stays NaN."""
        probability = self.calibrator(raw[0])
        if self.down is None:
            return Prediction(probability, probability, np.full(len(probability), np.nan))
        expected = self.down.payoffs.expected_return(probability, self.down.calibrator(raw[1]))
        return Prediction(probability, self.down.payoffs.score(expected), expected)

    def probability(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) calibrated probabilities of a (n, f) *matrix*, whatever is missing in it."""
        return self.calibrator(self.raw_score(matrix))

    def predict(self, vectors: pd.DataFrame | Panel) -> Prediction:
        """Return probability, score and expected return of *vectors*, whose features are found by name.

        A row gives NaN where a feature is infinite, or missing although it never was in training.
        Raises DataError for a feature that *vectors* do not have.
        """
        matrix = self.matrix(vectors)
        return self.prediction(self.raw_scores(matrix)).without(self.unusable(matrix))

    def predict_signal(self, vectors: pd.DataFrame | Panel) -> Floats:
        """Return the (n,) scores in 0 … 1 that `threshold` is compared with; NaN and errors as in `predict`."""
        return self.predict(vectors).score

    def expected_return(self, vectors: pd.DataFrame | Panel, *, round_trip_cost: float = 0.0) -> Floats:
        """Return the (n,) returns expected over the horizon, net of *round_trip_cost* (see `Costs`), as fractions."""
        gross = self.predict(vectors).expected_return
        return gross - round_trip_cost * (1 + gross)

    def predict_probability(self, vectors: pd.DataFrame | Panel) -> Floats:
        """Return the (n,) probabilities of a rise; NaN and errors as in `predict`, without the second head's work."""
        matrix = self.matrix(vectors)
        return np.where(self.unusable(matrix), np.nan, self.probability(matrix))

    def matrix(self, vectors: pd.DataFrame | Panel) -> NDArray[np.float32]:
        """Return the (n, f) float32 features of *vectors* in training's order; a panel that has it is not copied."""
        import pandas as pd  # lightgbm has imported it already

        names = tuple(vectors.columns if isinstance(vectors, pd.DataFrame) else vectors.feature_names)
        absent = sorted(set(self.features) - set(names))
        if absent:
            raise DataError(
                f"the vectors lack {', '.join(absent)}; build them with the features that the model was trained on",
                missing=absent,
            )
        if isinstance(vectors, pd.DataFrame):
            return np.ascontiguousarray(vectors[list(self.features)].to_numpy(np.float32))
        if names == self.features:
            return vectors.features
        return np.ascontiguousarray(vectors.features[:, [names.index(name) for name in self.features]])

    @cached_property
    def _needed(self) -> NDArray[np.bool_]:
        return np.array([name not in self.missing_allowed for name in self.features], bool)

    def unusable(self, matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell for each row whether a value is infinite, or missing where training never missed it."""
        return rows_that_lack(matrix, self._needed)

    def outside_range(self, row: NDArray[np.float32]) -> list[str]:
        """Return the features whose value in the (f,) *row* was never reached in training; NaN is not outside."""
        return [self.features[place] for place in np.flatnonzero((row < self.minimum) | (row > self.maximum))]

    def with_threshold(self, threshold: float) -> Model:
        """Return the same model that signals above another *threshold*."""
        return self._changed(threshold=float(threshold))

    def with_calibrator(self, calibrator: Calibrator, down: Calibrator | None = None) -> Model:
        """Return the same trees with another *calibrator*, and another one for the fall where *down* is given."""
        head = self.down and down and replace(self.down, calibrator=down)
        return self._changed(calibrator=calibrator, down=head or self.down)

    def _changed(self, **changes: Any) -> Model:
        other = replace(self, **changes)
        other.__dict__["heads"] = self.heads  # the same trees need no second parse
        return other

    def files(self) -> dict[str, bytes]:
        """Return the files of a version by name; the same model gives the same bytes in any process.

        ``model.joblib`` is this object; ``model.txt``, with two heads ``model_down.txt``, and ``calibrator.json`` are
        what `from_files` reads.
        """
        import joblib

        dumped = BytesIO()
        joblib.dump(self, dumped)
        return {
            "model.joblib": dumped.getvalue(),
            **{trees.file: trees.text.encode("utf-8") for trees in self.heads},
            "calibrator.json": self._settings().encode("utf-8"),
        }

    @classmethod
    def from_files(cls, model_text: str, calibrator_json: Mapping[str, Any], down_text: str | None = None) -> Self:
        """Parse ``model.txt``, the content of ``calibrator.json``, and ``model_down.txt`` where there are two heads.

        Raises IntegrityError where they do not fit. A damaged text can kill the process inside LightGBM, so compare its
        digest first.
        """
        values = dict(calibrator_json)
        absent = sorted(set(cls.__dataclass_fields__) - {"text", "down"} - set(values))
        if absent:
            raise IntegrityError(
                f"calibrator.json lacks {', '.join(absent)}; restore it from the version", missing=absent
            )
        model = cls(
            text=model_text,
            features=tuple(values["features"]),
            calibrator=Calibrator.from_json(values["calibrator"]),
            threshold=float(values["threshold"]),
            missing_allowed=frozenset(values["missing_allowed"]),
            minimum=_numbers(values["minimum"]),
            maximum=_numbers(values["maximum"]),
            horizon_steps=int(values["horizon_steps"]),
            step_seconds=int(values["step_seconds"]),
            best_iteration=int(values["best_iteration"]),
            down=DownHead.read(down_text, values),
        )
        for trees in model.heads:
            _ = trees.single_row  # parses now, not at the first request
        return model

    def _settings(self) -> str:
        values = {
            "features": list(self.features),
            "calibrator": self.calibrator.as_json(),
            "threshold": float(self.threshold),
            "missing_allowed": sorted(self.missing_allowed),
            "minimum": [None if np.isnan(number) else float(number) for number in self.minimum],
            "maximum": [None if np.isnan(number) else float(number) for number in self.maximum],
            "horizon_steps": self.horizon_steps,
            "step_seconds": self.step_seconds,
            "best_iteration": self.best_iteration,
            **({"signal": self.signal_kind, "down": self.down.settings()} if self.down else {}),
        }
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as the texts, so that the bytes never depend on what the objects went through."""
        return _restore, (self.text, self._settings(), *([self.down.text] if self.down else []))


def _restore(text: str, settings: str, down_text: str | None = None) -> Model:
    return Model.from_files(text, json.loads(settings), down_text)


def _numbers(values: list[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], np.float32)
