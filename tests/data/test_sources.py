"""Finding and opening files."""

import gzip
import zipfile
from pathlib import Path

import pytest

from trady2.data import sources
from trady2.data.sources import find_sources
from trady2.errors import DataError, NotFoundError


def zipped(path: Path, members: dict[str, str]) -> Path:
    """Make a ZIP."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_a_folder_gives_its_files_of_bars(tmp_path: Path) -> None:
    """CSV, ZIP, gzip, Parquet and Feather at any depth, each once; texts, hidden and underscored files are left out."""
    for name in ("b.csv", "sub/a.PARQUET", "c.csv.gz", "d.feather", "notes.txt", ".hidden.csv", "_conflicts/x.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    zipped(tmp_path / "e.zip", {"one.csv": "1", "two.csv": "2", "__MACOSX/one.csv": "3", "read.me": "4", "sub/": ""})
    found = find_sources([tmp_path, tmp_path / "b.csv"])
    assert [source.name for source in found] == [
        "b.csv", "c.csv.gz", "d.feather", "e.zip:one.csv", "e.zip:two.csv", "a.PARQUET",
    ]  # fmt: skip
    assert [source.is_table for source in found] == [False, False, True, False, False, True]
    assert [find_sources(str(tmp_path / "e.zip"))[place].read_bytes() for place in (0, 1)] == [b"1", b"2"]


def test_files_are_unpacked_in_memory(tmp_path: Path) -> None:
    """Gzip and plain files give their bytes; an asset's folder is part of the name."""
    (tmp_path / "asset=A").mkdir()
    (tmp_path / "asset=A/x.csv").write_bytes(b"plain")
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(b"packed"))
    found = find_sources(tmp_path)
    assert {source.name: source.read_bytes() for source in found} == {"asset=A/x.csv": b"plain", "y.csv.gz": b"packed"}


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"])
def test_a_zip_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    """A member with a path that leads elsewhere makes the whole archive untrusted."""
    with pytest.raises(DataError, match="points outside; do not trust this archive"):
        find_sources(zipped(tmp_path / "x.zip", {"good.csv": "1", name: "2"}))


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap holds for what an archive declares and for what comes out."""
    archive = zipped(tmp_path / "x.zip", {"x.csv": "1" * 2_000})
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(b"1" * 2_000))
    (member,), (packed,) = find_sources(archive), find_sources(tmp_path / "y.csv.gz")
    monkeypatch.setattr(sources, "MAX_BYTES", 1_000)
    with pytest.raises(DataError, match=r"x\.zip unpacks to more than 1000 bytes; give an archive"):
        find_sources(archive)
    for source in (member, packed):
        with pytest.raises(DataError, match=r"unpacks to more than 1000 bytes, more than a file of bars has; split it"):
            source.read_bytes()


def test_damaged_archives_are_named(tmp_path: Path) -> None:
    """Broken ZIP and gzip files, and ZIPs without CSV, have their message."""
    (tmp_path / "a.zip").write_bytes(b"PK no")
    with pytest.raises(DataError, match=r"a\.zip is no ZIP archive: .*; download it again"):
        find_sources(tmp_path / "a.zip")
    with pytest.raises(DataError, match=r"b\.zip holds no CSV file; give an archive of CSV files"):
        find_sources(zipped(tmp_path / "b.zip", {"x.txt": "1"}))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"1" * 2_000)[:-9])
    with pytest.raises(DataError, match=r"c\.csv\.gz is damaged: .*; download it again"):
        find_sources(tmp_path / "c.csv.gz")[0].read_bytes()
    good = zipped(tmp_path / "d.zip", {"x.csv": "1" * 2_000})
    (source,) = find_sources(good)
    good.write_bytes(good.read_bytes().replace(b"x.csv", b"y.csv"))
    with pytest.raises(KeyError, match=r"x\.csv"):
        source.read_bytes()


def test_an_encrypted_archive_is_named(tmp_path: Path) -> None:
    """An archive that asks for a password cannot be read."""
    path = zipped(tmp_path / "x.zip", {"x.csv": "1"})
    packed = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1
    path.write_bytes(packed)
    with pytest.raises(DataError, match=r"x\.zip:x\.csv cannot be unpacked: .*encrypted.*; unpack it yourself"):
        find_sources(path)[0].read_bytes()


def test_missing_and_empty_are_named(tmp_path: Path) -> None:
    """A missing path, an empty file, a folder without bars and no path at all have their message."""
    (tmp_path / "empty.csv").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotFoundError, match=r"none\.csv does not exist; check the path"):
        find_sources(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"empty\.csv is empty; download it again or remove it"):
        find_sources(tmp_path)
    with pytest.raises(NotFoundError, match=r"folder holds no file of bars \(\.csv, .*\); name another folder"):
        find_sources(tmp_path / "folder")
    with pytest.raises(DataError, match="no path was given"):
        find_sources([])
