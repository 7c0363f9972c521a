"""Footers of vector files, and reading beside writers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trady2.data.panel import Panel
from trady2.data.vector_files import (
    ReplacedError,
    asset_footers,
    feature_names,
    open_file,
    plain_array,
    read_times,
    settled,
)
from trady2.data.vectors import write_vectors
from trady2.errors import ConflictError, DataError

MakePanel = Callable[..., Panel]


def test_a_footer_knows_times_step_and_features(tmp_path: Path, make_panel: MakePanel) -> None:
    """Row groups' times, the timeframe and the features are known without reading rows."""
    panel = make_panel(600)
    write_vectors(tmp_path, "A", "a", panel)
    (known,) = asset_footers(tmp_path, "A")
    micro = panel.timestamp.astype(np.int64)
    assert (known.first, known.last) == ((micro[0], micro[88]), (micro[87], micro[599]))
    assert (known.step, feature_names(known.schema)) == (panel.step, ["f0", "f1", "f2"])
    assert np.concatenate(read_times(known, [0, 1])).tolist() == micro.tolist()


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_files_of_others_are_understood(tmp_path: Path, make_panel: MakePanel, unit: str) -> None:
    """Other units, no statistics and no note of the step are read by looking at the times."""
    frame = make_panel(5).frame().drop(columns="asset").assign(note="text")
    frame["timestamp"] = frame["timestamp"].dt.as_unit(unit)
    (tmp_path / "asset=A").mkdir()
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "asset=A/x.parquet", write_statistics=False)
    (known,) = asset_footers(tmp_path, "A")
    assert (known.first, known.last) == ((1_704_067_200_000_000,), (1_704_081_600_000_000,))
    assert (known.step, feature_names(known.schema)) == (None, ["f0", "f1", "f2"])


def test_a_footer_is_read_again_when_the_file_changes(tmp_path: Path, make_panel: MakePanel) -> None:
    """A replaced file is noticed, both by the next look and by an open that still has the old footer."""
    write_vectors(tmp_path, "A", "a", make_panel(5))
    (old,) = asset_footers(tmp_path, "A")
    assert asset_footers(tmp_path, "A") == [old]
    write_vectors(tmp_path, "A", "a", make_panel(9))
    assert asset_footers(tmp_path, "A")[0].metadata.num_rows == 9
    with pytest.raises(ReplacedError, match=r"a\.parquet"), open_file(old):
        pass
    Path(old.path).unlink()
    with pytest.raises(ReplacedError, match=r"a\.parquet"), open_file(old):
        pass


def test_a_file_that_goes_while_it_is_listed_is_noticed(tmp_path: Path) -> None:
    """A name without a file, as between listing and reading, asks for another look."""
    (tmp_path / "asset=A").mkdir()
    (tmp_path / "asset=A/a.parquet").symlink_to(tmp_path / "gone")
    with pytest.raises(ReplacedError, match=r"a\.parquet"):
        asset_footers(tmp_path, "A")


def test_reading_starts_again_until_files_stand_still() -> None:
    """A read that meets replaced files is repeated; a writer that never stops is reported."""
    left = [3]

    def read() -> str:
        left[0] -= 1
        if left[0]:
            raise ReplacedError("a.parquet")
        return "done"

    assert settled(read) == "done"
    left[0] = -1
    with pytest.raises(ConflictError, match=r"a\.parquet was replaced 20 times while it was read; stop the writer"):
        settled(read)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"close": [1.0]}, r"has no column timestamp, open, high, low, volume; it has close; add what is missing"),
        (None, r"is no readable Parquet file: .*; build it again"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, columns: dict[str, list[float]] | None, message: str) -> None:
    """Missing columns and damaged files have their message."""
    (tmp_path / "asset=A").mkdir()
    path = tmp_path / "asset=A/x.parquet"
    if columns is None:
        path.write_bytes(b"PAR1 no")
    else:
        pq.write_table(pa.table(columns), path)
    with pytest.raises(DataError, match=message):
        asset_footers(tmp_path, "A")


def test_times_without_a_zone_or_missing_are_refused(tmp_path: Path, make_panel: MakePanel) -> None:
    """Stored times need a zone and a value in every row."""
    frame = make_panel(3).frame().drop(columns="asset")
    (tmp_path / "asset=A").mkdir()
    path = tmp_path / "asset=A/x.parquet"
    pq.write_table(pa.Table.from_pandas(frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None))), path)
    with pytest.raises(DataError, match=r"'timestamp' is timestamp\[us\], not a time with a zone"):
        asset_footers(tmp_path, "A")
    table = pa.Table.from_pandas(frame.assign(timestamp=frame["timestamp"].where(frame.index != 1)))
    pq.write_table(table, path, write_statistics=False)
    with pytest.raises(DataError, match="1 rows have no timestamp; drop them"):
        asset_footers(tmp_path, "A")


def test_columns_become_plain_numbers() -> None:
    """Any numeric column is read as asked for; what is missing is NaN."""
    assert plain_array(pa.array([1, None, 3]), pa.float32()).tolist() == pytest.approx(
        [1, float("nan"), 3], nan_ok=True
    )
    assert plain_array(pa.array([], pa.float64()), pa.float64()).tolist() == []
