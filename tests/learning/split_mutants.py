"""Wrong splits, as found in other libraries and in common code: the check has to catch every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import KFold, train_test_split

from tests.learning.panels import STEP
from trady2.learning import splitter
from trady2.learning.splitter import WalkForward

EMBARGO = 20 * STEP

Panel = tuple[np.ndarray, np.ndarray]
Splits = Iterator[tuple[np.ndarray, np.ndarray]]


class Edge(NamedTuple):
    """What the purge rule is asked about: rows by decision and label end, a test block, an embargo on each side."""

    decided: np.ndarray
    ends: np.ndarray
    start: np.datetime64
    end: np.datetime64
    before: np.timedelta64
    after: np.timedelta64


def no_purge(edge: Edge) -> np.ndarray:
    """Keep every row: the split of most tutorials."""
    return np.ones(len(edge.decided), bool)


def half_open(edge: Edge) -> np.ndarray:
    """Keep rows whose label ends in the moment in which the test begins, as purgedcv does."""
    return (edge.ends <= edge.start - edge.before) | (edge.decided > edge.end + edge.after)


def left_only(edge: Edge) -> np.ndarray:
    """Purge what comes before a test, and nothing behind it."""
    return (edge.ends < edge.start - edge.before) | (edge.decided >= edge.start)


def right_only(edge: Edge) -> np.ndarray:
    """Purge what comes behind a test, and nothing before it, as the old mlfinlab did."""
    return (edge.decided < edge.start) | (edge.decided > edge.end + edge.after)


def by_decision(edge: Edge) -> np.ndarray:
    """Purge by the decision times alone, so that labels do not count."""
    return (edge.decided < edge.start - edge.before) | (edge.decided > edge.start + edge.after)


def embargo_dropped(edge: Edge) -> np.ndarray:
    """Purge by the rule and forget the embargo, as one of skfolio's paths did."""
    return (edge.ends < edge.start) | (edge.decided > edge.end)


def fails_open(edge: Edge) -> np.ndarray:
    """Give up the whole right side when the embargo reaches past the end of the data, as timeseriescv does."""
    reached = edge.end + edge.after
    right = edge.decided > reached if reached < edge.decided.max() else edge.decided > edge.start
    return (edge.ends < edge.start - edge.before) | right


EVERYWHERE = ("expanding", "rolling", "calendar", "combinatorial")
RULES = {
    no_purge: EVERYWHERE,
    half_open: EVERYWHERE,
    right_only: EVERYWHERE,
    by_decision: EVERYWHERE,
    embargo_dropped: EVERYWHERE,
    left_only: ("combinatorial", "one block"),
    fails_open: ("one block",),
}


def _known(panel: Panel) -> np.ndarray:
    return np.flatnonzero(~np.isnat(panel[1]))


def purged_by_rows(panel: Panel) -> Splits:
    """Drop fourteen rows, the longest horizon, between train and test of a stacked panel."""
    known, cut = _known(panel), len(panel[1]) // 2
    yield known[known < cut - 14], known[known >= cut]


def embargoed_by_rows(panel: Panel) -> Splits:
    """Purge by time, and embargo as many rows as the embargo would have steps if there were no gap."""
    for train, test in WalkForward(n_folds=4).split(*panel):
        ordered = train[np.argsort(panel[0][train], kind="stable")]
        yield np.sort(ordered[: -int(EMBARGO / STEP)]), test


def labels_of_another_asset(panel: Panel) -> Splits:
    """Purge every row by the label end that stands one asset further."""
    decided, ends = panel
    return WalkForward(n_folds=4).split(decided, np.maximum(np.roll(ends, len(ends) // 3), decided))


def assumed_horizon(panel: Panel) -> Splits:
    """Purge by the shortest horizon in steps instead of the label's own end, as if no bar were ever missing."""
    decided, ends = panel
    return WalkForward(n_folds=4).split(decided, np.where(np.isnat(ends), ends, decided + 4 * STEP))


def random_folds(panel: Panel) -> Splits:
    """Deal rows out at random."""
    known = _known(panel)
    for train, test in KFold(5, shuffle=True, random_state=0).split(known):
        yield known[train], known[test]


def stratified_split(panel: Panel) -> Splits:
    """Split at random with equal shares of a label."""
    known = _known(panel)
    train, test = train_test_split(known, test_size=0.2, stratify=known % 2, random_state=0)
    yield train, test


def contiguous_folds(panel: Panel) -> Splits:
    """Cut time into five and train on the other four, without any purge."""
    known = _known(panel)
    known = known[np.argsort(panel[0][known], kind="stable")]
    for train, test in KFold(5).split(known):
        yield known[train], known[test]


def split_by_position(panel: Panel) -> Splits:
    """Take the first four fifths of the rows of a panel in which assets are stacked."""
    known = _known(panel)
    yield known[: len(known) * 4 // 5], known[len(known) * 4 // 5 :]


def purged_at_the_last_block(panel: Panel) -> Splits:
    """Test two blocks apart from each other and purge around the later one alone."""
    known = _known(panel)
    decided, ends = panel[0][known], panel[1][known]
    block = splitter.time_shares(decided, [1.0] * 5)
    test, last = np.isin(block, [1, 3]), block == 3
    keep = splitter.purged(decided, ends, decided[last].min(), ends[last].max())
    yield known[~test & keep], known[test]


def unknown_labels_kept(panel: Panel) -> Splits:
    """Give rows without a label the time of their decision as its end."""
    decided, ends = panel
    return WalkForward(n_folds=4).split(decided, np.where(np.isnat(ends), decided, ends))


def tested_rows_kept(panel: Panel) -> Splits:
    """Refit on everything, the tested rows included."""
    for train, test in WalkForward(n_folds=4).split(*panel):
        yield np.union1d(train, test), test


SPLITS = [
    purged_by_rows,
    embargoed_by_rows,
    labels_of_another_asset,
    assumed_horizon,
    random_folds,
    stratified_split,
    contiguous_folds,
    split_by_position,
    purged_at_the_last_block,
    unknown_labels_kept,
    tested_rows_kept,
]
