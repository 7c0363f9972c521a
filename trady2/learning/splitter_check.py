"""What a split is checked by: pairs of training and test labels that touch, whoever made the split and however."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from trady2.learning.splitter_times import NO_GAP, Gap, Rows, embargo_of, utc_times

__all__ = ["SplitFaults", "count_faults"]


class SplitFaults(NamedTuple):
    """How often a split breaks the rule; all zero for one that leaks nothing."""

    overlaps: int
    """Pairs of a training and a test row whose lives, from decision to label end, both ends included, touch."""
    embargo: int
    """Further pairs that touch only when the embargo is added to them."""
    shared: int
    """Rows in both parts."""
    unknown: int
    """Rows without a label end, in either part."""

    @property
    def total(self) -> int:
        """All faults together."""
        return sum(self)


def count_faults(
    decision_time: Any, label_end: Any, train: Rows, test: Rows, *, before: Gap = NO_GAP, after: Gap = NO_GAP
) -> SplitFaults:
    """Count how often (train, test) breaks the purge rule, over all pairs of rows, in O(n log n).

    Two lives are apart when one ends before the other begins. So of all pairs those are taken away in which the
    training label ends before the test decision, and those in which the test label ends before the training decision.

    Args:
        decision_time: (n,) UTC times of all rows.
        label_end: (n,) UTC times of all rows, NaT for unknown.
        train: positions of the training rows.
        test: positions of the test rows.
        before: embargo between a training label's end and the tests after it.
        after: embargo between a test label's end and the training rows after it.
    """
    decided, ends = utc_times(decision_time, "decision_time"), utc_times(label_end, "label_end")
    unknown = np.isnat(decided) | np.isnat(ends)
    known_train, known_test = train[~unknown[train]], test[~unknown[test]]
    starts, lasts = np.sort(decided[known_test]), np.sort(ends[known_test])

    def touching(gap_before: np.timedelta64, gap_after: np.timedelta64) -> int:
        begun = np.searchsorted(starts, ends[known_train] + gap_before, side="right")
        over = np.searchsorted(lasts + gap_after, decided[known_train], side="left")
        return int(np.sum(begun - over))

    overlaps = touching(NO_GAP, NO_GAP)
    return SplitFaults(
        overlaps=overlaps,
        embargo=touching(embargo_of(before), embargo_of(after)) - overlaps,
        shared=len(np.intersect1d(train, test)),
        unknown=int(unknown[train].sum() + unknown[test].sum()),
    )
