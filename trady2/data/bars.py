"""The store of bars: ``folder/asset=BTC-USDT/<period>.parquet``, written atomically, merged without loss.

A file holds a year of hourly bars, a month, a week or a day of shorter ones: see `trady2.data.periods`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from trady2.data.bar_rows import SCHEMA, BarRows, merge_rows
from trady2.data.checks import check_bars
from trady2.data.folders import (
    asset_folder,
    assets_in,
    existing_folder,
    marks_in,
    parquet_files,
    stored_step,
    sweep_drafts,
    write_table,
)
from trady2.data.periods import EVER, file_stems, files_between, period_of, stem_span
from trady2.data.timeframe import timeframe_delta, timeframe_name
from trady2.data.times import utc_time
from trady2.errors import DataError
from trady2.files import locked

if TYPE_CHECKING:
    import pandas as pd

    from trady2.data.importing import BarsImport

__all__ = ["assets_in", "check_bars", "read_bars", "write_bars"]

# A leading underscore keeps data set readers out.
_CONFLICTS = "_conflicts"
_COUNTS = ".rows.json"


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
    rows = BarRows.of_frame(imported.bars, imported.unconfirmed)
    counts: Counter[str] = Counter()
    refused = []
    with locked(place / ".lock"):
        sweep_drafts(place)
        files = parquet_files(place)
        if files:
            _refuse_another_step(files[-1], step, asset)
        for stem, part in _parts(rows, [path.stem for path in files], period_of(step)):
            target = place / f"{stem}.parquet"
            merged, conflicts = merge_rows(_stored(target), part, counts, replace=replace)
            if merged is not None:
                write_table(target, merged.table(), step)
            refused.append(conflicts)
        conflicts_file = _keep_conflicts(Path(folder), place.name, refused)
        stored = _count_rows(place)
    names = ("added", "unchanged", "closed", "superseded", "replaced", "conflicts")
    return {
        "asset": asset,
        "timeframe": timeframe,
        **{name: counts[name] for name in names},
        "stored": stored,
        "conflicts_file": conflicts_file,
    }


def _parts(rows: BarRows, stems: list[str], period: str) -> Iterator[tuple[str, BarRows]]:
    """Give each file and the rows that belong there.

    A file of another length, from a store that was cut in another way, keeps the bars of its time: so none is
    ever in two files.
    """
    spans = {stem: span for stem in stems if (span := stem_span(stem)) is not None and span[0] != period}
    left = np.ones(len(rows), bool)
    for stem, (_, first, last) in sorted(spans.items()):
        inside = left & (rows.micro >= first) & (rows.micro < last)
        left &= ~inside
        if inside.any():
            yield stem, rows.take(inside)
    rest = rows if left.all() else rows.take(left)
    for stem, part in file_stems(rest.micro, period):
        yield stem, rest.take(part)


def _stored(target: Path) -> BarRows:
    try:
        with pq.ParquetFile(target, pre_buffer=False) as file:
            table = file.read(SCHEMA.names, use_threads=False)
    except FileNotFoundError:
        return BarRows.of_table(SCHEMA.empty_table())
    return BarRows.of_table(table.replace_schema_metadata(None).cast(SCHEMA))


def _refuse_another_step(path: Path, step: np.timedelta64, asset: str) -> None:
    known = stored_step(pq.read_metadata(path).metadata)
    if known is not None and known != step:
        raise DataError(
            f"{asset} is stored as {timeframe_name(known)} bars, these are {timeframe_name(step)}; "
            "import them into another folder",
            asset=asset,
            stored=timeframe_name(known),
            timeframe=timeframe_name(step),
        )


def _count_rows(place: Path) -> int:
    """Return the rows in all files of a folder; a footer is only read where the file changed since the last count.

    What was counted is noted beside the files. Not flushed: without the note, the footers tell.
    """
    note = place / _COUNTS
    known = {}
    with suppress(OSError, ValueError, TypeError):
        known = {name: (tuple(mark), rows) for name, mark, rows in json.loads(note.read_bytes())}
    counted = {}
    for name, mark in marks_in(place).items():
        known_mark, rows = known.get(name, (None, 0))
        counted[name] = (mark, rows if known_mark == mark else pq.read_metadata(place / name).num_rows)
    if counted != known:
        draft = place / f"{_COUNTS}.tmp"
        draft.write_text(json.dumps([(name, *each) for name, each in counted.items()]))
        note.unlink(missing_ok=True)  # for a rename onto a file waits for the disk on ext4
        draft.rename(note)
    return sum(rows for _, rows in counted.values())


def _keep_conflicts(folder: Path, name: str, refused: list[BarRows]) -> str | None:
    rows = pa.concat_tables([SCHEMA.empty_table(), *(part.table() for part in refused if len(part))])
    if not rows.num_rows:
        return None
    target = folder / _CONFLICTS / f"{name}.parquet"
    if target.exists():
        rows = pa.concat_tables([pq.read_table(target, schema=SCHEMA, partitioning=None), rows])
    distinct = rows.group_by(SCHEMA.names, use_threads=False).aggregate([]).select(SCHEMA.names)
    order = [(name, "ascending") for name in SCHEMA.names[:-1]]
    write_table(target, distinct.sort_by(order).cast(SCHEMA), None)
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
    first = EVER[0] if start is None else int(utc_time(start, "start").astype(np.int64))
    last = EVER[1] if end is None else int(utc_time(end, "end").astype(np.int64))
    place, stored = existing_folder(folder, asset)
    files = [place / name for name in files_between([path.name for path in stored], first, last)]
    table = SCHEMA.empty_table()
    if files:
        time, kind = ds.field("timestamp"), SCHEMA.field("timestamp").type
        inside = (time >= pa.scalar(first, kind)) & (time < pa.scalar(last, kind))
        bounded = start is not None or end is not None
        table = ds.dataset(files, schema=SCHEMA, format="parquet").to_table(filter=inside if bounded else None)
    bars: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    if closed_only:
        bars = bars[bars["closed"]].drop(columns="closed").reset_index(drop=True)
    if not bars["timestamp"].is_monotonic_increasing:
        bars = bars.sort_values("timestamp", ignore_index=True)
    bars.insert(1, "asset", asset)
    return bars.astype({"asset": "str"})
