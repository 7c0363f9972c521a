"""Where one asset ends and the next one begins, without looking at every name as a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trady2.backtest.compiled import INTEGERS, LETTERS, compiled
from trady2.errors import DataError

if TYPE_CHECKING:
    from pandas import Series

__all__ = ["asset_runs"]


def asset_runs(column: Series[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the asset of each run of equal rows, in order, and the rows where runs after the first one begin.

    Raises:
        DataError: a row has no asset.
    """
    texts = pa.array(column.array)
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain = pa.types.is_large_string(texts.type) and not texts.null_count
    edges = _quick_edges(texts) if plain else None
    if edges is None:
        codes, _ = column.factorize()
        if codes.min() < 0:
            row = int(np.argmin(codes))
            raise DataError(f"row {row}: 'asset' is missing; name it or drop the row", row=row, column="asset")
        edges = np.flatnonzero(np.diff(codes)) + 1
    return tuple(str(name) for name in column.iloc[np.append(0, edges)]), edges


def _quick_edges(texts: pa.Array) -> NDArray[np.int64] | None:
    """Return where runs begin, or None where the first guess at the end of one was wrong, as when names take turns."""
    _, offsets, letters = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(letters, np.uint8)
    edges: list[int] = []
    row = 0
    while True:
        stop = _guess(texts, row)
        if not _uniform(ends[row : stop + 1], content[ends[row] : ends[stop]]):
            return None
        if stop == len(texts):
            return np.array(edges, np.int64)
        edges.append(stop)
        row = stop


def _guess(texts: pa.Array, row: int) -> int:
    """Return a row whose text is not that of *row*, though that of the row before it is; or how many rows there are."""
    name, low, high = texts[row], row, len(texts)
    if texts[high - 1] == name:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if texts[middle] == name else (low, middle)
    return high


@compiled(INTEGERS, LETTERS)
def _uniform(ends, letters):  # type: ignore[no-untyped-def]
    """Return whether all rows of a run hold the same text: texts as long as the first one, and *letters* repeat."""
    length, good = ends[1] - ends[0], 0
    for row in range(ends.size - 1):
        good += ends[row + 1] - ends[row] == length
    before, after = letters[: letters.size - length], letters[length:]
    same = 0
    for place in range(after.size):
        same += before[place] == after[place]
    return good == ends.size - 1 and same == after.size
