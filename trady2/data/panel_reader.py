"""Vector files straight into the arrays of a panel: no pandas, no second copy of the matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trady2.cores import available_cores
from trady2.data.panel import PRICES, Panel, refuse_repeated_times
from trady2.data.timeframe import modal_step
from trady2.data.times import utc_time
from trady2.data.vector_files import Footer, open_file, plain_array, read_times
from trady2.errors import DataError, NotEnoughDataError

__all__ = ["Span", "panel_from_files"]

_LATEST = np.iinfo(np.int64).max
_BATCH_ROWS = 8_192


@dataclass(frozen=True)
class Span:
    """Times from `start` (inclusive) to `stop` (exclusive), µs since 1970, UTC."""

    start: int
    stop: int

    @classmethod
    def between(cls, start: object, end: object) -> Span:
        """Return the span of two moments with a zone, either of them None for no bound."""
        first = -_LATEST if start is None else int(utc_time(start, "start").astype(np.int64))
        return cls(first, _LATEST if end is None else int(utc_time(end, "end").astype(np.int64)))

    def holds(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which of the *times* lie inside."""
        return (times >= self.start) & (times < self.stop)

    def groups(self, known: Footer) -> list[int]:
        """Return the row groups of a file that may hold such times."""
        spans = zip(known.first, known.last, strict=True)
        return [group for group, (first, last) in enumerate(spans) if first < self.stop and last >= self.start]


@dataclass(frozen=True)
class _Piece:
    """What is wanted of one row group: its times, and the rows that are kept (None for all)."""

    footer: Footer
    group: int
    times: npt.NDArray[np.int64]
    keep: npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class _Part:
    """A piece and where its rows go in the panel."""

    footer: Footer
    group: int
    keep: npt.NDArray[np.int64] | None
    rows: npt.NDArray[np.int64] | slice


def panel_from_files(files: dict[str, list[Footer]], features: Sequence[str], span: Span, *, where: str) -> Panel:
    """Read the *features* of all rows within *span* into a panel.

    Memory: the float32 matrix, six numbers of 8 bytes a row, and one batch of rows for each core.

    Args:
        files: footers per asset.
        features: names, in the order of the matrix' columns.
        span: the time filter; row groups outside are not read.
        where: the folder, for messages.

    Raises:
        DataError: a file lacks a feature, or a time stands twice in an asset.
        NotEnoughDataError: no row is inside the span.
    """
    assets = tuple(sorted(files))
    parts, codes, times = _plan(assets, files, span)
    if not len(times):
        raise NotEnoughDataError(
            f"{where} has no vector of {', '.join(assets)} in the time asked for; widen it, or build features first",
            assets=assets,
        )
    matrix = np.empty((len(times), len(features)), np.float32)
    prices = {name: np.empty(len(times), np.float64) for name in PRICES}
    _fill_all(parts, matrix, prices, features)
    timestamp = times.view("datetime64[us]")
    refuse_repeated_times(assets, codes, timestamp)
    known_steps = [known.step for footers in files.values() for known in footers if known.step is not None]
    return Panel(
        assets=assets,
        asset_code=codes,
        timestamp=timestamp,
        features=matrix,
        feature_names=tuple(features),
        step=known_steps[0] if known_steps else modal_step(timestamp),
        **prices,
    )


def _plan(
    assets: tuple[str, ...], files: dict[str, list[Footer]], span: Span
) -> tuple[list[_Part], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Find the place of every wanted row before the first one is read."""
    pieces = {asset: [piece for known in files[asset] for piece in _pieces(known, span)] for asset in assets}
    times = np.concatenate([np.empty(0, np.int64), *(piece.times for found in pieces.values() for piece in found)])
    parts: list[_Part] = []
    counts = []
    done = 0
    for found in pieces.values():
        counts.append(sum(len(piece.times) for piece in found))
        own = times[done : done + counts[-1]]
        places = _places(own)
        offset = 0
        for piece in found:
            stop = offset + len(piece.times)
            rows = slice(done + offset, done + stop) if places is None else done + places[offset:stop]
            parts.append(_Part(piece.footer, piece.group, piece.keep, rows))
            offset = stop
        own.sort()
        done += counts[-1]
    return parts, np.repeat(np.arange(len(assets), dtype=np.int32), counts), times


def _places(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """Return where each row goes when they are sorted, or None when they are."""
    if (times[1:] >= times[:-1]).all():
        return None
    places = np.empty(len(times), np.int64)
    places[np.argsort(times, kind="stable")] = np.arange(len(times))
    return places


def _pieces(known: Footer, span: Span) -> Iterator[_Piece]:
    groups = span.groups(known)
    for group, times in zip(groups, read_times(known, groups), strict=True):
        inside = span.holds(times)
        if inside.all():
            yield _Piece(known, group, times, None)
        else:
            yield _Piece(known, group, times[inside], np.flatnonzero(inside))


def _fill_all(
    parts: list[_Part],
    matrix: npt.NDArray[np.float32],
    prices: dict[str, npt.NDArray[np.float64]],
    features: Sequence[str],
) -> None:
    """Fill the rows of every part, several at once: no two parts share a row."""
    if len(parts) == 1:  # one answer of the service: a thread would only cost its start
        _fill(parts[0], matrix, prices, features)
        return
    with ThreadPoolExecutor(min(available_cores(), len(parts))) as threads:
        for _ in threads.map(lambda part: _fill(part, matrix, prices, features), parts):
            pass


def _fill(
    part: _Part, matrix: npt.NDArray[np.float32], prices: dict[str, npt.NDArray[np.float64]], features: Sequence[str]
) -> None:
    missing = [name for name in features if name not in part.footer.schema.names]
    if missing:
        raise DataError(
            f"{part.footer.path} has no feature {', '.join(missing)}; build the features again with one configuration",
            path=part.footer.path,
            missing=missing,
        )
    wanted = list(dict.fromkeys([*PRICES, *features]))
    seen = done = 0
    with open_file(part.footer) as opened:
        for batch in opened.iter_batches(_BATCH_ROWS, row_groups=[part.group], columns=wanted, use_threads=False):
            keep = _kept(part.keep, seen, seen + batch.num_rows)
            count = batch.num_rows if keep is None else len(keep)
            rows = _within(part.rows, done, done + count)
            for name, target in prices.items():
                target[rows] = _floats(batch.column(name), pa.float64(), keep)
            for column, name in enumerate(features):
                matrix[rows, column] = _floats(batch.column(name), pa.float32(), keep)
            seen, done = seen + batch.num_rows, done + count


def _kept(keep: npt.NDArray[np.int64] | None, start: int, stop: int) -> npt.NDArray[np.int64] | None:
    if keep is None:
        return None
    low, high = np.searchsorted(keep, [start, stop])
    return keep[low:high] - start


def _within(rows: npt.NDArray[np.int64] | slice, start: int, stop: int) -> npt.NDArray[np.int64] | slice:
    return slice(rows.start + start, rows.start + stop) if isinstance(rows, slice) else rows[start:stop]


def _floats(column: pa.Array, kind: pa.DataType, keep: npt.NDArray[np.int64] | None) -> npt.NDArray[np.floating]:
    values: npt.NDArray[np.floating] = plain_array(column, kind)
    return values if keep is None else values[keep]
