from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from trady2.data.bars import read_bars
from trady2.data.periods import EVER
from trady2.errors import DataError
from trady2.features.stored_bars import StoredBars
from trady2.files import mark_of

Store = Callable[..., None]
YEAR_2021 = (1_609_459_200_000_000, 1_640_995_200_000_000)
YEAR_2022 = (1_640_995_200_000_000, 1_672_531_200_000_000)


@pytest.fixture
def folder(make_bars: Callable[..., pd.DataFrame], store: Store, tmp_path: Path) -> Path:
    """Return a store that holds the turn of a year."""
    store(tmp_path, make_bars(60, start="2021-12-30 20:00"))
    return tmp_path


def test_rows_are_those_of_read_bars(folder: Path) -> None:
    """Any span of time gives the rows that the store's own reader gives, across files, as float64 arrays."""
    whole = read_bars(folder, "AAA")
    micro = whole.timestamp.astype("int64").to_numpy()
    stored = StoredBars.of(folder, "AAA")
    for start, stop in (EVER, (int(micro[5]), int(micro[50])), (int(micro[30]) + 1, int(micro[31]))):
        rows = whole[(micro >= start) & (micro < stop)]
        found = stored.read(start, stop)
        np.testing.assert_array_equal(found.time, rows.timestamp.astype("int64"))
        np.testing.assert_array_equal(found.close, rows.close)


def test_bars_that_stand_twice_are_refused(folder: Path) -> None:
    """A copied file would double its rows."""
    first = next(folder.rglob("2021.parquet"))
    first.with_name("copy.parquet").write_bytes(first.read_bytes())
    with pytest.raises(DataError, match="a bar of AAA stands twice in the store"):
        StoredBars.of(folder, "AAA").read(*EVER)


def test_changes_are_told_by_year(folder: Path) -> None:
    """A rewritten, a new and a vanished file each name their year; a file of another name could hold anything."""
    stored = StoredBars.of(folder, "AAA")
    known = stored.files
    assert stored.changed(known) == []
    assert stored.changed(known | {"2021.parquet": (1, 1, 1)}) == [YEAR_2021]
    assert stored.changed({"2021.parquet": known["2021.parquet"]}) == [YEAR_2022]
    assert stored.changed(known | {"other.parquet": (1, 1, 1)}) == [EVER]


def test_a_file_just_written_is_not_trusted(folder: Path) -> None:
    """Only a file that has been at rest for two seconds is remembered by its mark."""
    resting, fresh = folder.rglob("2021.parquet"), folder.rglob("2022.parquet")
    old = time.time_ns() - 10_000_000_000
    path = next(resting)
    os.utime(path, ns=(old, old))
    known = StoredBars.of(folder, "AAA").memorable
    assert known["2021.parquet"] == mark_of(path)
    assert known["2022.parquet"] != mark_of(next(fresh))


def test_a_mark_breaks_when_a_file_is_replaced(tmp_path: Path) -> None:
    """The mark holds while the file rests, and breaks when another takes its place."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"1")
    other.write_bytes(b"2")
    mark = mark_of(path)
    assert mark_of(path) == mark
    other.replace(path)
    assert mark_of(path) != mark


def test_an_empty_span_has_the_timeframe_that_is_known(folder: Path) -> None:
    """An asset that was not traded in a span has no rows there, and the step that the caller knows."""
    found = StoredBars.of(folder, "AAA").read(0, 1, step=60)
    assert (len(found), found.step) == (0, 60)


def test_files_without_a_noted_step_tell_it_by_their_rows(folder: Path) -> None:
    """Where others wrote the store, the timeframe is the most frequent step."""
    for path in folder.rglob("*.parquet"):
        pq.write_table(pq.read_table(path, partitioning=None).replace_schema_metadata(None), path)
    assert StoredBars.of(folder, "AAA").read(*EVER).step == 3_600_000_000
