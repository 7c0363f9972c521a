from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.serving.tiny_version import HOUR, LAST_OPEN, NOON, store, tiny_panel
from trady2.data import latest
from trady2.data.latest import read_latest
from trady2.data.vectors import write_vectors
from trady2.errors import NotFoundError
from trady2.serving.newest import NewestVectors, utc_datetime

LATER = NOON + 10 * HOUR


@pytest.fixture
def newest(tmp_path: Path) -> NewestVectors:
    """A set with hourly vectors of one asset until noon, written long enough ago to be trusted."""
    store(tmp_path, tiny_panel("BTC-EUR"))
    time.sleep(0.06)
    return NewestVectors(tmp_path)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The assets whose rows are read from files, in order."""
    found: list[str] = []
    before = latest._latest

    def noting(files: list, asset: str, as_of: object) -> object:
        found.append(asset)
        return before(files, asset, as_of)

    monkeypatch.setattr(latest, "_latest", noting)
    return found


def test_files_are_read_once(newest: NewestVectors, reads: list[str]) -> None:
    """Nothing is at hand before the first look; after it, the vector is, and no file is opened again."""
    assert newest.at_hand("BTC-EUR", LATER) is None
    first = newest.read("BTC-EUR", LATER)
    assert [newest.read("BTC-EUR", LATER), newest.at_hand("BTC-EUR", None)] == [first, first]
    assert first == read_latest(newest.folder, "BTC-EUR")
    assert reads == ["BTC-EUR", "BTC-EUR"]


def test_a_vector_is_at_hand_from_its_close_on(newest: NewestVectors) -> None:
    """A second before the last bar closed the vector before it is read from the files, as it was then."""
    newest.read("BTC-EUR", LATER)
    assert newest.at_hand("BTC-EUR", NOON) is not None
    assert newest.at_hand("BTC-EUR", NOON - timedelta(seconds=1)) is None
    assert utc_datetime(newest.read("BTC-EUR", NOON - timedelta(seconds=1)).timestamp) == LAST_OPEN - HOUR


def _one_more_file(folder: Path) -> None:
    panel = tiny_panel("BTC-EUR", last_open=NOON, n_rows=1)
    write_vectors(folder, "BTC-EUR", "2026", panel, step=panel.step)


def _the_same_file(folder: Path) -> None:
    store(folder, tiny_panel("BTC-EUR", last_open=NOON))


def _a_restored_folder(folder: Path) -> None:
    store(folder / "other", tiny_panel("BTC-EUR", last_open=NOON))
    (folder / "asset=BTC-EUR").rename(folder / "old")
    (folder / "other/asset=BTC-EUR").rename(folder / "asset=BTC-EUR")


@pytest.mark.parametrize("change", [_one_more_file, _the_same_file, _a_restored_folder])
def test_a_change_is_noticed_at_once(newest: NewestVectors, change: Callable[[Path], None]) -> None:
    """A file that is added or replaced, or another folder, is noticed by the next request, not by the clock."""
    assert utc_datetime(newest.read("BTC-EUR", LATER).timestamp) == LAST_OPEN
    for kept in newest._kept.values():
        kept.look_closely_at = float("inf")
    change(newest.folder)
    assert newest.at_hand("BTC-EUR", LATER) is None
    assert utc_datetime(newest.read("BTC-EUR", LATER).timestamp) == NOON


def test_a_file_written_in_place_is_noticed_a_second_later(newest: NewestVectors) -> None:
    """Its folder looks as before, so only the closer look finds it."""
    newest.read("BTC-EUR", LATER)
    (file,) = (newest.folder / "asset=BTC-EUR").glob("*.parquet")
    before = file.parent.stat()
    store(newest.folder / "other", tiny_panel("BTC-EUR", last_open=NOON))
    (content,) = (newest.folder / "other/asset=BTC-EUR").glob("*.parquet")
    file.write_bytes(content.read_bytes())
    assert file.parent.stat().st_mtime_ns == before.st_mtime_ns
    deadline = time.monotonic() + 1.5
    while utc_datetime(newest.read("BTC-EUR", LATER).timestamp) != NOON:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_was_written_this_instant_is_not_trusted(newest: NewestVectors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a tick of the file system's clock a second change would look the same, so the files are read again."""
    monkeypatch.setattr("trady2.serving.newest._TICK_NS", 10**18)
    newest.read("BTC-EUR", LATER)
    assert newest.at_hand("BTC-EUR", LATER) is None
    monkeypatch.undo()
    newest.read("BTC-EUR", LATER)
    assert newest.at_hand("BTC-EUR", LATER) is not None


def test_an_asset_that_is_removed_is_forgotten(newest: NewestVectors) -> None:
    """It is unknown again, and takes no memory."""
    newest.read("BTC-EUR", LATER)
    shutil.rmtree(newest.folder / "asset=BTC-EUR")
    with pytest.raises(NotFoundError, match=r"unknown asset 'BTC-EUR': there is none yet; `trady2 features build`"):
        newest.read("BTC-EUR", LATER)
    assert newest._kept == {}


def test_unknown_assets_take_no_memory(newest: NewestVectors) -> None:
    """A client that asks for made-up names cannot fill the memory."""
    for number in range(50):
        with pytest.raises(NotFoundError, match=r"unknown asset 'X\d+': near are BTC-EUR"):
            newest.read(f"X{number}", LATER)
    assert newest._kept == {}


def test_many_askers_read_the_files_once(newest: NewestVectors, reads: list[str]) -> None:
    """Sixteen threads that find nothing at hand wait for the one that reads."""
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: newest.read("BTC-EUR", LATER), range(64)))
    assert len({id(vector) for vector in found}) == 1
    assert reads == ["BTC-EUR"]
