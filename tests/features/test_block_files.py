from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from trady2.errors import DataError
from trady2.features.bar_arrays import BarArrays
from trady2.features.block_files import StagedFiles, block_file, block_files_in, stored_input
from trady2.features.blocks import BLOCK_BARS

BARS = BarArrays(np.arange(3) * 60_000_000, 60_000_000, *np.arange(15.0).reshape(5, 3))


def staged(place: Path, name: str, digest: str = "abc") -> StagedFiles:
    """Stage one file of three rows and two features."""
    files = StagedFiles(place)
    files.write(name, BARS, np.arange(6, dtype=np.float32).reshape(2, 3), ["one", "two"], digest)
    return files


def test_names_tell_when_a_block_begins() -> None:
    """The name is the block's first moment, in an order that is that of time."""
    assert block_file(0, 60_000_000) == "19700101T000000.parquet"
    assert BLOCK_BARS == 85 * 24 + 8
    assert block_file(1, 3_600_000_000) == "19700327T080000.parquet"


def test_a_staged_file_is_invisible_until_published(tmp_path: Path) -> None:
    """Before publishing no reader sees the file; after it, it holds bars, features, step and digest."""
    name = block_file(5, 60_000_000)
    files = staged(tmp_path, name)
    assert block_files_in(tmp_path) == {}
    files.publish([])
    files.discard()
    assert list(block_files_in(tmp_path)) == [name]
    table = pq.read_table(tmp_path / name)
    assert table.column_names == ["timestamp", "open", "high", "low", "close", "volume", "one", "two"]
    assert table.column("two").to_pylist() == [3, 4, 5]
    assert table.column("volume").to_pylist() == [12, 13, 14]
    assert table.schema.metadata[b"trady2.step_us"] == b"60000000"
    assert stored_input(tmp_path / name) == ("abc", 3)


def test_discarded_files_leave_nothing(tmp_path: Path) -> None:
    """What is not published goes without a trace."""
    staged(tmp_path, block_file(5, 60_000_000)).discard()
    assert list(tmp_path.iterdir()) == []


def test_publishing_removes_the_stale(tmp_path: Path) -> None:
    """Files of blocks that are no more vanish with the new ones' appearance."""
    old, new = block_file(1, 60_000_000), block_file(2, 60_000_000)
    staged(tmp_path, old).publish([])
    staged(tmp_path, new).publish([old])
    assert list(block_files_in(tmp_path)) == [new]


def test_a_file_that_cannot_tell_says_nothing(tmp_path: Path) -> None:
    """Broken files and Parquet files of others have no digest."""
    (tmp_path / "a").write_bytes(b"PAR1 broken")
    assert stored_input(tmp_path / "a") == ("", 0)
    staged(tmp_path, "b.parquet").publish([])
    pq.write_table(pq.read_table(tmp_path / "b.parquet").replace_schema_metadata(None), tmp_path / "b.parquet")
    assert stored_input(tmp_path / "b.parquet") == ("", 3)


@pytest.mark.parametrize("name", ["2024.parquet", "20240513T08000x.parquet", "vectors.parquet"])
def test_foreign_files_are_refused(name: str, tmp_path: Path) -> None:
    """A Parquet file by another name would be read twice or shadow a block."""
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="was not made by update; move it away"):
        block_files_in(tmp_path)
