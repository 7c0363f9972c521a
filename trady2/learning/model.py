"""A fitted model that predicts: trees, calibrator, threshold, and what its features looked like in training.

This is the one way from a feature vector to a probability: training, backtest and service all call it,
and the same row gives the same bits in any batch. It imports nothing of Trady2 but errors and the core count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from trady2.cores import available_cores
from trady2.errors import DataError, IntegrityError
from trady2.learning.calibrator import Calibrator, sigmoid

if TYPE_CHECKING:
    import pandas as pd

    from trady2.data.panel import Panel

__all__ = ["Calibrator", "Model", "sigmoid"]

Floats = NDArray[np.float64]

_ROWS_WORTH_A_THREAD = 1024
_ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that a prediction needs, immutable and safe to share between threads.

    `text` holds LightGBM's trees up to the best iteration; `minimum` and `maximum` (f,) the range of each feature in
    training (NaN where it never had a value); `missing_allowed` the features that had NaN in training.
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

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        try:
            booster = lightgbm.Booster(model_str=self.text)
        except lightgbm.basic.LightGBMError as error:
            raise IntegrityError(f"model.txt cannot be read: {error}; restore the version or train again") from error
        if booster.num_feature() != len(self.features):
            raise IntegrityError(
                f"model.txt splits {booster.num_feature()} features, calibrator.json names {len(self.features)}; "
                "restore both files from the same version"
            )
        return booster

    def raw_score(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) log odds of a (n, f) float32 *matrix* with the columns `features`."""
        matrix = np.ascontiguousarray(matrix, np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != len(self.features):
            raise DataError(f"a matrix of shape {matrix.shape} is not (n, {len(self.features)}); give every feature")
        if not len(matrix):
            return np.empty(0)
        threads = available_cores() if len(matrix) >= _ROWS_WORTH_A_THREAD else 1
        return np.asarray(self._booster.predict(matrix, raw_score=True, num_threads=threads), np.float64)

    def probability(self, matrix: NDArray[np.float32]) -> Floats:
        """Return the (n,) calibrated probabilities of a (n, f) *matrix*, whatever is missing in it."""
        return self.calibrator(self.raw_score(matrix))

    def predict_probability(self, vectors: pd.DataFrame | Panel) -> Floats:
        """Return the (n,) probabilities of *vectors*, whose features are found by name.

        A row gives NaN where a feature is infinite, or missing although it never was in training.
        Raises DataError for a feature that *vectors* do not have.
        """
        matrix = self.matrix(vectors)
        probability = self.probability(matrix)
        probability[self.unusable(matrix)] = np.nan
        return probability

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

    def unusable(self, matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell for each row whether a value is infinite, or missing where training never missed it."""
        needed = np.array([name not in self.missing_allowed for name in self.features], bool)
        bad = np.zeros(len(matrix), bool)
        with np.errstate(over="ignore", invalid="ignore"):
            suspects = np.flatnonzero(~np.isfinite(matrix @ np.ones(len(self.features), np.float32)))
        for rows in np.array_split(suspects, len(suspects) // _ROWS_AT_ONCE + 1):
            block = matrix[rows]
            bad[rows] = (np.isinf(block) | (np.isnan(block) & needed)).any(axis=1)
        return bad

    def outside_range(self, row: NDArray[np.float32]) -> list[str]:
        """Return the features whose value in the (f,) *row* was never reached in training; NaN is not outside."""
        outside = (row < self.minimum) | (row > self.maximum)
        return [name for name, out in zip(self.features, outside, strict=True) if out]

    def with_threshold(self, threshold: float) -> Model:
        """Return the same model that signals above another *threshold*."""
        return self._changed(threshold=float(threshold))

    def with_calibrator(self, calibrator: Calibrator) -> Model:
        """Return the same trees with another *calibrator*."""
        return self._changed(calibrator=calibrator)

    def _changed(self, **changes: Any) -> Model:
        other = replace(self, **changes)
        other.__dict__["_booster"] = self._booster  # the same trees need no second parse
        return other

    def files(self) -> dict[str, bytes]:
        """Return the files of a version by name; the same model gives the same bytes in any process.

        ``model.joblib`` is this object, ``model.txt`` and ``calibrator.json`` are what `from_files` reads.
        """
        import joblib

        dumped = BytesIO()
        joblib.dump(self, dumped)
        return {
            "model.joblib": dumped.getvalue(),
            "model.txt": self.text.encode("utf-8"),
            "calibrator.json": self._settings().encode("utf-8"),
        }

    @classmethod
    def from_files(cls, model_text: str, calibrator_json: Mapping[str, Any]) -> Self:
        """Parse ``model.txt`` and the content of ``calibrator.json``; raises IntegrityError where they do not fit.

        A damaged text can kill the process inside LightGBM, so compare its digest first.
        """
        values = dict(calibrator_json)
        absent = sorted(set(cls.__dataclass_fields__) - {"text"} - set(values))
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
        )
        model._booster.num_trees()  # parses now, not at the first request
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
        }
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as the two texts, so that the bytes never depend on what the objects went through."""
        return _restore, (self.text, self._settings())


def _restore(text: str, settings: str) -> Model:
    return Model.from_files(text, json.loads(settings))


def _numbers(values: list[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], np.float32)
