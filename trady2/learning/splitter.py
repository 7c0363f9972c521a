"""Splits in time that leak nothing: walk-forward and combinatorial purged cross-validation, and the rule they share.

A row is decided on at its decision time and its label is known at its label end. The rule: a training row is kept
for a test block only if its label ended before the block began, or it was decided on after the last label of the block
ended (closed intervals: touching is leaking). It goes by time and never by counting rows, so gaps, irregular clocks and
several assets in one panel need nothing special.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.errors import ConfigError, DataError, NotEnoughDataError
from trady2.stats.overlap import clock_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CombinatorialPurged", "WalkForward", "purged", "time_shares"]

Times = NDArray[np.datetime64]
Rows = NDArray[np.int64]
Split = tuple[Rows, Rows]
Gap = timedelta | np.timedelta64

_NO_GAP = np.timedelta64(0, "us")


def purged(
    decision_time: Times,
    label_end: Times,
    test_start: np.datetime64,
    test_end: np.datetime64,
    *,
    before: np.timedelta64 = _NO_GAP,
    after: np.timedelta64 = _NO_GAP,
) -> NDArray[np.bool_]:
    """Tell which rows may be trained on when the block from *test_start* to *test_end*, its last label end, is tested.

    *before* and *after* are embargoes: how much longer than the rule a row has to stay away on that side.
    """
    return (label_end < test_start - before) | (decision_time > test_end + after)


def time_shares(decision_time: Times, shares: list[float]) -> NDArray[np.int64]:
    """Return for each of n rows the block it falls into when the distinct times are dealt out by *shares*, in order.

    Rows of the same time stay together, whatever asset they are of.
    """
    clock, place = clock_of(decision_time)
    edges = np.rint(np.cumsum(shares[:-1]) / sum(shares) * len(clock))
    return np.searchsorted(edges, place, side="right")


@dataclass(frozen=True, kw_only=True)
class WalkForward:
    """Train on the past, test on what follows, move on: history is cut into `n_folds` + 1 stretches of equal time.

    Fold k tests stretch k + 1 and trains on all stretches before it (*expanding*) or on the last one of them. *embargo*
    keeps training rows that much farther away from the test than their label end requires.

    With one row an hour and labels of two hours, the two rows before a test are purged:

        >>> hours = np.arange("2024-01-01T00", "2024-01-01T12", dtype="datetime64[h]")
        >>> for train, test in WalkForward(n_folds=3).split(hours, hours + np.timedelta64(2, "h")):
        ...     print("".join("-" if row in train else "#" if row in test else "." for row in range(12)))
        -..###......
        ----..###...
        -------..###
    """

    n_folds: int
    expanding: bool = True
    embargo: Gap = _NO_GAP

    def __post_init__(self) -> None:
        """Check the numbers; raises ConfigError."""
        _at_least("n_folds", self.n_folds, 1)
        _embargo(self.embargo)

    def split(self, decision_time: Any, label_end: Any) -> Iterator[Split]:
        """Yield (train rows, test rows), ascending positions; a row without a label end is in neither.

        Args:
            decision_time: (n,) UTC times, in any order, several rows of one time allowed.
            label_end: (n,) UTC times not before the decision; NaT for an unknown label.

        Raises:
            NotEnoughDataError: a fold would train or test on no row.
            DataError: times without a zone, of other lengths, or a label that ends before its decision.
        """
        decided, ends, rows = _known(decision_time, label_end)
        stretch = time_shares(decided, [1.0] * (self.n_folds + 1))
        for fold in range(1, self.n_folds + 1):
            test = stretch == fold
            past = stretch < fold if self.expanding else stretch == fold - 1
            _refuse_empty(test, "test", f"fold {fold} of {self.n_folds}", len(rows))
            start, end = decided[test].min(), ends[test].max()
            train = past & purged(decided, ends, start, end, before=_embargo(self.embargo))
            _refuse_empty(train, "train", f"fold {fold} of {self.n_folds}", len(rows))
            yield rows[train], rows[test]


@dataclass(frozen=True, kw_only=True)
class CombinatorialPurged:
    """Test every choice of `n_test_blocks` among `n_blocks` stretches of equal time, train on what is left.

    Each tested stretch is purged on both sides by itself. *embargo* keeps training rows away for that much longer
    after the labels of a tested stretch have ended; make it the longest look-back of a feature, because the features
    of the rows that follow a test look back into it.

    With one row an hour, labels of one hour and an embargo of one hour:

        >>> hours = np.arange("2024-01-01T00", "2024-01-01T16", dtype="datetime64[h]")
        >>> splitter = CombinatorialPurged(n_blocks=4, n_test_blocks=2, embargo=np.timedelta64(1, "h"))
        >>> for train, test in splitter.split(hours, hours + np.timedelta64(1, "h")):
        ...     print("".join("-" if row in train else "#" if row in test else "." for row in range(16)))
        ########..------
        ####..-.####..--
        ####..-----.####
        ---.########..--
        ---.####..-.####
        -------.########
    """

    n_blocks: int
    n_test_blocks: int
    embargo: Gap = _NO_GAP

    def __post_init__(self) -> None:
        """Check the numbers; raises ConfigError."""
        _at_least("n_blocks", self.n_blocks, 2)
        _at_least("n_test_blocks", self.n_test_blocks, 1)
        if self.n_test_blocks >= self.n_blocks:
            raise ConfigError(
                f"n_test_blocks = {self.n_test_blocks} leaves nothing to train on; keep it below {self.n_blocks} blocks"
            )
        _embargo(self.embargo)

    def split(self, decision_time: Any, label_end: Any) -> Iterator[Split]:
        """Yield (train rows, test rows) for every choice of blocks in order; see `WalkForward.split`."""
        decided, ends, rows = _known(decision_time, label_end)
        block = time_shares(decided, [1.0] * self.n_blocks)
        keep = []
        for number in range(self.n_blocks):
            _refuse_empty(block == number, "test", f"block {number + 1} of {self.n_blocks}", len(rows))
            start, end = decided[block == number].min(), ends[block == number].max()
            keep.append(purged(decided, ends, start, end, after=_embargo(self.embargo)))
        for chosen in combinations(range(self.n_blocks), self.n_test_blocks):
            test = np.isin(block, chosen)
            train = ~test & np.logical_and.reduce([keep[number] for number in chosen])
            _refuse_empty(train, "train", f"test blocks {', '.join(str(number + 1) for number in chosen)}", len(rows))
            yield rows[train], rows[test]


def _known(decision_time: Any, label_end: Any) -> tuple[Times, Times, Rows]:
    decided, ends = utc_times(decision_time, "decision_time"), utc_times(label_end, "label_end")
    if len(decided) != len(ends):
        raise DataError(f"{len(decided)} decision times stand beside {len(ends)} label ends; give one for each row")
    rows = np.flatnonzero(~(np.isnat(ends) | np.isnat(decided)))
    decided, ends = decided[rows], ends[rows]
    if np.any(ends < decided):
        row = int(rows[np.argmax(ends < decided)])
        raise DataError(f"row {row}: its label ends before its decision is made; label the rows again", row=row)
    return decided, ends, rows


def utc_times(values: Any, name: str) -> Times:
    """Return *values* as (n,) datetime64[us], UTC; NaT stays NaT.

    NumPy times are UTC by definition; times of pandas and Python need a zone. Raises DataError for a time without one.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("datetime64[us]")
    import pandas as pd

    index = pd.DatetimeIndex(values)
    if index.tz is None and not index.isna().all():
        raise DataError(f"{name} has no time zone; use pandas.to_datetime(…, utc=True)", argument=name)
    return index.tz_localize(None).to_numpy("datetime64[us]") if index.tz is None else _utc(index)


def _utc(index: pd.DatetimeIndex) -> Times:
    return index.tz_convert("UTC").tz_localize(None).to_numpy("datetime64[us]")


def _embargo(gap: Gap) -> np.timedelta64:
    """Return the embargo in microseconds, cut at 3,000 years so that no sum with a time can overflow."""
    micro = (
        gap.astype("timedelta64[us]").astype(int)
        if isinstance(gap, np.timedelta64)
        else gap // timedelta(microseconds=1)
    )
    if micro < 0:
        raise ConfigError(f"embargo = {gap} lies in the past; make it 0 or more", embargo=gap)
    return np.timedelta64(min(int(micro), 10**17), "us")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"{name} = {value} splits nothing; make it {least} or more", **{name: value})


def _refuse_empty(rows: NDArray[np.bool_], part: str, place: str, n_rows: int) -> None:
    if not rows.any():
        raise NotEnoughDataError(
            f"{place} has no row to {part} on: of {n_rows} labelled rows the purge and the embargo left none; "
            "add history, ask for fewer splits, or shorten the horizon or the embargo",
            rows=n_rows,
            place=place,
        )
