"""The newest vector, also while files are replaced."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trady2.data.latest import read_latest
from trady2.data.panel import Panel
from trady2.data.vectors import write_vectors
from trady2.errors import DataError, NotFoundError

MakePanel = Callable[..., Panel]


@pytest.fixture
def store(tmp_path: Path, make_panel: MakePanel) -> tuple[Path, Panel]:
    """Two files of vectors, the older one named later."""
    write_vectors(tmp_path, "A", "z", make_panel(700))
    newer = make_panel(700, start=700)
    write_vectors(tmp_path, "A", "a", newer)
    return tmp_path, newer


def test_the_newest_row_is_read(store: tuple[Path, Panel]) -> None:
    """All values of the last row come back with their bits."""
    folder, newer = store
    row = read_latest(folder, "A")
    assert (row.asset, row.timestamp, row.step) == ("A", newer.timestamp[-1], newer.step)
    assert row.decision_time == newer.decision_time[-1]
    assert [row.open, row.high, row.low, row.close, row.volume] == [
        newer.open[-1], newer.high[-1], newer.low[-1], newer.close[-1], newer.volume[-1],
    ]  # fmt: skip
    assert row.matrix(["f2", "f0"]).tobytes() == newer.features[-1, [2, 0]].tobytes()
    assert row.features["f1"].dtype == np.float32


@pytest.mark.parametrize("row", [0, 1, 187, 188, 699, 700, 1_000, 1_399])
@pytest.mark.parametrize("late", [0, 3_599])
def test_a_vector_is_known_when_its_bar_closes(store: tuple[Path, Panel], row: int, late: int) -> None:
    """At the close of a bar, and until the next one, its vector is the newest."""
    closes = 1_704_067_200 + 3_600 * (row + 1)
    found = read_latest(store[0], "A", as_of=datetime.fromtimestamp(closes + late, UTC))
    assert int(found.timestamp.astype("datetime64[s]").astype(int)) == closes - 3_600


def test_before_the_first_close_there_is_none(store: tuple[Path, Panel]) -> None:
    """A second before the first bar closes, nothing is known."""
    with pytest.raises(
        NotFoundError, match=r"A has no vector that was known at 2024-01-01T00:59:59.*; ask for a later"
    ):
        read_latest(store[0], "A", as_of="2024-01-01T00:59:59Z")
    with pytest.raises(DataError, match="as_of='2024-01-01' has no time zone"):
        read_latest(store[0], "A", as_of="2024-01-01")
    with pytest.raises(NotFoundError, match="known are A"):
        read_latest(store[0], "a", as_of="2024-01-01T00:59:59Z")


def test_a_missing_feature_is_named(store: tuple[Path, Panel]) -> None:
    """Asking for a feature that is not stored says so."""
    with pytest.raises(DataError, match=r"the vector of A at 2024-.* has no feature g; build the features"):
        read_latest(store[0], "A").matrix(["f0", "g"])


def test_vectors_of_others_are_read(tmp_path: Path, make_panel: MakePanel) -> None:
    """Without a note of the step it is taken from the times; a missing value is NaN; rows may be in any order."""
    frame = make_panel(10, features=1).frame().drop(columns="asset").iloc[[3, 9, 0, 1, 2, 4, 5, 6, 7, 8]]
    table = pa.Table.from_pandas(frame.assign(f0=None).astype({"f0": "float64"}), preserve_index=False)
    (tmp_path / "asset=A").mkdir()
    pq.write_table(table, tmp_path / "asset=A/x.parquet")
    row = read_latest(tmp_path, "A")
    assert (str(row.timestamp), row.step) == ("2024-01-01T09:00:00.000000", np.timedelta64(1, "h"))
    assert np.isnan(row.features["f0"])


@pytest.mark.parametrize("hour", [1, 2, 3, 4, 5, 6])
def test_interleaved_files_give_the_newest_of_all(tmp_path: Path, make_panel: MakePanel, hour: int) -> None:
    """Where files share a span of time, each is looked at."""
    frame = make_panel(6).frame()
    for name, rows in (("a", [0, 2, 5]), ("b", [1, 3, 4])):
        write_vectors(tmp_path, "A", name, frame.iloc[rows], step=np.timedelta64(1, "h"))
    found = read_latest(tmp_path, "A", as_of=f"2024-01-01T{hour:02}:30:00Z")
    assert str(found.timestamp) == f"2024-01-01T{hour - 1:02}:00:00.000000"


def test_reading_beside_a_writer(tmp_path: Path, make_panel: MakePanel) -> None:
    """While a file is replaced again and again, every read gives one of its versions, whole."""
    versions = [make_panel(rows, seed=rows) for rows in (40, 41)]
    write_vectors(tmp_path, "A", "a", versions[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for version in versions:
                write_vectors(tmp_path, "A", "a", version)

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    try:
        for _ in range(150):
            row = read_latest(tmp_path, "A")
            seen.add((row.timestamp, row.matrix(["f0", "f1", "f2"]).tobytes()))
    finally:
        stop.set()
        writer.join()
    assert seen <= {(version.timestamp[-1], version.features[-1].tobytes()) for version in versions}
    assert len(seen) == 2


def test_serving_needs_no_pandas(store: tuple[Path, Panel]) -> None:
    """Reading the newest vector imports no pandas, which would cost a service its first second."""
    code = """
import sys
from trady2.data.vectors import read_latest
read_latest(sys.argv[1], "A")
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code, str(store[0])], check=False).returncode == 0
