"""A8: what was delivered once has to be delivered again, unless a person has said why it changed.

For each asset and day (UTC) the first delivery is kept as two hashes, of the bars and of the features. A day that is
delivered again is compared up to its last row then, so that a day may grow. The hashes lie beside the ledger, in
``$TRADY2_HOME/snapshots/<model>/``; a revision is an entry in the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.data.folders import asset_folder
from trady2.files import atomic_path

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["DayRecords", "compared", "digest_of", "records_of", "stored_records"]

Times = NDArray[np.datetime64]

_PRICES = ("open", "high", "low", "close", "volume")
_HASH_BYTES = 32


@dataclass(frozen=True, eq=False)
class DayRecords:
    """What was seen of d days of one asset.

    Attributes:
        first: (d,) datetime64[us], the day's first row; `last` its last one.
        last: (d,) alike.
        rows: (d,) how many rows.
        bars: (d, 32) uint8, SHA-256 of times and OHLCV.
        features: (d, 32) uint8, SHA-256 of the features.
        made_by: what the features were made by; under another maker they may differ.
    """

    first: Times
    last: Times
    rows: NDArray[np.int64]
    bars: NDArray[np.uint8]
    features: NDArray[np.uint8]
    made_by: str

    @property
    def day(self) -> Times:
        """(d,) datetime64[D], UTC."""
        return self.first.astype("datetime64[D]")

    def save(self, folder: Path, asset: str) -> None:
        """Write the records in one atomic step."""
        with atomic_path(_file(folder, asset)) as draft, draft.open("wb") as opened:
            arrays = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}
            np.savez(opened, **arrays)  # type: ignore[arg-type]  # its stubs take a keyword of its own for all

    def joined(self, later: DayRecords, keep: NDArray[np.bool_]) -> DayRecords:
        """Return *later* records, but these ones for the days that *keep* names and those that *later* lacks."""
        mine = np.flatnonzero(keep | ~np.isin(self.day, later.day))
        theirs = np.flatnonzero(~np.isin(later.day, self.day[mine]))
        order = np.argsort(np.concatenate([self.first[mine], later.first[theirs]]), kind="stable")
        both = {
            name: np.concatenate([getattr(self, name)[mine], getattr(later, name)[theirs]])[order]
            for name in ("first", "last", "rows", "bars", "features")
        }
        return DayRecords(**both, made_by=later.made_by)


def stored_records(folder: Path, asset: str) -> DayRecords | None:
    """Read what `DayRecords.save` wrote; None when there is nothing."""
    file = _file(folder, asset)
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as stored:
        values = {each.name: stored[each.name] for each in fields(DayRecords)}
    return DayRecords(**{**values, "made_by": str(values["made_by"])})


def records_of(panel: Panel, code: int, made_by: str) -> DayRecords:
    """Return the records of every day of the asset with that code, as they are now."""
    rows = panel.asset_rows(code)
    time = panel.timestamp[rows]
    edges = np.flatnonzero(np.diff(time.astype("datetime64[D]").astype(np.int64))) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(time)]
    return _records(panel, rows.start + starts, rows.start + stops, made_by)


def compared(
    panel: Panel, code: int, known: DayRecords, made_by: str
) -> tuple[dict[str, list[str]], NDArray[np.bool_]]:
    """Compare the *known* days with the panel; return the days that differ, by what differs, and (d,) which they are.

    Days that begin before the panel's first row or end behind its last one are not in it as a whole, and are passed
    over. Features that another maker made are not compared.
    """
    rows = panel.asset_rows(code)
    time = panel.timestamp[rows]
    whole = (known.first >= time[0]) & (known.last <= time[-1])
    starts = np.searchsorted(time, known.first) + rows.start
    stops = np.searchsorted(time, known.last, side="right") + rows.start
    now = _records(panel, starts, stops, made_by)
    bars = whole & ((now.rows != known.rows) | (now.bars != known.bars).any(axis=1))
    features = whole & ~bars & (now.features != known.features).any(axis=1) & (made_by == known.made_by)
    named = {"bars": [str(day) for day in known.day[bars]], "features": [str(day) for day in known.day[features]]}
    return {name: days for name, days in named.items() if days}, bars | features


def digest_of(records: Mapping[str, DayRecords]) -> str:
    """Return one SHA-256 of the records of all assets."""
    digest = hashlib.sha256()
    for asset in sorted(records):
        each = records[asset]
        digest.update(asset.encode() + b"\0" + each.bars.tobytes() + each.features.tobytes())
    return digest.hexdigest()


def _records(panel: Panel, starts: NDArray[np.int64], stops: NDArray[np.int64], made_by: str) -> DayRecords:
    count = len(starts)
    bars, features = (np.zeros((count, _HASH_BYTES), np.uint8) for _ in range(2))
    for place, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        digest = hashlib.sha256(np.ascontiguousarray(panel.timestamp[start:stop].view(np.int64)).data)
        for name in _PRICES:
            digest.update(np.ascontiguousarray(getattr(panel, name)[start:stop]).data)
        bars[place] = np.frombuffer(digest.digest(), np.uint8)
        matrix = np.ascontiguousarray(panel.features[start:stop])
        features[place] = np.frombuffer(hashlib.sha256(matrix.data).digest(), np.uint8)
    last = np.maximum(stops - 1, starts)
    clip = len(panel) - 1
    first_time, last_time = panel.timestamp[np.minimum(starts, clip)], panel.timestamp[np.minimum(last, clip)]
    return DayRecords(first_time, last_time, stops - starts, bars, features, made_by)


def _file(folder: Path, asset: str) -> Path:
    place = asset_folder(folder, asset)
    return place.with_name(f"{place.name}.npz")
