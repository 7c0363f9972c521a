"""Golden vectors: rows whose predictions a version has to repeat before it is used.

Raw scores have to be equal to the last bit. A probability may be 4 units in the last place away, because another
processor may round the exponential differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.errors import DataError
from trady2.registry.integrity import broken

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    return {
        "vectors": [_nulled(row) for row in matrix],
        "raw": _nulled(model.raw_score(matrix)),
        "probability": _nulled(model.probability(matrix)),
    }


def replay(model: Model, golden: Mapping[str, Any], *, version: str) -> None:
    """Raise IntegrityError unless *model* repeats the *golden* predictions of *version*."""
    matrix = np.array([_numbers(row) for row in golden["vectors"]], dtype=np.float32)
    wanted_raw, raw = _numbers(golden["raw"]), model.raw_score(matrix)
    wanted, probability = _numbers(golden["probability"]), model.probability(matrix)
    off_raw = ~((raw == wanted_raw) | (np.isnan(raw) & np.isnan(wanted_raw)))
    if off_raw.any():
        raise _drifted(version, "raw score", off_raw, wanted_raw, raw)
    allowed = PROBABILITY_ULPS * np.spacing(np.abs(wanted))
    off = ~((np.abs(probability - wanted) <= allowed) | (np.isnan(probability) & np.isnan(wanted)))
    if off.any():
        raise _drifted(version, "probability", off, wanted, probability)


def _drifted(
    version: str, what: str, off: NDArray[np.bool_], wanted: NDArray[np.float64], found: NDArray[np.float64]
) -> Exception:
    row = int(np.flatnonzero(off)[0])
    reason = (
        f"predicts {what} {found[row]!r} for golden vector {row}, published was {wanted[row]!r}; "
        "train again on this machine, or use the library versions of its manifest"
    )
    return broken(version, "model.txt", reason, row=row)


def _nulled(values: NDArray[Any]) -> list[float | None]:
    return [None if value != value else value for value in values.astype(np.float64).tolist()]


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
