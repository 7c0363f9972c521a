"""The float32 row that a model predicts from, out of the store of vectors or out of a request."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from trady2.errors import DataError, StaleDataError
from trady2.section import nearest
from trady2.serving.newest import utc_datetime
from trady2.serving.request import Ask, shown

if TYPE_CHECKING:
    from trady2.data.latest import VectorRow
    from trady2.serving.snapshot import Snapshot

__all__ = ["Row", "explicit_row", "stored_row"]

_LARGEST: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Row:
    """One vector in the model's order of features.

    Attributes:
        asset: Whose it is, None where an explicit vector named none.
        timestamp: Open of its bar, UTC; None for an explicit vector.
        values: float32, shape (n_features,); NaN where a value is missing.
        vector: The stored vector that it was taken from, with all its features; None for any other.
    """

    asset: str | None
    timestamp: datetime | None
    values: npt.NDArray[np.float32]
    vector: VectorRow | None = None


def stored_row(snapshot: Snapshot, ask: Ask, vector: VectorRow, now: datetime) -> Row:
    """Take the newest stored *vector* of the asset that *ask* names.

    Raises:
        StaleDataError: No ``as_of`` was given, and the vector is too old to decide on.
        DataError: The stored vectors lack a feature that the model needs.
    """
    made = snapshot.rows.get(vector.asset)
    if made is None or made[0] is not vector:
        _refuse_other_vectors(snapshot, vector)
        values = vector.matrix(snapshot.model.features)[0]
        row = Row(vector.asset, utc_datetime(vector.timestamp), values, vector)
        made = snapshot.rows[vector.asset] = vector, row
    row = made[1]
    if ask.as_of is None and row.timestamp is not None:
        _refuse_stale(snapshot, vector.asset, now - (row.timestamp + snapshot.step))
    return row


def explicit_row(snapshot: Snapshot, ask: Ask) -> Row:
    """Take the vector from the request itself.

    Every feature of the model has to be there, and no other. A number is rounded to float32; null means
    missing, and is taken only for features that had missing values in training.

    Raises:
        DataError: An unknown or missing name, something that is no finite number, or a null that is not allowed.
    """
    features = ask.features or {}
    if features.keys() != snapshot.feature_set:
        raise _wrong_names(snapshot, features)
    names, allowed = snapshot.model.features, snapshot.model.missing_allowed
    given = [features[name] for name in names]
    if not _all_floats(given):
        given = [_number(name, value, allowed) for name, value in zip(names, given, strict=True)]
    return Row(ask.asset, None, np.array(given, np.float32))


def _all_floats(values: list[Any]) -> bool:
    """Tell fast whether all are floats that float32 can hold, as they mostly are."""
    if {*map(type, values)} != {float} or math.isnan(sum(values)):
        return False
    return bool(min(values) >= -_LARGEST and max(values) <= _LARGEST)


def _number(name: str, value: object, missing_allowed: frozenset[str]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return float(value)
    if value is None and name in missing_allowed:
        return math.nan
    if value is None:
        raise DataError(
            f"feature {name!r} is null, but had no missing value in training; send its number",
            code="missing_value",
            feature=name,
        )
    raise DataError(
        f"feature {name!r} = {shown(value)} is refused; it has to be a finite number that float32 can hold",
        code="invalid_value",
        feature=name,
    )


def _wrong_names(snapshot: Snapshot, features: Mapping[str, object]) -> DataError:
    unknown = next((name for name in features if name not in snapshot.feature_set), None)
    missing = [name for name in snapshot.model.features if name not in features]
    if unknown is not None:
        return DataError(
            f"unknown feature {shown(unknown)}: {nearest(str(unknown)[:80], missing or snapshot.feature_set)}",
            code="unknown_feature",
            feature=unknown,
            missing=missing,
        )
    others = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
    return DataError(
        f"feature {missing[0]!r}{others} of the {len(snapshot.feature_set)} that {snapshot.version} needs are missing; "
        "send each one, null where a value is missing",
        code="missing_feature",
        missing=missing,
    )


def _refuse_other_vectors(snapshot: Snapshot, vector: VectorRow) -> None:
    way_out = "build them with the configuration of that version, or activate a version that fits them"
    missing = sorted(snapshot.feature_set - vector.features.keys())
    if missing:
        raise DataError(
            f"the stored vectors of {vector.asset} have no feature {', '.join(missing[:3])}, which {snapshot.version} "
            f"was trained on; {way_out}",
            code="vectors_do_not_fit",
            missing=missing,
        )
    step = timedelta(microseconds=int(vector.step.astype(np.int64)))
    if step != snapshot.step:
        raise DataError(
            f"the stored vectors of {vector.asset} are {_spoken(step)} apart, {snapshot.version} was trained on "
            f"{_spoken(snapshot.step)}; {way_out}",
            code="vectors_do_not_fit",
            step=step,
        )


def _refuse_stale(snapshot: Snapshot, asset: str, age: timedelta) -> None:
    if age <= snapshot.stale_after:
        return
    raise StaleDataError(
        f"the newest vector of {asset} was known {_spoken(age)} ago, and after {_spoken(snapshot.stale_after)} it is "
        "stale; import newer bars and build features (`trady2 bars import`, `trady2 features build`), "
        'or ask with "as_of": "latest" to get an answer all the same',
        code="stale_vector",
        asset=asset,
        age_seconds=age.total_seconds(),
    )


def _spoken(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} seconds"
