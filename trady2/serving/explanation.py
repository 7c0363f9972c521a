"""Why an answer is what it is: what each feature adds to the log odds behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from trady2.learning.contributions import contributions

if TYPE_CHECKING:
    from trady2.learning.model import Model
    from trady2.serving.request import Ask
    from trady2.serving.row import Row

__all__ = ["explain"]

_HEADS: Final = ("up", "down")


def explain(model: Model, asks: Sequence[Ask], rows: Sequence[Row], found: Sequence[dict[str, Any]]) -> None:
    """Put an ``explanation`` into each of the answers that *found* holds where its ask wants one.

    An explanation has one part for each head: ``up`` for the log odds of a rise and ``down`` for those of a fall, null
    from a model that knows rises alone. In each, ``base`` + all ``contributions`` + the one of ``others`` =
    ``raw_score`` to rounding. The contributions are the ``Ask.explain`` largest by absolute value, the largest first;
    features that add nothing are never among them. An answer without a probability has null for its explanation.
    """
    wanted = [place for place, ask in enumerate(asks) if ask.explain]
    for place in wanted:
        found[place]["explanation"] = None
    usable = [place for place in wanted if found[place]["probability"] is not None]
    if not usable:
        return
    matrix = np.stack([rows[place].values for place in usable])
    heads, raw = contributions(model, matrix), model.raw_scores(matrix)
    for position, place in enumerate(usable):
        told: dict[str, Any] = dict.fromkeys(_HEADS)
        for name, head, score in zip(_HEADS, heads[:, position], raw[:, position], strict=False):
            told[name] = _one(model, rows[place].values, head, float(score), asks[place].explain)
        found[place]["explanation"] = told


def _one(
    model: Model, values: NDArray[np.float32], head: NDArray[np.float64], raw_score: float, count: int
) -> dict[str, Any]:
    order = np.argsort(-np.abs(head[:-1]), kind="stable")
    shown, others = [int(column) for column in order[:count] if head[column]], order[count:]
    return {
        "raw_score": raw_score,
        "base": float(head[-1]),
        "contributions": [
            {
                "feature": model.features[column],
                "value": None if math.isnan(values[column]) else float(values[column]),
                "contribution": float(head[column]),
            }
            for column in shown
        ],
        "others": {"features": len(model.features) - len(shown), "contribution": float(head[others].sum())},
    }
