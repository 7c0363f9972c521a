"""Golden vectors: rows whose predictions a version has to repeat before it is used.

Raw scores have to be equal to the last bit, of both heads where there are two. A probability may be 4 units in the last
place away, because another processor may round the exponential differently, and a signal's score, which is made from
two probabilities, 4 units in the last place of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.errors import DataError
from trady2.learning.down_head import DOWN_FILE
from trady2.registry.integrity import broken

if TYPE_CHECKING:
    from trady2.learning.model import Model

__all__ = ["PROBABILITY_ULPS", "record", "replay"]

PROBABILITY_ULPS = 4


def record(model: Model, vectors: NDArray[np.float32]) -> dict[str, Any]:
    """Predict the (k, f) *vectors*, NaN allowed, and return vectors and predictions with NaN as None.

    Raises DataError when there is no row, a wrong number of columns, or an infinite value.
    """
    if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] != len(model.features):
        raise DataError(
            f"the golden vectors have shape {vectors.shape}; give at least one row of {len(model.features)} features",
            shape=vectors.shape,
        )
    if np.isinf(vectors).any():
        raise DataError("the golden vectors hold an infinite value; take rows that the model may meet", value="inf")
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    raw = model.raw_scores(matrix)
    found = model.prediction(raw)
    return {
        "vectors": [_nulled(row) for row in matrix],
        "raw": _nulled(raw[0]),
        "probability": _nulled(found.probability),
        **({"raw_down": _nulled(raw[1]), "score": _nulled(found.score)} if model.down else {}),
    }


def replay(model: Model, golden: Mapping[str, Any], *, version: str) -> None:
    """Raise IntegrityError unless *model* repeats the *golden* predictions of *version*."""
    matrix = np.array([_numbers(row) for row in golden["vectors"]], dtype=np.float32)
    raw = model.raw_scores(matrix)
    found = model.prediction(raw)
    compare = [
        _Comparison("raw", "raw score", raw[0], ulps=0),
        _Comparison("probability", "probability", found.probability, ulps=PROBABILITY_ULPS),
    ]
    if model.down:
        ulps = PROBABILITY_ULPS
        compare.insert(1, _Comparison("raw_down", "raw score of a fall", raw[1], ulps=0, file=DOWN_FILE))
        compare.append(_Comparison("score", "score", found.score, ulps=ulps, of_one=True, file="calibrator.json"))
    for comparison in compare:
        comparison.check(golden, version=version)


class _Comparison(NamedTuple):
    """What a model predicts now, and how many units in the last place, of itself or *of_one*, it may be away."""

    key: str
    what: str
    found: NDArray[np.float64]
    ulps: int
    of_one: bool = False
    file: str = "model.txt"

    def check(self, golden: Mapping[str, Any], *, version: str) -> None:
        if self.key not in golden:
            raise broken(version, "manifest.json", f"has no golden {self.what}, which its model has to repeat")
        wanted = _numbers(golden[self.key])
        allowed = self.ulps * np.spacing(np.where(self.of_one, 1.0, np.abs(wanted)))
        off = ~((np.abs(self.found - wanted) <= allowed) | (np.isnan(self.found) & np.isnan(wanted)))
        if off.any():
            row = int(np.flatnonzero(off)[0])
            reason = (
                f"predicts {self.what} {self.found[row]!r} for golden vector {row}, published was {wanted[row]!r}; "
                "train again on this machine, or use the library versions of its manifest"
            )
            raise broken(version, self.file, reason, row=row)


def _nulled(values: NDArray[Any]) -> list[float | None]:
    return [None if value != value else value for value in values.astype(np.float64).tolist()]


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
