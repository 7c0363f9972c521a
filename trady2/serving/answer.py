"""From rows to answers: probability, signal, and the reason where there is no signal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from trady2.serving.row import Row
    from trady2.serving.snapshot import Snapshot

__all__ = ["answers", "utc_text"]


def answers(snapshot: Snapshot, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Predict the *rows* with the model of *snapshot*; one answer a row, the same whatever stands beside it.

    ``signal`` is true when ``probability > threshold`` and every feature lies in the range that training saw.
    Otherwise ``reason`` is, the first that holds:

    - ``missing_features``: a value is missing or infinite that training always had; probability is null
    - ``outside_training_range``: probability is shown, but trees know nothing out there, so no signal is given
    - ``below_threshold``

    and ``reason_features`` names the features behind the first two.
    """
    matrix = np.stack([row.values for row in rows])
    probability = snapshot.model.probability(matrix)
    unusable = snapshot.model.unusable(matrix)
    return [
        _answer(snapshot, row, None if bad else float(chance))
        for row, chance, bad in zip(rows, probability, unusable, strict=True)
    ]


def utc_text(time: datetime) -> str:
    """Write a UTC time as ISO 8601 with ``Z``."""
    return time.isoformat().replace("+00:00", "Z")


def _answer(snapshot: Snapshot, row: Row, probability: float | None) -> dict[str, Any]:
    model = snapshot.model
    reason, features = _reason(snapshot, row, probability)
    return {
        "asset": row.asset,
        "timestamp": row.timestamp and utc_text(row.timestamp),
        "decision_time": row.timestamp and utc_text(row.timestamp + snapshot.step),
        "horizon": {"steps": model.horizon_steps, "duration": _iso_duration(model.horizon_steps * snapshot.step)},
        "probability": probability,
        "threshold": model.threshold,
        "signal": reason is None,
        "reason": reason,
        "reason_features": features,
        "model": snapshot.name,
        "version": snapshot.version,
        "sha256": snapshot.sha256,
    }


def _reason(snapshot: Snapshot, row: Row, probability: float | None) -> tuple[str | None, list[str]]:
    model = snapshot.model
    if probability is None:
        unusable = np.isinf(row.values) | np.isnan(row.values)
        named = [name for name, bad in zip(model.features, unusable, strict=True) if bad]
        return "missing_features", [name for name in named if name not in model.missing_allowed] or named
    if outside := model.outside_range(row.values):
        return "outside_training_range", outside
    return (None, []) if probability > model.threshold else ("below_threshold", [])


def _iso_duration(span: timedelta) -> str:
    hours, seconds = divmod(int(span.total_seconds()), 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number]
    return "PT" + "".join(parts)
