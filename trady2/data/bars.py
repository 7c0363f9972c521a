"""The store of bars: ``folder/asset=BTC-USDT/<year>.parquet``, written atomically, merged without loss."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trady2.data.checks import check_bars
from trady2.data.folders import asset_folder, assets_in, existing_folder, stored_step, sweep_drafts, write_table
from trady2.data.timeframe import timeframe_delta, timeframe_name
from trady2.data.times import utc_time
from trady2.errors import DataError
from trady2.files import locked

if TYPE_CHECKING:
    import pandas as pd

    from trady2.data.importing import BarsImport

__all__ = ["assets_in", "check_bars", "read_bars", "write_bars"]

_VALUES = ("open", "high", "low", "close", "volume")
_SCHEMA = pa.schema(
    [("timestamp", pa.timestamp("us", tz="UTC")), *((name, pa.float64()) for name in _VALUES), ("closed", pa.bool_())]
)
# A leading underscore keeps data set readers out.
_CONFLICTS = "_conflicts"


def write_bars(folder: str | Path, imported: BarsImport, *, replace: bool = False) -> dict[str, object]:
    """Merge imported bars into the store, one file per year, each in one atomic step.

    Killed at any moment, every bar is stored in its old or its new form, and the same call finishes the rest;
    called again, it changes nothing. A stored bar that was not known to be closed gives way to a newer one. A
    closed one that differs is a conflict: the stored bar stays, unless *replace*, and the refused one is kept in
    ``folder/_conflicts``.

    Returns:
        Counts ``added, unchanged, closed, superseded, replaced, conflicts, stored``, and ``asset``, ``timeframe``,
        ``conflicts_file`` (None without conflicts).

    Raises:
        DataError: the store holds the asset in another timeframe.
        ConflictError: another process keeps the asset's lock.
    """
    asset, timeframe = str(imported.report["asset"]), str(imported.report["timeframe"])
    place, step = asset_folder(folder, asset), timeframe_delta(timeframe)
    bars = _with_closed(imported)
    counts: Counter[str] = Counter()
    refused = []
    with locked(place / ".lock"):
        sweep_drafts(place)
        for year, part in bars.groupby(bars["timestamp"].dt.year, sort=True):
            target = place / f"{year}.parquet"
            old = _stored(target, step, asset)
            merged, conflicts = _merge(old, part, counts, replace=replace)
            if not merged.equals(old):
                table = pa.Table.from_pandas(merged, schema=_SCHEMA, preserve_index=False)
                write_table(target, table, step)
            refused.append(conflicts)
        conflicts_file = _keep_conflicts(Path(folder), place.name, refused)
        stored = sum(pq.read_metadata(path).num_rows for path in existing_folder(folder, asset)[1])
    names = ("added", "unchanged", "closed", "superseded", "replaced", "conflicts")
    return {
        "asset": asset,
        "timeframe": timeframe,
        **{name: counts[name] for name in names},
        "stored": stored,
        "conflicts_file": conflicts_file,
    }


def _with_closed(imported: BarsImport) -> pd.DataFrame:
    bars = imported.bars.drop(columns="asset")
    return bars.assign(closed=(bars["timestamp"] != imported.unconfirmed) if imported.unconfirmed else True)


def _stored(target: Path, step: np.timedelta64, asset: str) -> pd.DataFrame:
    try:
        table = pq.read_table(target, partitioning=None)
    except FileNotFoundError:
        table = _SCHEMA.empty_table()
    known = stored_step(table.schema.metadata)
    if known is not None and known != step:
        raise DataError(
            f"{asset} is stored as {timeframe_name(known)} bars, these are {timeframe_name(step)}; "
            "import them into another folder",
            asset=asset,
            stored=timeframe_name(known),
            timeframe=timeframe_name(step),
        )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _merge(
    old: pd.DataFrame, new: pd.DataFrame, counts: Counter[str], *, replace: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the merged rows, and the new rows that were refused."""
    import pandas as pd

    old, new = old.set_index("timestamp"), new.set_index("timestamp")
    both = new.index.intersection(old.index)
    was, comes = old.loc[both], new.loc[both]
    same = (was[list(_VALUES)].to_numpy() == comes[list(_VALUES)].to_numpy()).all(axis=1)
    was_closed, comes_closed = was["closed"].to_numpy(bool), comes["closed"].to_numpy(bool)
    differs = ~same & was_closed & comes_closed
    outcome = {
        "closed": same & ~was_closed & comes_closed,
        "superseded": ~same & ~was_closed,
        "replaced": differs & replace,
        "conflicts": differs & (not replace),
    }
    counts.update({name: int(rows.sum()) for name, rows in outcome.items()})
    takes = outcome["closed"] | outcome["superseded"] | outcome["replaced"]
    counts.update(added=len(new) - len(both), unchanged=int((~takes & ~outcome["conflicts"]).sum()))
    fresh = pd.concat([comes[takes], new.drop(both)])
    merged = pd.concat([old.drop(both[takes]), fresh]) if len(old) else fresh
    return merged.sort_index().reset_index(), comes[outcome["conflicts"]].reset_index()


def _keep_conflicts(folder: Path, name: str, refused: list[pd.DataFrame]) -> str | None:
    import pandas as pd

    rows = pd.concat(refused)
    if not len(rows):
        return None
    target = folder / _CONFLICTS / f"{name}.parquet"
    if target.exists():
        rows = pd.concat([pd.read_parquet(target), rows])
    rows = rows.drop_duplicates().sort_values(["timestamp", *_VALUES])
    write_table(target, pa.Table.from_pandas(rows, schema=_SCHEMA, preserve_index=False), None)
    return str(target)


def read_bars(
    folder: str | Path, asset: str, *, start: object = None, end: object = None, closed_only: bool = True
) -> pd.DataFrame:
    """Read the stored bars of *asset*, sorted by time.

    Args:
        folder: the store.
        asset: its name.
        start: first bar open, a moment with a zone, inclusive; None for no bound.
        end: the same, exclusive.
        closed_only: leave out a bar that is not known to have closed; otherwise a column ``closed`` tells.

    Returns:
        ``timestamp, asset, open, high, low, close, volume``; no rows when none are in the time asked for.

    Raises:
        NotFoundError: the asset is not stored; the message names the nearest one.
        DataError: a time without a zone.
    """
    bounds = [(">=", utc_time(start, "start"))] if start is not None else []
    bounds += [("<", utc_time(end, "end"))] if end is not None else []
    kind = pa.timestamp("us", tz="UTC")
    filters = [("timestamp", sign, pa.scalar(int(moment.astype(np.int64)), kind)) for sign, moment in bounds]
    files = existing_folder(folder, asset)[1]
    tables = [pq.read_table(path, schema=_SCHEMA, partitioning=None, filters=filters or None) for path in files]
    bars: pd.DataFrame = pa.concat_tables(tables).to_pandas(ignore_metadata=True)
    if closed_only:
        bars = bars[bars["closed"]].drop(columns="closed").reset_index(drop=True)
    bars.insert(1, "asset", asset)
    return bars.astype({"asset": "str"})
