"""Where assets lie on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trady2.data.folders import asset_folder, assets_in, existing_folder, stored_step, sweep_drafts, write_table
from trady2.errors import DataError, NotFoundError

HOUR = np.timedelta64(3_600_000_000, "us")
TABLE = pa.table({"timestamp": pa.array(np.arange(40_000), pa.timestamp("us", tz="UTC")), "close": np.arange(40_000.0)})


@given(st.text(min_size=1, max_size=12))
def test_a_name_is_never_a_path(asset: str) -> None:
    """Whatever an asset is called, its folder lies directly in the store."""
    if any(0xD800 <= ord(letter) < 0xE000 for letter in asset):
        return
    assert asset_folder("store", asset).parent == Path("store")


@pytest.mark.parametrize("asset", ["", "X" * 201])
def test_names_have_a_length(asset: str) -> None:
    """An empty name and one that no file system takes are refused."""
    with pytest.raises(DataError, match=r"is refused: encoded, a name has 1 to 200 bytes"):
        asset_folder("store", asset)


@pytest.mark.parametrize("asset", ["BTC-USDT", "BTC/USD", "S&P 500", "../x", "ÆØÅ", "%41"])
def test_assets_are_found_again(tmp_path: Path, asset: str) -> None:
    """A written asset is listed under its own name, by us and by any reader of Hive folders."""
    write_table(asset_folder(tmp_path, asset) / "a.parquet", TABLE, HOUR)
    assert assets_in(tmp_path) == [asset]
    assert existing_folder(tmp_path, asset)[1] == [asset_folder(tmp_path, asset) / "a.parquet"]
    partitions = ds.dataset(tmp_path, partitioning=ds.partitioning(flavor="hive")).to_table(columns=["asset"])
    assert partitions["asset"].unique().to_pylist() == [asset]


def test_folders_without_files_hold_no_asset(tmp_path: Path) -> None:
    """Empty folders, drafts of killed writers and missing stores hold no assets."""
    asset_folder(tmp_path, "A").mkdir()
    (asset_folder(tmp_path, "A") / ".x.parquet").touch()
    assert assets_in(tmp_path) == assets_in(tmp_path / "none") == []
    with pytest.raises(NotFoundError, match=r"asset 'A' is not in .*: the folder holds no asset; import bars first"):
        existing_folder(tmp_path, "A")


def test_the_nearest_asset_is_named(tmp_path: Path) -> None:
    """A misspelt asset gets the right spelling."""
    write_table(asset_folder(tmp_path, "BTC-USDT") / "a.parquet", TABLE, HOUR)
    with pytest.raises(NotFoundError, match="did you mean 'BTC-USDT'"):
        existing_folder(tmp_path, "BTCUSDT")


@pytest.mark.parametrize("step", [HOUR, None])
@pytest.mark.parametrize("rows", [0, 100, 600, 40_000])
def test_tables_are_written_whole_with_a_small_end(tmp_path: Path, rows: int, step: np.timedelta64 | None) -> None:
    """What is written is read back, the step with it, and the last row group is small."""
    write_table(tmp_path / "a.parquet", TABLE.slice(0, rows), step)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(TABLE.slice(0, rows))
    assert metadata.num_row_groups == 0 or metadata.row_group(metadata.num_row_groups - 1).num_rows <= 512
    assert stored_step(metadata.metadata) == step


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    """Writing twice gives the same file."""
    for name in ("a", "b"):
        write_table(tmp_path / name, TABLE, HOUR)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_drafts_are_swept(tmp_path: Path) -> None:
    """Only what killed writers left is removed."""
    for name in (".a.parquet.1.tmp", ".lock", "a.parquet"):
        (tmp_path / name).touch()
    sweep_drafts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "a.parquet"]
