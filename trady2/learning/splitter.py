"""Splits in time that leak nothing: the rule, and walk-forward with as many tests as are wanted.

A row is decided on at its decision time and its label is known at its label end. The rule: a training row is kept
for a test block only if its label ended before the block began, or it was decided on after the last label of the block
ended (closed intervals: touching is leaking). It goes by time and never by counting rows, so gaps, irregular clocks and
several assets in one panel need nothing special.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trady2.errors import ConfigError, NotEnoughDataError
from trady2.learning.splitter_times import NO_GAP, Gap, Rows, Times, embargo_of, labelled_rows
from trady2.stats.overlap import clock_of

__all__ = ["Folds", "Split", "WalkForward", "at_least", "purged", "refuse_empty", "time_shares", "walk"]

Split = tuple[Rows, Rows]
Bools = NDArray[np.bool_]
Folds = Iterator[tuple[str, Bools, Bools]]


def purged(
    decision_time: Times,
    label_end: Times,
    test_start: np.datetime64,
    test_end: np.datetime64,
    *,
    before: np.timedelta64 = NO_GAP,
    after: np.timedelta64 = NO_GAP,
) -> Bools:
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


def walk(decided: Times, ends: Times, rows: Rows, folds: Folds, embargo: Gap) -> Iterator[Split]:
    """Yield (train rows, test rows) of *folds*: a name, the past and the test of each, before the purge.

    Raises:
        NotEnoughDataError: a fold would train or test on no row.
    """
    for name, past, test in folds:
        refuse_empty(test, "test", name, len(rows))
        start, end = decided[test].min(), ends[test].max()
        train = past & purged(decided, ends, start, end, before=embargo_of(embargo))
        refuse_empty(train, "train", name, len(rows))
        yield rows[train], rows[test]


@dataclass(frozen=True, kw_only=True)
class WalkForward:
    """Train on the past, test on what follows, move on.

    The distinct times of history are cut into a first stretch and `n_folds` tests of equal length, which make up
    *test_share* of it (None: all stretches are equal). Each test trains on everything before it (*expanding*), or on as
    many times before it as the first stretch has. *embargo* keeps training rows that much farther away from the test
    than their label end requires.

    With one row an hour and labels of two hours, the two rows before a test are purged:

        >>> hours = np.arange("2024-01-01T00", "2024-01-01T12", dtype="datetime64[h]")
        >>> for train, test in WalkForward(n_folds=3).split(hours, hours + np.timedelta64(2, "h")):
        ...     print("".join("-" if row in train else "#" if row in test else "." for row in range(12)))
        -..###......
        ----..###...
        -------..###

    Rolling over the last half of history:

        >>> rolling = WalkForward(n_folds=3, expanding=False, test_share=0.5)
        >>> for train, test in rolling.split(hours, hours + np.timedelta64(2, "h")):
        ...     print("".join("-" if row in train else "#" if row in test else "." for row in range(12)))
        ----..##....
        ..----..##..
        ....----..##

    For tests that begin with a week or a month see `splitter_calendar`, for every choice of test blocks
    `splitter_combinatorial`.
    """

    n_folds: int
    expanding: bool = True
    embargo: Gap = NO_GAP
    test_share: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers; raises ConfigError."""
        at_least("n_folds", self.n_folds, 1)
        embargo_of(self.embargo)
        if self.test_share is not None and not 0 < self.test_share < 1:
            raise ConfigError(
                f"test_share = {self.test_share} leaves nothing to train on or to test; choose one between 0 and 1",
                test_share=self.test_share,
            )

    def split(self, decision_time: Any, label_end: Any) -> Iterator[Split]:
        """Yield (train rows, test rows), ascending positions; a row without a label end is in neither.

        Args:
            decision_time: (n,) UTC times, in any order, several rows of one time allowed.
            label_end: (n,) UTC times not before the decision; NaT for an unknown label.

        Raises:
            NotEnoughDataError: a fold would train or test on no row.
            DataError: times without a zone, of other lengths, or a label that ends before its decision.
        """
        decided, ends, rows = labelled_rows(decision_time, label_end)
        return walk(decided, ends, rows, self._folds(decided), self.embargo)

    def _folds(self, decided: Times) -> Folds:
        first = 1.0 if self.test_share is None else self.n_folds * (1 / self.test_share - 1)
        stretch = time_shares(decided, [first] + [1.0] * self.n_folds)
        place = clock_of(decided)[1]
        window = len(np.unique(place[stretch == 0]))
        for fold in range(1, self.n_folds + 1):
            test = stretch == fold
            past = stretch < fold
            if not self.expanding and test.any():
                past &= place >= place[test].min() - window
            yield f"fold {fold} of {self.n_folds}", past, test


def at_least(name: str, value: int, least: int) -> None:
    """Refuse a count below its *least* with a ConfigError."""
    if value < least:
        raise ConfigError(f"{name} = {value} splits nothing; make it {least} or more", **{name: value})


def refuse_empty(rows: Bools, part: str, place: str, n_rows: int) -> None:
    """Refuse a mask of *rows* that holds none of the *n_rows* with a NotEnoughDataError."""
    if not rows.any():
        raise NotEnoughDataError(
            f"{place} has no row to {part} on: of {n_rows} labelled rows the purge and the embargo left none; "
            "add history, ask for fewer splits, or shorten the horizon or the embargo",
            rows=n_rows,
            place=place,
        )
