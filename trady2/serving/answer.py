"""From rows to answers: probability, score, signal, and the reason where there is no signal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.learning.row_prediction import predict_row
from trady2.serving.explanation import explain

if TYPE_CHECKING:
    from trady2.learning.model import Model
    from trady2.serving.request import Ask
    from trady2.serving.row import Row
    from trady2.serving.snapshot import Snapshot

__all__ = ["answers", "answers_to", "utc_text"]

_NOTHING = (None, None, None)


def answers_to(snapshot: Snapshot, asks: Sequence[Ask], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Predict the *rows* that the *asks* ask for, each with its explanation where one is asked for."""
    found = answers(snapshot, rows)
    explain(snapshot.model, asks, rows, found)
    return found


def answers(snapshot: Snapshot, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Predict the *rows* with the model of *snapshot*; one answer a row, the same whatever stands beside it.

    ``signal`` is true when ``score > threshold`` and every feature lies in the range that training saw; ``signal_kind``
    says what the score is made from, see `trady2.learning.signal`. Otherwise ``reason`` is, the first that holds:

    - ``missing_features``: a value is missing or infinite that training always had; the predictions are null
    - ``outside_training_range``: they are shown, but trees know nothing out there, so no signal is given
    - ``below_threshold``

    and ``reason_features`` names the features behind the first two. ``expected_return`` is before costs, and null from
    a model that knows rises alone.
    """
    model = snapshot.model
    if len(rows) == 1 and _is_within(model, rows[0].values):
        return [_answer(snapshot, rows[0], predict_row(model, rows[0].values), ordinary=True)]
    matrix = np.stack([row.values for row in rows])
    found: list[tuple[float, ...]] = [predict_row(model, matrix[0])] if len(rows) == 1 else _predicted(model, matrix)
    within = np.logical_and(matrix >= model.minimum, matrix <= model.maximum)
    usual = np.asarray(within.all(axis=1))
    unusable = ~usual if usual.all() else model.unusable(matrix)
    return [
        _answer(snapshot, row, _NOTHING if bad else predicted, ordinary=bool(ordinary))
        for row, predicted, bad, ordinary in zip(rows, found, unusable, usual, strict=True)
    ]


def _is_within(model: Model, values: NDArray[np.float32]) -> bool:
    """Tell fast whether a row lies within the range of training, as nearly all do; one with NaN does not."""
    return bool(np.count_nonzero((values >= model.minimum) & (values <= model.maximum)) == len(values))


def _predicted(model: Model, matrix: NDArray[np.float32]) -> list[tuple[float, ...]]:
    columns = model.prediction(model.raw_scores(matrix))
    return list(zip(*(values.tolist() for values in columns), strict=True))


@lru_cache(maxsize=256)
def utc_text(time: datetime) -> str:
    """Write a UTC time as ISO 8601 with ``Z``."""
    return time.isoformat().replace("+00:00", "Z")


def _answer(snapshot: Snapshot, row: Row, predicted: tuple[float | None, ...], *, ordinary: bool) -> dict[str, Any]:
    model = snapshot.model
    probability, score, expected_return = predicted
    reason, features = _reason(snapshot, row, score, ordinary)
    return {
        "asset": row.asset,
        "timestamp": row.timestamp and utc_text(row.timestamp),
        "decision_time": row.timestamp and utc_text(row.timestamp + snapshot.step),
        "horizon": {"steps": model.horizon_steps, "duration": _iso_duration(model.horizon_steps, snapshot.step)},
        "probability": probability,
        "expected_return": expected_return if model.down else None,
        "signal_kind": model.signal_kind,
        "score": score,
        "threshold": model.threshold,
        "signal": reason is None,
        "reason": reason,
        "reason_features": features,
        "model": snapshot.name,
        "version": snapshot.version,
        "sha256": snapshot.sha256,
    }


def _reason(snapshot: Snapshot, row: Row, score: float | None, ordinary: bool) -> tuple[str | None, list[str]]:
    model = snapshot.model
    if score is None:
        unusable = np.isinf(row.values) | np.isnan(row.values)
        named = [name for name, bad in zip(model.features, unusable, strict=True) if bad]
        return "missing_features", [name for name in named if name not in model.missing_allowed] or named
    if not ordinary and (outside := model.outside_range(row.values)):
        return "outside_training_range", outside
    return (None, []) if score > model.threshold else ("below_threshold", [])


@lru_cache(maxsize=256)
def _iso_duration(steps: int, step: timedelta) -> str:
    hours, seconds = divmod(int((steps * step).total_seconds()), 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number]
    return "PT" + "".join(parts)
