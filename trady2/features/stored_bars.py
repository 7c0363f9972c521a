"""The bars of one asset in the store: which files changed since last time, and rows straight into arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trady2.data.folders import asset_folder, existing_folder, marks_in, stored_step
from trady2.data.periods import EVER, files_between, stem_span
from trady2.data.timeframe import modal_step
from trady2.errors import DataError
from trady2.features.bar_arrays import BarArrays
from trady2.features.kernels import Rows
from trady2.files import Mark

__all__ = ["StoredBars"]

_PRICES = ("open", "high", "low", "close", "volume")
# A file that is replaced twice within one tick of the clock of a file system may look the same: FAT ticks every 2 s.
_SETTLED_NS = 2_000_000_000
_FRESH: Mark = (0, 0, 0)
_KEPT_FILES = 4


@dataclass(frozen=True)
class StoredBars:
    """The files of one asset, by name, with their marks, as they were at one look."""

    asset: str
    place: Path
    files: dict[str, Mark]
    _kept: dict[str, pa.Table] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: str | Path, asset: str) -> StoredBars:
        """List the files of *asset*; raises NotFoundError without any."""
        place = asset_folder(folder, asset)
        return cls(asset, place, marks_in(place) or marks_in(existing_folder(folder, asset)[0]))

    @property
    def memorable(self) -> dict[str, Mark]:
        """The marks that a later look is compared with; one that no file has for a file just written."""
        now = time.time_ns()
        return {name: mark if now - mark[1] > _SETTLED_NS else _FRESH for name, mark in self.files.items()}

    def changed(self, known: dict[str, Mark]) -> list[tuple[int, int]]:
        """Return the times, in µs, of the files that are not as *known*, new and vanished ones included."""
        now = self.files
        return [_span(name) for name in now.keys() | known.keys() if now.get(name) != known.get(name)]

    def read(self, start: int, stop: int, *, step: int | None = None) -> BarArrays:
        """Return the closed bars with start <= time < stop, in µs since 1970 UTC, in time order.

        The timeframe is the one noted in the files; else *step*, else the most frequent one.

        Raises:
            DataError: a bar stands twice.
        """
        tables, noted = [], None
        for name in files_between(self.files, start, stop):
            table = self._table(name)
            noted = noted or stored_step(table.schema.metadata)
            tables.append(_cut(table, start, stop))
        tables.sort(key=lambda part: part["timestamp"][0] if len(part["timestamp"]) else start)
        columns = {name: np.concatenate([part[name] for part in tables] or [np.empty(0)]) for name in _PRICES}
        moments: Rows = np.concatenate([part["timestamp"] for part in tables] or [np.empty(0, np.int64)])
        if (np.diff(moments) <= 0).any():
            raise DataError(
                f"a bar of {self.asset} stands twice in the store; import it into a new folder", asset=self.asset
            )
        if noted is None and step is None:
            noted = modal_step(moments.view("datetime64[us]"))
        return BarArrays(moments, step or 0 if noted is None else int(noted.astype(np.int64)), **columns)

    def _table(self, name: str) -> pa.Table:
        """Read a file; the first ones read are kept, for a new bar's block and its history lie in the same."""
        if name in self._kept:
            return self._kept[name]
        with pq.ParquetFile(self.place / name, pre_buffer=False) as file:
            table = file.read(["timestamp", *_PRICES, "closed"], use_threads=False)
        if len(self._kept) < _KEPT_FILES:
            self._kept[name] = table
        return table


def _span(name: str) -> tuple[int, int]:
    span = stem_span(name.removesuffix(".parquet"))
    return EVER if span is None else span[1:]


def _cut(table: pa.Table, start: int, stop: int) -> dict[str, np.ndarray]:
    moments = table.column("timestamp").cast(pa.int64()).to_numpy()
    first, last = np.searchsorted(moments, [start, stop])
    closed = table.column("closed").to_numpy()[first:last]
    rows = slice(first, last) if closed.all() else first + np.flatnonzero(closed)
    return {"timestamp": moments[rows]} | {name: table.column(name).to_numpy()[rows] for name in _PRICES}
