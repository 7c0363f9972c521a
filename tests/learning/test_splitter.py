from __future__ import annotations

import doctest
import sys
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.learning.panels import STEP, as_times, minutes, stacked_panels
from trady2.errors import ConfigError, DataError, NotEnoughDataError
from trady2.learning.splitter import WalkForward, time_shares
from trady2.learning.splitter_calendar import CalendarWalkForward
from trady2.learning.splitter_combinatorial import CombinatorialPurged

SPLITTERS = {
    "expanding": lambda embargo: WalkForward(n_folds=3, embargo=embargo),
    "rolling": lambda embargo: WalkForward(n_folds=3, expanding=False, embargo=embargo),
    "last share": lambda embargo: WalkForward(n_folds=4, embargo=embargo, test_share=0.5),
    "rolling last share": lambda embargo: WalkForward(n_folds=4, expanding=False, embargo=embargo, test_share=0.5),
    "calendar": lambda embargo: CalendarWalkForward(period="week", embargo=embargo),
    "rolling calendar": lambda embargo: CalendarWalkForward(
        period="week", n_train_periods=1, expanding=False, embargo=embargo
    ),
    "combinatorial": lambda embargo: CombinatorialPurged(n_blocks=5, n_test_blocks=2, embargo=embargo),
    "combinatorial of three": lambda embargo: CombinatorialPurged(n_blocks=6, n_test_blocks=3, embargo=embargo),
}
COUNTS = {
    "expanding": 3,
    "rolling": 3,
    "last share": 4,
    "rolling last share": 4,
    "combinatorial": 10,
    "combinatorial of three": 20,
}
EMBARGOES = {"none": 0, "five": 5, "over the end for late tests": 45}


def folds(kind: str, embargo: int, decided: np.ndarray, ends: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return all folds, or none where the purge leaves nothing to train on."""
    try:
        return list(SPLITTERS[kind](embargo * STEP).split(as_times(decided), as_times(ends)))
    except NotEnoughDataError:
        return []


@pytest.mark.parametrize("embargo", EMBARGOES)
@pytest.mark.parametrize("kind", SPLITTERS)
@settings(max_examples=25, deadline=None)
@given(panel=stacked_panels())
def test_no_life_of_a_training_row_touches_a_test_row(kind: str, embargo: str, panel: tuple[np.ndarray, ...]) -> None:
    """Counting all pairs finds no training label whose life, ends and embargo included, meets that of a test label."""
    decided, ends = panel
    found = folds(kind, EMBARGOES[embargo], decided, ends)
    assume(found)
    assert len(found) == COUNTS.get(kind, len(found))
    gap = EMBARGOES[embargo]
    before, after = (0, gap) if "combinatorial" in kind else (gap, 0)
    for train, test in found:
        meets = (decided[train][:, None] <= ends[test] + after) & (decided[test] <= ends[train][:, None] + before)
        assert meets.sum() == 0
        assert min(len(train), len(test)) > 0
        assert np.all(np.diff(train) > 0)
        assert np.all(np.diff(test) > 0)
        assert not np.isnan(ends[np.concatenate([train, test])]).any()
        assert not set(decided[train]) & set(decided[test])


@pytest.mark.parametrize("kind", SPLITTERS)
@settings(max_examples=25, deadline=None)
@given(panel=stacked_panels(), embargo=st.integers(0, 12), more=st.integers(0, 30))
def test_a_longer_embargo_only_takes_rows_away(
    kind: str, panel: tuple[np.ndarray, ...], embargo: int, more: int
) -> None:
    """With a longer embargo every fold trains on a part of the rows, and tests the same ones."""
    small, large = folds(kind, embargo, *panel), folds(kind, embargo + more, *panel)
    assume(large)
    for (train, test), (fewer, same) in zip(small, large, strict=True):
        assert set(fewer) <= set(train)
        assert test.tolist() == same.tolist()


@pytest.mark.parametrize("kind", ["expanding", "rolling", "last share", "rolling last share"])
@settings(max_examples=25, deadline=None)
@given(panel=stacked_panels(), before=st.integers(0, 9))
def test_walk_forward_keeps_every_row_that_the_rule_keeps(
    kind: str, panel: tuple[np.ndarray, ...], before: int
) -> None:
    """Fold by fold and row by row, exactly the rows of the window that end before the test and its embargo are kept."""
    decided, ends = panel
    known = np.flatnonzero(~np.isnan(ends))
    clock = np.unique(decided[known]).tolist()
    first, tests = (0.5, 0.125) if "share" in kind else (0.25, 0.25)
    found = folds(kind, before, decided, ends)
    assume(found)
    for fold, (train, test) in enumerate(found):
        begin, end = round(len(clock) * (first + fold * tests)), round(len(clock) * (first + (fold + 1) * tests))
        inside = set(clock[begin:end])
        assert test.tolist() == [row for row in known if decided[row] in inside]
        opening = clock[begin - round(len(clock) * first)] if "rolling" in kind else clock[0]
        assert train.tolist() == [row for row in known if decided[row] >= opening and ends[row] + before < clock[begin]]


def test_walk_forward_by_hand() -> None:
    """Twelve hourly rows with labels of two hours, as a person would split them; the embargo takes one more row."""
    hours = minutes(np.arange(12) * 60)
    ends = hours + np.timedelta64(2, "h")
    expected = [([0], [3, 4, 5]), ([0, 1, 2, 3], [6, 7, 8]), ([0, 1, 2, 3, 4, 5, 6], [9, 10, 11])]
    found = WalkForward(n_folds=3).split(hours, ends)
    assert [(train.tolist(), test.tolist()) for train, test in found] == expected
    rolling = WalkForward(n_folds=3, expanding=False).split(hours, ends)
    assert [train.tolist() for train, _ in rolling] == [[0], [3], [6]]
    embargoed = WalkForward(n_folds=1, embargo=timedelta(hours=1)).split(hours, ends)
    assert [train.tolist() for train, _ in embargoed] == [[0, 1, 2]]


def test_panel_times_stay_together() -> None:
    """Two stacked assets with the same clock are cut at the same time, not at the same row."""
    hours = minutes(np.tile(np.arange(6) * 60, 2))
    train, test = next(WalkForward(n_folds=1).split(hours, hours + np.timedelta64(1, "m")))
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11])


def test_times_of_pandas() -> None:
    """Series and indexes with a zone give what arrays give, whatever the zone."""
    hours = pd.Series(pd.date_range("2024-01-01", periods=12, freq="h", tz="UTC"))
    ends = (hours + pd.Timedelta("2h")).dt.tz_convert("Asia/Tokyo")
    found = list(WalkForward(n_folds=2, embargo=pd.Timedelta("1h")).split(hours, ends))
    plain = WalkForward(n_folds=2, embargo=np.timedelta64(1, "h")).split(
        minutes(np.arange(12) * 60), minutes(np.arange(2, 14) * 60)
    )
    for (train, test), (same, again) in zip(found, plain, strict=True):
        assert (train.tolist(), test.tolist()) == (same.tolist(), again.tolist())


def test_naive_times() -> None:
    """A series without a zone is refused."""
    hours = pd.Series(pd.date_range("2024-01-01", periods=12, freq="h"))
    with pytest.raises(DataError, match=r"decision_time has no time zone; use pandas.to_datetime"):
        next(WalkForward(n_folds=2).split(hours, hours))


def test_nothing_known_yet() -> None:
    """Rows without a single known label cannot be split."""
    hours = minutes(np.arange(12) * 60)
    unknown = pd.Series(pd.NaT, index=range(12))
    with pytest.raises(NotEnoughDataError, match=r"of 0 labelled rows"):
        next(WalkForward(n_folds=2).split(hours, unknown))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (WalkForward(n_folds=11), r"fold 1 of 11 has no row to train on: of 12 labelled rows .* add history"),
        (WalkForward(n_folds=20), r"fold \d+ of 20 has no row to test on"),
        (WalkForward(n_folds=3, embargo=timedelta.max), r"fold 1 of 3 has no row to train on"),
        (CombinatorialPurged(n_blocks=2, n_test_blocks=1, embargo=timedelta.max), r"test blocks 1 has no row to train"),
        (CombinatorialPurged(n_blocks=20, n_test_blocks=2), r"block \d+ of 20 has no row to test on"),
    ],
)
def test_nothing_left(split: WalkForward | CombinatorialPurged, message: str) -> None:
    """A split without rows to train or test on raises; it never yields nothing."""
    hours = minutes(np.arange(12) * 60)
    with pytest.raises(NotEnoughDataError, match=message):
        list(split.split(hours, hours + np.timedelta64(2, "h")))


def test_times_that_do_not_fit() -> None:
    """Label ends of another length, or before their decision, are refused."""
    hours = minutes(np.arange(12) * 60)
    with pytest.raises(DataError, match=r"12 decision times stand beside 11 label ends"):
        next(WalkForward(n_folds=2).split(hours, hours[1:]))
    with pytest.raises(DataError, match=r"row 4: its label ends before its decision"):
        next(WalkForward(n_folds=2).split(hours, np.where(np.arange(12) == 4, hours[0], hours[-1])))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WalkForward(n_folds=0), r"n_folds = 0 splits nothing; make it 1 or more"),
        (lambda: WalkForward(n_folds=2, test_share=1.0), r"test_share = 1.0 leaves nothing to train on or to test"),
        (lambda: WalkForward(n_folds=2, embargo=np.timedelta64("NaT")), r"embargo = NaT lies in the past or nowhere"),
        (lambda: WalkForward(n_folds=2, embargo=timedelta(hours=-1)), r"embargo = .* lies in the past"),
        (lambda: CombinatorialPurged(n_blocks=1, n_test_blocks=1), r"n_blocks = 1 splits nothing"),
        (lambda: CombinatorialPurged(n_blocks=4, n_test_blocks=0), r"n_test_blocks = 0 splits nothing"),
        (lambda: CombinatorialPurged(n_blocks=4, n_test_blocks=4), r"leaves nothing to train on; keep it below 4"),
        (lambda: CombinatorialPurged(n_blocks=4, n_test_blocks=1, embargo=np.timedelta64(-1, "h")), r"in the past"),
    ],
)
def test_numbers_that_split_nothing(make: object, message: str) -> None:
    """Counts below their least and negative embargoes are refused."""
    with pytest.raises(ConfigError, match=message):
        make()  # type: ignore[operator]


@given(
    times=st.lists(st.integers(0, 50), min_size=1, max_size=60),
    shares=st.lists(st.floats(0.05, 1), min_size=1, max_size=6),
)
def test_shares_of_time(times: list[int], shares: list[float]) -> None:
    """Distinct times are dealt out in order, each block within one time of its share."""
    clock = np.unique(times)
    blocks = time_shares(minutes(times), shares)
    assert [len(set(blocks[np.array(times) == time])) for time in clock] == [1] * len(clock)
    of_clock = time_shares(minutes(clock), shares)
    assert np.all(np.diff(of_clock) >= 0)
    sizes = np.bincount(of_clock, minlength=len(shares))
    np.testing.assert_allclose(sizes, np.array(shares) / sum(shares) * len(clock), atol=1.001)


@pytest.mark.parametrize(("expanding", "first"), [(True, [0, 0, 0]), (False, [0, 2, 4])], ids=["expanding", "rolling"])
def test_the_last_share_is_tested(expanding: bool, first: list[int]) -> None:
    """With a test share of 60 % the tests begin after 40 % of the times, and a rolling window keeps that length."""
    hours = minutes(np.arange(10) * 60)
    splitter = WalkForward(n_folds=3, expanding=expanding, test_share=0.6)
    found = [(train.tolist(), test.tolist()) for train, test in splitter.split(hours, hours)]
    assert found == [(list(range(first[n], 4 + 2 * n)), [4 + 2 * n, 5 + 2 * n]) for n in range(3)]


@pytest.mark.parametrize("module", ["splitter", "splitter_calendar", "splitter_combinatorial"])
def test_printed_folds(module: str) -> None:
    """The folds that the docstrings print are the folds that come out."""
    outcome = doctest.testmod(sys.modules[f"trady2.learning.{module}"])
    assert outcome.failed == 0
    assert outcome.attempted >= 3
