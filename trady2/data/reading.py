"""One file of bars, read as it is: header or none, comment lines, any column names; nothing is judged here."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.feather as pf
import pyarrow.parquet as pq

from trady2.data.columns import Roles, find_roles, headerless_names, roles_or_none
from trady2.data.sources import Source
from trady2.data.times import parse_times
from trady2.errors import DataError

__all__ = ["RawBars", "read_source"]

_HEAD_BYTES = 65_536
_HEAD_LINES = 25


@dataclass(frozen=True)
class RawBars:
    """The rows of one file.

    Attributes:
        source: the file's name.
        told: the path whose name tells asset and timeframe, a ZIP's member before the ZIP.
        row: (n,) line in a text file, record in a table, from 1.
        micro: (n,) opening times in µs since 1970 UTC, `times.UNREADABLE` where there is none.
        ohlcv: OHLCV, (n,) float64 each, NaN for what is no number.
        quote_volume: (n,) float64, or None without such a column.
        asset: (n,) text in Arrow, or None without such a column.
        table: the columns as they stand in the file.
        roles: their names.
        notes: what was met on the way, counted.
        broken: line number and text of lines with a wrong number of fields.
    """

    source: str
    told: str
    row: npt.NDArray[np.int64]
    micro: npt.NDArray[np.int64]
    ohlcv: dict[str, npt.NDArray[np.float64]]
    quote_volume: npt.NDArray[np.float64] | None
    asset: pa.ChunkedArray | None
    table: pa.Table
    roles: Roles
    notes: Counter[str]
    broken: list[tuple[int, str]] = field(default_factory=list)


def read_source(source: Source) -> RawBars:
    """Read one file.

    Raises:
        DataError: it is unreadable, has no rows, or lacks a column; the message names what was found.
    """
    try:
        table, roles, rows, notes, broken = _read_table(source) if source.is_table else _read_text(source)
    except pa.ArrowInvalid as error:
        raise DataError(f"{source.name} is unreadable: {error}; export it again", source=source.name) from error
    if not table.num_rows and not broken:
        raise DataError(f"{source.name} has a header but no rows; download it again", source=source.name)
    times = parse_times(table.column(roles.time))
    return RawBars(
        source=source.name,
        told=source.member or str(source.path),
        row=rows,
        micro=times.micro,
        ohlcv={name: _floats(table.column(own)) for name, own in roles.prices.items()},
        quote_volume=None if roles.quote_volume is None else _floats(table.column(roles.quote_volume)),
        asset=None if roles.asset is None else table.column(roles.asset).cast(pa.string()),
        table=table,
        roles=roles,
        notes=notes + times.notes,
        broken=broken,
    )


_Read = tuple[pa.Table, Roles, npt.NDArray[np.int64], Counter[str], list[tuple[int, str]]]


def _read_table(source: Source) -> _Read:
    if source.path.suffix.lower() in (".parquet", ".pq"):
        schema = pq.read_schema(source.path)
        roles = find_roles(schema.names, source.name)
        table = pq.read_table(source.path, columns=roles.names(), partitioning=None)
    else:
        table = pf.read_table(source.path, memory_map=False)
        roles = find_roles(table.column_names, source.name)
        table = table.select(roles.names())
    return table, roles, np.arange(1, table.num_rows + 1), Counter(), []


def _read_text(source: Source) -> _Read:
    content = source.read_bytes()
    skipped, names, separator, notes = _head(content, source.name)
    roles = find_roles(names, source.name)
    broken: list[tuple[int, str]] = []

    def note_broken(line: Any) -> str:
        broken.append((line.number, line.text))
        return "skip"

    table = pc.read_csv(
        pa.BufferReader(content),
        # One thread: only then do broken lines come with their number.
        read_options=pc.ReadOptions(use_threads=False, skip_rows=skipped, column_names=names),
        parse_options=pc.ParseOptions(delimiter=separator, ignore_empty_lines=False, invalid_row_handler=note_broken),
        convert_options=pc.ConvertOptions(include_columns=roles.names(), strings_can_be_null=True),
    )
    lines = np.arange(skipped + 1, skipped + 1 + table.num_rows + len(broken))
    rows = np.setdiff1d(lines, [number for number, _ in broken]) if broken else lines
    filled = np.logical_or.reduce([column.is_valid().to_numpy() for column in table.columns])
    if not filled.all():
        notes["empty lines skipped"] = int((~filled).sum())
        table, rows = table.filter(pa.array(filled)), rows[filled]
    return table, roles, rows.astype(np.int64), notes, broken


def _head(content: bytes, source: str) -> tuple[int, list[str], str, Counter[str]]:
    """Return how many lines to skip, the column names, the separator, and notes on comment lines and header."""
    text = content[:_HEAD_BYTES].decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise DataError(f"{source} is empty; download it again or remove it", source=source)
    lines = text.splitlines()[:_HEAD_LINES]
    separator = max(",;\t", key=text.count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    for skipped, row in enumerate(rows):
        names = _unique(row)
        if roles_or_none(names) is not None:
            return skipped + 1, names, separator, Counter({"comment lines skipped": skipped} if skipped else {})
    # The first line as wide as most is the header or, without one, the first row; narrower ones above it are comments.
    widths = Counter(map(len, rows))
    width = max(widths, key=lambda width: (widths[width], width))
    skipped = next(place for place, row in enumerate(rows) if len(row) == width)
    first, known = rows[skipped], headerless_names(width)
    if known is not None and sum(map(_is_number, first)) >= width - 1:
        notes = Counter({"files without a header": 1})
        return skipped, list(known), separator, notes + Counter({"comment lines skipped": skipped})
    return skipped, _unique(first), separator, Counter()


def _unique(names: list[str]) -> list[str]:
    """Return the names of a header, blank and repeated ones made different."""
    seen: Counter[str] = Counter()
    unique = []
    for place, name in enumerate(names):
        name = name.strip() or f"column {place + 1}"
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"repeated {name} {seen[name]}")
    return unique


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), np.float64)
    import pandas as pd

    texts = column.cast(pa.string()).to_pandas()
    return np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, na_value=np.nan), np.float64)
