"""Combinatorial purged cross-validation: many paths through one history, each row tested once on every path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.errors import ConfigError, DataError
from trady2.learning.splitter import Split, at_least, purged, refuse_empty, time_shares
from trady2.learning.splitter_times import NO_GAP, Gap, embargo_of, labelled_rows

__all__ = ["CombinatorialPurged"]


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

    Every stretch is tested in three of these six, so there are three paths, each with every row tested once. Row by
    row the paths, column by column the stretches, this is the split that tests it:

        >>> splitter.n_splits, splitter.n_paths
        (6, 3)
        >>> print(splitter.paths())
        [[0 0 1 2]
         [1 3 3 4]
         [2 4 5 5]]
    """

    n_blocks: int
    n_test_blocks: int
    embargo: Gap = NO_GAP

    def __post_init__(self) -> None:
        """Check the numbers; raises ConfigError."""
        at_least("n_blocks", self.n_blocks, 2)
        at_least("n_test_blocks", self.n_test_blocks, 1)
        if self.n_test_blocks >= self.n_blocks:
            raise ConfigError(
                f"n_test_blocks = {self.n_test_blocks} leaves nothing to train on; keep it below {self.n_blocks} blocks"
            )
        embargo_of(self.embargo)

    @property
    def n_splits(self) -> int:
        """How many splits there are: `n_blocks` choose `n_test_blocks`."""
        return comb(self.n_blocks, self.n_test_blocks)

    @property
    def n_paths(self) -> int:
        """How often each row is tested: n_splits x n_test_blocks / n_blocks (López de Prado 2018, section 12.3)."""
        return self.n_splits * self.n_test_blocks // self.n_blocks

    def paths(self) -> NDArray[np.int64]:
        """Return the (n_paths, n_blocks) numbers of the splits that test each block on each path.

        Path p takes for every block the p-th split in which that block is tested, so no path uses a test twice.
        """
        chosen = list(combinations(range(self.n_blocks), self.n_test_blocks))
        tested = [[number for number, blocks in enumerate(chosen) if block in blocks] for block in range(self.n_blocks)]
        return np.array(tested, np.int64).T

    def split(self, decision_time: Any, label_end: Any) -> Iterator[Split]:
        """Yield (train rows, test rows) for every choice of blocks in order; see `WalkForward.split`."""
        decided, ends, rows = labelled_rows(decision_time, label_end)
        block = time_shares(decided, [1.0] * self.n_blocks)
        keep = []
        for number in range(self.n_blocks):
            refuse_empty(block == number, "test", f"block {number + 1} of {self.n_blocks}", len(rows))
            start, end = decided[block == number].min(), ends[block == number].max()
            keep.append(purged(decided, ends, start, end, after=embargo_of(self.embargo)))
        for chosen in combinations(range(self.n_blocks), self.n_test_blocks):
            test = np.isin(block, chosen)
            train = ~test & np.logical_and.reduce([keep[number] for number in chosen])
            refuse_empty(train, "train", f"test blocks {', '.join(str(number + 1) for number in chosen)}", len(rows))
            yield rows[train], rows[test]

    def stitch(self, decision_time: Any, label_end: Any, tested: Sequence[ArrayLike]) -> NDArray[np.float64]:
        """Return (n_paths, n) values, one path a row, from what the tests of all splits gave.

        Args:
            decision_time: (n,) as for `split`.
            label_end: (n,) as for `split`.
            tested: for each split in order, the values of its test rows, such as predictions or returns.

        Returns:
            Every row that is tested has one value on each path; the rows that no split tests are NaN.

        Raises:
            DataError: another number of splits, or of rows in one of them.
        """
        decided, _, rows = labelled_rows(decision_time, label_end)
        block, paths = time_shares(decided, [1.0] * self.n_blocks), self.paths()
        if len(tested) != self.n_splits:
            raise DataError(f"{len(tested)} tests were given where there are {self.n_splits} splits; give one for each")
        stitched = np.full((self.n_paths, len(decision_time)), np.nan)
        for number, chosen in enumerate(combinations(range(self.n_blocks), self.n_test_blocks)):
            values, inside = np.asarray(tested[number], np.float64), np.flatnonzero(np.isin(block, chosen))
            if len(values) != len(inside):
                raise DataError(f"test {number} has {len(values)} values for {len(inside)} rows; give one for each row")
            for place in chosen:
                of_block = block[inside] == place
                path = int(np.flatnonzero(paths[:, place] == number)[0])
                stitched[path, rows[inside[of_block]]] = values[of_block]
        return stitched
