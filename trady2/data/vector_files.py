"""What the Parquet files of a vector set hold, learned from their footers: columns, row groups, times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trady2.data.folders import existing_folder, stored_step
from trady2.data.panel import PRICES
from trady2.errors import ConflictError, DataError
from trady2.files import Mark, mark_of

__all__ = [
    "Footer",
    "ReplacedError",
    "asset_footers",
    "feature_names",
    "open_file",
    "plain_array",
    "read_times",
    "settled",
]

_T = TypeVar("_T")
_ATTEMPTS = 20
_LATEST = np.iinfo(np.int64).max
_NO_FEATURES = frozenset({"timestamp", "asset", "closed", *PRICES})


@dataclass(frozen=True)
class Footer:
    """What is known of a file without reading its rows; `first` and `last` are µs per row group, UTC."""

    path: str
    identity: Mark
    metadata: Any
    schema: pa.Schema
    first: tuple[int, ...]
    last: tuple[int, ...]
    step: np.timedelta64 | None


class ReplacedError(Exception):
    """Another process replaced a file between two looks at it: list the folder again."""


def settled(read: Callable[[], _T]) -> _T:
    """Return what *read* gives, from the start again while other processes replace its files under it.

    Raises:
        ConflictError: they never stopped.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return read()
        except ReplacedError as error:
            last = str(error)
            time.sleep(0.002 * attempt)
    raise ConflictError(f"{last} was replaced {_ATTEMPTS} times while it was read; stop the writer", path=last)


def asset_footers(folder: str | Path, asset: str) -> list[Footer]:
    """Return the footers of an asset's files, from memory where a file is still the same one.

    Raises:
        ReplacedError: another process has just replaced a file.
        NotFoundError: the asset has no files.
        DataError: a file is no Parquet file of vectors.
    """
    try:
        return [_footer(str(path), mark_of(path)) for path in existing_folder(folder, asset)[1]]
    except FileNotFoundError as error:
        raise ReplacedError(str(error.filename)) from error


@lru_cache(maxsize=4_096)
def _footer(path: str, identity: Mark) -> Footer:
    try:
        with pq.ParquetFile(path) as opened:
            schema = opened.schema_arrow
            _check_columns(path, schema)
            first, last = _group_times(opened)
            return Footer(path, identity, opened.metadata, schema, first, last, stored_step(schema.metadata))
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no readable Parquet file: {error}; build it again", path=path) from error


def _check_columns(path: str, schema: pa.Schema) -> None:
    missing = [name for name in ("timestamp", *PRICES) if name not in schema.names]
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(schema.names)}; add what is missing",
            path=path,
            missing=missing,
        )
    kind = schema.field("timestamp").type
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        raise DataError(
            f"{path}: 'timestamp' is {kind}, not a time with a zone; store timestamp[us, tz=UTC]", path=path
        )


def _group_times(opened: pq.ParquetFile) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and last µs of each row group, from its statistics where they are in µs."""
    column = opened.schema_arrow.names.index("timestamp")
    spans = []
    for group in range(opened.num_row_groups):
        known = opened.metadata.row_group(group).column(column).statistics
        if known is not None and known.has_min_max and opened.schema_arrow.field(column).type.unit == "us":
            spans.append((int(known.min_raw), int(known.max_raw)))
        else:
            times = _micro(opened.read_row_group(group, columns=["timestamp"]).column("timestamp"))
            spans.append((int(times.min(initial=_LATEST)), int(times.max(initial=-_LATEST))))
    return tuple(first for first, _ in spans), tuple(last for _, last in spans)


@contextmanager
def open_file(known: Footer) -> Iterator[pq.ParquetFile]:
    """Open a file for its rows; they are streamed, not buffered ahead.

    Raises:
        ReplacedError: the file behind the footer is another one by now.
    """
    try:
        # Opened first and looked at second: an unchanged identity then proves that the right file is open.
        with pq.ParquetFile(known.path, metadata=known.metadata, pre_buffer=False) as opened:
            if mark_of(known.path) != known.identity:
                raise ReplacedError(known.path)
            yield opened
    except FileNotFoundError as error:
        raise ReplacedError(known.path) from error


def read_times(known: Footer, groups: Iterable[int]) -> list[npt.NDArray[np.int64]]:
    """Return, for each of these row groups, (n,) µs since 1970, UTC."""
    with open_file(known) as opened:
        return [_micro(opened.read_row_group(group, columns=["timestamp"]).column("timestamp")) for group in groups]


def _micro(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    if column.null_count:
        raise DataError(f"{column.null_count} rows have no timestamp; drop them", rows=column.null_count)
    kind = pa.timestamp("us", tz="UTC")
    parts = [plain_array(part.cast(kind, safe=False), pa.int64()) for part in column.chunks]
    return np.concatenate([np.empty(0, np.int64), *parts])


def plain_array(column: pa.Array, kind: pa.DataType) -> npt.NDArray[Any]:
    """Return a column as (n,) numbers of *kind*, where possible without a copy; a missing one is NaN.

    Arrow's own ``to_numpy`` imports pandas, which costs a service its start-up second and 70 MB.
    """
    if column.type != kind:
        column = column.cast(kind, safe=False)
    if column.null_count:
        column = column.fill_null(float("nan"))
    if not len(column):
        return np.empty(0, kind.to_pandas_dtype())
    return np.from_dlpack(column)


def feature_names(schema: pa.Schema) -> list[str]:
    """Return the numeric columns of a file that are neither time, asset nor OHLCV, in file order."""
    return [
        field.name
        for field in schema
        if field.name not in _NO_FEATURES
        and (pa.types.is_floating(field.type) or pa.types.is_integer(field.type) or pa.types.is_boolean(field.type))
    ]
