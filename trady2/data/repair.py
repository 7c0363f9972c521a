"""Repairs with exactly one honest outcome; where there are two, the rows are kept out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trady2.data.panel import PRICES
from trady2.data.rows import Rows

__all__ = ["CONFLICT", "drop_duplicates", "filler", "keep_out_repeated", "swap_volumes"]

CONFLICT = "another row has other values for the same time"
UNFINISHED_COPY = "an unfinished copy of a bar that another file has whole"
FILLER_COPY = "a flat filler for a bar that another row has with trades"
REPEATED = "the same run of bars stands at two times, and only one can be right"
_PRICE_SLACK = 0.01
_RUN = 3

Flags = npt.NDArray[np.bool_]


def swap_volumes(rows: Rows) -> tuple[Flags, Flags]:
    """Exchange base and quote volume where price proves that they are swapped.

    Quote volume / base volume is the bar's average price, so it lies between low and high. The proof: as
    named it does not (with a slack of 1 %), exchanged it does.

    Returns:
        (n,) flags of the rows exchanged, and of those where neither order fits the price (left as they are).
    """
    base, quote = rows.values["volume"], rows.quote_volume
    low, high = rows.values["low"] * (1 - _PRICE_SLACK), rows.values["high"] * (1 + _PRICE_SLACK)
    with np.errstate(divide="ignore", invalid="ignore"):
        as_named, exchanged = quote / base, base / quote
        positive = (base > 0) & (quote > 0) & np.isfinite(base) & np.isfinite(quote)
        fits = (as_named >= low) & (as_named <= high)
        swapped = positive & ~fits & (exchanged >= low) & (exchanged <= high)
    rows.values["volume"] = np.where(swapped, quote, base)
    return swapped, positive & ~fits & ~swapped


def filler(values: dict[str, npt.NDArray[np.float64]]) -> Flags:
    """Return (n,) flags of flat bars without volume, with which venues fill an outage."""
    flat = np.logical_and.reduce([values["open"] == values[name] for name in ("high", "low", "close")])
    return np.asarray(flat & (values["volume"] == 0), bool)


def drop_duplicates(rows: Rows) -> None:
    """Leave one row per time: exact copies are dropped, rows that contradict each other are kept out.

    Of contradicting rows one stays in two cases, where only one reading is left. First: the other rows are each
    the last of their file, share the open and lie inside this row's range and volume, and this row is followed by
    a later one in its file: they are the same bar, saved before it closed. Second: the others are flat fillers.
    """
    order = np.argsort(rows.micro, kind="stable")
    order = order[rows.good[order]]
    times = rows.micro[order]
    same = times[1:] == times[:-1]
    if not same.any():
        return
    twin = np.r_[False, same] | np.r_[same, False]
    order = order[twin]
    order = order[np.lexsort([rows.values[name][order] for name in PRICES] + [rows.micro[order]])]
    fresh = np.ones(len(order), bool)
    changes = [np.diff(rows.micro[order]) != 0, *(np.diff(rows.values[name][order]) != 0 for name in PRICES)]
    fresh[1:] = np.logical_or.reduce(changes)
    # A copy that is followed proves its twins with the same values whole as well.
    followed = np.logical_or.reduceat(_followed(rows)[order], np.flatnonzero(fresh))
    rows.dropped[order[~fresh]] = True
    order = order[fresh]
    times = rows.micro[order]
    starts = np.flatnonzero(np.r_[True, times[1:] != times[:-1]])
    values = np.stack([rows.values[name][order] for name in PRICES])
    out: dict[str, list[int]] = {CONFLICT: [], UNFINISHED_COPY: [], FILLER_COPY: []}
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        if stop - start > 1:
            reason, losers = _settle(values[:, start:stop], followed[start:stop])
            out[reason] += order[start:stop][losers].tolist()
    for reason, positions in out.items():
        flagged = np.zeros(len(rows), bool)
        flagged[positions] = True
        rows.fault(reason, flagged)


def _followed(rows: Rows) -> Flags:
    """Return (n,) flags of the rows whose file has a later one, so that it was made after their close."""
    last = np.full(int(rows.file.max()) + 1, np.iinfo(np.int64).min)
    good = rows.good
    np.maximum.at(last, rows.file[good], rows.micro[good])
    return np.asarray(rows.micro < last[rows.file], bool)


def _settle(values: npt.NDArray[np.float64], followed: Flags) -> tuple[str, Flags]:
    """Return which of the rows (5, k) of one time are kept out, and why."""
    empty = filler(dict(zip(PRICES, values, strict=True)))
    if np.count_nonzero(~empty) == 1:
        return FILLER_COPY, empty
    if np.count_nonzero(followed) == 1:
        opened, high, low, _, volume = values
        whole = int(np.flatnonzero(followed)[0])
        inside = (opened == opened[whole]) & (high <= high[whole]) & (low >= low[whole]) & (volume <= volume[whole])
        if inside.all():
            return UNFINISHED_COPY, ~followed
    return CONFLICT, np.ones(len(followed), bool)


def keep_out_repeated(rows: Rows, step: np.timedelta64) -> None:
    """Keep out both copies of a run of bars that stands a second time, shifted in time, as after a clock error.

    A run is three or more neighbours, none flat or without volume, with equal values a fixed time apart.
    """
    order = np.argsort(rows.micro, kind="stable")
    order = order[rows.good[order]]
    values = np.stack([rows.values[name][order] for name in PRICES])
    micro = rows.micro[order]
    alive = np.flatnonzero((values[1] > values[2]) & (values[4] > 0))
    key = values[0] * 3.0 + values[3] * 7.0 + values[4]
    alive = alive[np.argsort(key[alive], kind="stable")]
    equal = (values[:, alive[1:]] == values[:, alive[:-1]]).all(axis=0)
    if np.count_nonzero(equal) < _RUN:
        return
    partner = np.full(len(order), -1)
    partner[alive[:-1][equal]] = alive[1:][equal]
    shift = np.where(partner >= 0, micro[partner] - micro, 0)
    breaks = (np.diff(shift) != 0) | (np.diff(micro) != int(step.astype("timedelta64[us]").astype(np.int64)))
    starts = np.r_[0, np.flatnonzero(breaks) + 1]
    lengths = np.diff(np.r_[starts, len(order)])
    first = np.repeat((lengths >= _RUN) & (shift[starts] > 0), lengths)
    flagged = np.zeros(len(rows), bool)
    flagged[order[first]] = flagged[order[partner[first]]] = True
    rows.fault(REPEATED, flagged)
