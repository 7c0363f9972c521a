"""One folder per asset: its name on disk, what lies in it, and how Parquet is written there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trady2.errors import DataError, NotFoundError
from trady2.files import Mark, atomic_path
from trady2.section import nearest

__all__ = [
    "STEP_KEY",
    "asset_folder",
    "assets_in",
    "existing_folder",
    "marks_in",
    "parquet_files",
    "stored_step",
    "sweep_drafts",
    "write_table",
]

STEP_KEY = b"trady2.step_us"
_PREFIX = "asset="
_NAME_BYTES = 200
_ROW_GROUP_ROWS = 16_384
# The newest row is read on every request, so the last row group is kept small.
_LAST_GROUP_ROWS = 512


def asset_folder(folder: str | Path, asset: str) -> Path:
    """Return the folder of *asset*; its name is percent-encoded, so that ``BTC/USD`` or ``..`` is no path.

    Raises:
        DataError: the name is empty, or longer than 200 bytes when encoded.
    """
    name = quote(asset, safe="")
    if not 0 < len(name) <= _NAME_BYTES:
        raise DataError(
            f"asset {asset!r} is refused: encoded, a name has 1 to {_NAME_BYTES} bytes; give it a shorter one",
            asset=asset,
        )
    return Path(folder) / f"{_PREFIX}{name}"


def assets_in(folder: str | Path) -> list[str]:
    """Return the sorted names of the assets that have at least one Parquet file in *folder*; none if it is missing."""
    parts = [path for path in Path(folder).glob(f"{_PREFIX}*") if parquet_files(path)]
    return sorted(unquote(path.name.removeprefix(_PREFIX)) for path in parts)


def existing_folder(folder: str | Path, asset: str) -> tuple[Path, list[Path]]:
    """Return the folder of *asset* and its Parquet files, sorted by name.

    Raises:
        NotFoundError: there are none; the message names the nearest asset.
    """
    place = asset_folder(folder, asset)
    files = parquet_files(place)
    if not files:
        known = assets_in(folder)
        hint = nearest(asset, known) if known else "the folder holds no asset; import bars first"
        raise NotFoundError(f"asset {asset!r} is not in {folder}: {hint}", asset=asset, folder=str(folder), known=known)
    return place, files


def parquet_files(place: Path) -> list[Path]:
    """Return the Parquet files of one asset's folder, sorted by name; none if it is missing."""
    return [place / name for name in sorted(_parquet_names(place))]


def marks_in(place: Path) -> dict[str, Mark]:
    """Return the names and marks of the Parquet files of one asset's folder, sorted; none if it is missing."""
    try:
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return {}
    # Through the open folder, so that the path to it is not walked once a file.
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat()) for entry in entries if _is_parquet(entry.name)]
    finally:
        os.close(folder)
    return {name: (status.st_ino, status.st_mtime_ns, status.st_size) for name, status in sorted(found)}


def _parquet_names(place: Path) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
        return [entry.name for entry in entries if _is_parquet(entry.name)]
    return []


def _is_parquet(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith(".")


def sweep_drafts(place: Path) -> None:
    """Remove what killed writers left behind; only while holding the folder's lock."""
    for name in os.listdir(place):  # noqa: PTH208 - of hundreds of files, none a draft as a rule
        if name.startswith(".") and name.endswith(".tmp"):
            (place / name).unlink(missing_ok=True)


def stored_step(metadata: dict[bytes, bytes] | None) -> np.timedelta64 | None:
    """Return the timeframe that Trady2 noted in a file, or None in a file that others wrote."""
    text = (metadata or {}).get(STEP_KEY)
    return None if text is None else np.timedelta64(int(text), "us")


def write_table(target: Path, table: pa.Table, step: np.timedelta64 | None) -> None:
    """Write *table* to *target* in one atomic step; equal content gives equal bytes."""
    if step is not None:
        table = table.replace_schema_metadata(
            {STEP_KEY: str(int(step.astype("timedelta64[us]").astype(np.int64))).encode()}
        )
    text = [field.name for field in table.schema if pa.types.is_string(field.type)]
    cut = max(table.num_rows - _LAST_GROUP_ROWS, 0)
    with atomic_path(target) as draft:
        writer = pq.ParquetWriter(
            draft, table.schema, use_dictionary=text or False, write_statistics=["timestamp"], store_schema=True
        )
        with writer:
            if cut:
                writer.write_table(table.slice(0, cut), row_group_size=_ROW_GROUP_ROWS)
            writer.write_table(table.slice(cut))
