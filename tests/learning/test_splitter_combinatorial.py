from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.learning.panels import STEP, as_times, minutes, stacked_panels
from trady2.errors import ConfigError, DataError, NotEnoughDataError
from trady2.learning.splitter_combinatorial import CombinatorialPurged

HOURS = minutes(np.arange(12) * 60)


@pytest.mark.parametrize("after", [0, 7])
@settings(max_examples=25, deadline=None)
@given(panel=stacked_panels())
def test_every_row_that_the_rule_keeps_is_kept(after: int, panel: tuple[np.ndarray, ...]) -> None:
    """Row by row and block by block, exactly the rows that end before a block or begin after its embargo are kept."""
    decided, ends = panel
    known = np.flatnonzero(~np.isnan(ends))
    clock = np.unique(decided[known])
    edges = [0, *(round(len(clock) * part / 5) for part in range(1, 6))]
    blocks = [known[np.isin(decided[known], clock[edges[i] : edges[i + 1]])] for i in range(5)]
    splitter = CombinatorialPurged(n_blocks=5, n_test_blocks=2, embargo=after * STEP)
    try:
        found = list(splitter.split(as_times(decided), as_times(ends)))
    except NotEnoughDataError:
        found = []
    assume(found)
    for (train, test), pair in zip(found, combinations(range(5), 2), strict=True):
        assert test.tolist() == sorted([*blocks[pair[0]], *blocks[pair[1]]])
        spans = [(decided[blocks[i]].min(), ends[blocks[i]].max() + after) for i in pair]
        assert train.tolist() == [r for r in known if all(ends[r] < a or decided[r] > b for a, b in spans)]


@given(sizes=st.tuples(st.integers(2, 9), st.integers(1, 8)).filter(lambda pair: pair[1] < pair[0]))
def test_paths_use_every_test_once(sizes: tuple[int, int]) -> None:
    """Each pair of split and tested block serves exactly one path, and no path tests a block twice."""
    n_blocks, n_test = sizes
    splitter = CombinatorialPurged(n_blocks=n_blocks, n_test_blocks=n_test)
    paths, chosen = splitter.paths(), list(combinations(range(n_blocks), n_test))
    assert (splitter.n_splits, splitter.n_paths) == (len(chosen), comb(n_blocks - 1, n_test - 1))
    assert paths.shape == (splitter.n_paths, n_blocks)
    used = sorted((int(split), block) for path in paths for block, split in enumerate(path))
    assert used == sorted((split, block) for split, blocks in enumerate(chosen) for block in blocks)


def test_six_blocks_two_tests_make_five_paths() -> None:
    """López de Prado's own example (2018, figure 12.1): 15 splits of six blocks by two make 5 paths."""
    splitter = CombinatorialPurged(n_blocks=6, n_test_blocks=2)
    assert (splitter.n_splits, splitter.n_paths) == (15, 5)
    assert splitter.paths()[0].tolist() == [0, 0, 1, 2, 3, 4]


@settings(max_examples=30, deadline=None)
@given(panel=stacked_panels())
def test_stitched_paths_hold_each_row_once(panel: tuple[np.ndarray, ...]) -> None:
    """Values that name split and row come back once per row and path, from splits that test the row, none twice."""
    decided, ends = as_times(panel[0]), as_times(panel[1])
    splitter = CombinatorialPurged(n_blocks=5, n_test_blocks=3)
    try:
        tests = [test for _, test in splitter.split(decided, ends)]
    except NotEnoughDataError:
        tests = []
    assume(tests)
    stitched = splitter.stitch(decided, ends, [test + 1000.0 * number for number, test in enumerate(tests)])
    for row in range(len(decided)):
        of_row = [number for number, test in enumerate(tests) if row in test]
        if of_row:
            assert sorted(stitched[:, row].tolist()) == [row + 1000.0 * number for number in of_row]
            assert len(of_row) == splitter.n_paths
        else:
            assert np.isnan(stitched[:, row]).all()


def test_values_that_do_not_fit() -> None:
    """Another number of tests, or of values in one, is refused."""
    splitter = CombinatorialPurged(n_blocks=3, n_test_blocks=1)
    with pytest.raises(DataError, match=r"2 tests were given where there are 3 splits; give one for each"):
        splitter.stitch(HOURS, HOURS, [np.zeros(4)] * 2)
    with pytest.raises(DataError, match=r"test 1 has 5 values for 4 rows; give one for each row"):
        splitter.stitch(HOURS, HOURS, [np.zeros(4), np.zeros(5), np.zeros(4)])


def test_embargo_follows_each_tested_block() -> None:
    """Two tested blocks apart from each other each keep the two hours after them free, the last one past the end."""
    splitter = CombinatorialPurged(n_blocks=4, n_test_blocks=2, embargo=np.timedelta64(1, "h"))
    train, test = list(splitter.split(HOURS, HOURS))[1]
    assert (test.tolist(), train.tolist()) == ([0, 1, 2, 6, 7, 8], [4, 5, 10, 11])
    train, test = list(splitter.split(HOURS, HOURS))[2]
    assert (test.tolist(), train.tolist()) == ([0, 1, 2, 9, 10, 11], [4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (CombinatorialPurged(n_blocks=2, n_test_blocks=1, embargo=np.timedelta64(9, "D")), r"test blocks 1 has no row"),
        (CombinatorialPurged(n_blocks=20, n_test_blocks=2), r"block \d+ of 20 has no row to test on"),
    ],
)
def test_nothing_left(splitter: CombinatorialPurged, message: str) -> None:
    """A split without rows to train or test on raises; it never yields nothing."""
    with pytest.raises(NotEnoughDataError, match=message):
        list(splitter.split(HOURS, HOURS + np.timedelta64(2, "h")))


@pytest.mark.parametrize(
    ("n_blocks", "n_test_blocks", "message"),
    [
        (1, 1, r"n_blocks = 1 splits nothing; make it 2 or more"),
        (4, 0, r"n_test_blocks = 0 splits nothing; make it 1 or more"),
        (4, 4, r"n_test_blocks = 4 leaves nothing to train on; keep it below 4 blocks"),
    ],
)
def test_numbers_that_split_nothing(n_blocks: int, n_test_blocks: int, message: str) -> None:
    """Counts that leave nothing to train on or to test are refused."""
    with pytest.raises(ConfigError, match=message):
        CombinatorialPurged(n_blocks=n_blocks, n_test_blocks=n_test_blocks)


def test_splits_equal_those_of_purgedcv() -> None:
    """Gaps, random label ends and three hours of embargo give the splits of purgedcv 0.1.11.

    Its labels end before their end, ours include it, so it was given ends that lie one microsecond later.
    """
    decided = [2, 11, 12, 21, 22, 23, 25, 26, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 54, 55, 57, 59, 60]
    ends = [4, 14, 14, 26, 23, 28, 29, 31, 36, 38, 41, 41, 43, 44, 45, 43, 48, 47, 50, 56, 57, 62, 60, 61]
    trained = [
        [18, 19, 20, 21, 22, 23],
        [8, 9, 19, 20, 21, 22, 23],
        [8, 9, 10, 11, 12, 13, 15],
        [0, 1, 2, 4, 19, 20, 21, 22, 23],
        [0, 1, 2, 4],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]
    splitter = CombinatorialPurged(n_blocks=4, n_test_blocks=2, embargo=np.timedelta64(3, "h"))
    found = splitter.split(minutes(np.array(decided) * 60), minutes(np.array(ends) * 60))
    tested = [[row for row in range(24) if row // 6 in blocks] for blocks in combinations(range(4), 2)]
    assert [(train.tolist(), test.tolist()) for train, test in found] == list(zip(trained, tested, strict=True))
