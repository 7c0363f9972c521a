"""The newest feature vector of an asset, for the service: one small row group read, no pandas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES
from trady2.data.timeframe import modal_step
from trady2.data.times import utc_time
from trady2.data.vector_files import Footer, asset_footers, feature_names, open_file, read_times, settled
from trady2.errors import DataError, NotFoundError

__all__ = ["VectorRow", "read_latest"]


@dataclass(frozen=True)
class VectorRow:
    """One feature vector; `timestamp` is datetime64[us], bar open, UTC; `step` the timeframe."""

    asset: str
    timestamp: np.datetime64
    step: np.timedelta64
    open: float
    high: float
    low: float
    close: float
    volume: float
    features: dict[str, np.float32]

    @property
    def decision_time(self) -> np.datetime64:
        """When the vector was known: the close of its bar, UTC."""
        return self.timestamp + self.step

    def matrix(self, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the features *names* as (1, f) float32, C order.

        Raises:
            DataError: the vector has no such feature.
        """
        missing = [name for name in names if name not in self.features]
        if missing:
            raise DataError(
                f"the vector of {self.asset} at {self.timestamp}Z has no feature {', '.join(missing)}; "
                "build the features with the configuration of the model",
                asset=self.asset,
                missing=missing,
            )
        return np.array([[self.features[name] for name in names]], np.float32)


def read_latest(folder: str | Path, asset: str, *, as_of: object = None) -> VectorRow:
    """Read the newest vector of *asset* that was known at *as_of*: timestamp + step <= as_of.

    Args:
        folder: the vector set.
        asset: its name.
        as_of: a moment with a zone; None for the newest vector there is.

    Raises:
        NotFoundError: the asset has no files, or no vector that old.
        DataError: a time without a zone, or a file that is not a vector file.
    """
    return settled(lambda: _latest(asset_footers(folder, asset), asset, as_of))


def _latest(files: list[Footer], asset: str, as_of: object) -> VectorRow:
    step = _step(files)
    moment = None if as_of is None else utc_time(as_of, "as_of")
    limit = np.iinfo(np.int64).max if moment is None else int((moment - step).astype(np.int64))
    best: tuple[int, Footer, int, int] | None = None
    # Groups by their last time, latest first: the first group that holds a row in time is nearly always the one.
    groups = [
        (known.last[group], number, group) for number, known in enumerate(files) for group in range(len(known.last))
    ]
    for last, number, group in sorted(groups, reverse=True):
        known = files[number]
        if known.first[group] > limit or (best is not None and last <= best[0]):
            continue
        times = read_times(known, [group])[0]
        times = np.where(times <= limit, times, np.iinfo(np.int64).min)
        row = int(np.argmax(times))
        if best is None or times[row] > best[0]:
            best = int(times[row]), known, group, row
    if best is None:
        raise NotFoundError(
            f"{asset} has no vector that was known at {moment}Z; ask for a later time, or build older features",
            asset=asset,
            as_of=moment,
        )
    return _row(asset, step, *best)


def _step(files: list[Footer]) -> np.timedelta64:
    for known in files:
        if known.step is not None:
            return known.step
    times = np.concatenate([part for known in files for part in read_times(known, range(len(known.last)))])
    return modal_step(np.sort(times).view("datetime64[us]"))


def _row(asset: str, step: np.timedelta64, time: int, known: Footer, group: int, row: int) -> VectorRow:
    names = feature_names(known.schema)
    with open_file(known) as opened:
        table = opened.read_row_group(group, columns=[*PRICES, *names], use_threads=False).slice(row, 1)
    values = {name: column[0].as_py() for name, column in zip(table.column_names, table.columns, strict=True)}
    features = {name: np.float32(np.nan if values[name] is None else values[name]) for name in names}
    prices = {name: float(values[name]) for name in PRICES}
    return VectorRow(asset, np.datetime64(time, "us"), step, features=features, **prices)
