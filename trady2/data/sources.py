"""Finding the files of an import and opening them: folders, files, ZIP and gzip archives, never unpacked to disk."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trady2.errors import DataError, NotFoundError

__all__ = ["MAX_BYTES", "Source", "find_sources"]

MAX_BYTES = 4 << 30
_TABLES = (".parquet", ".pq", ".feather", ".arrow")
_TEXTS = (".csv", ".csv.gz", ".zip")


@dataclass(frozen=True)
class Source:
    """One file with rows; `name` is what the user knows it by, `member` its place inside a ZIP."""

    path: Path
    name: str
    member: str | None = None

    @property
    def is_table(self) -> bool:
        """Whether the file is Parquet or Feather, not text."""
        return self.path.suffix.lower() in _TABLES

    def read_bytes(self) -> bytes:
        """Return the unpacked bytes.

        Raises:
            DataError: they are more than `MAX_BYTES`, or the archive is damaged or encrypted.
        """
        try:
            if self.member is not None:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as opened:
                    return self._capped(opened.read(MAX_BYTES + 1))
            if self.path.suffix.lower() == ".gz":
                with gzip.open(self.path) as opened:
                    return self._capped(opened.read(MAX_BYTES + 1))
            return self.path.read_bytes()
        except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
            raise DataError(f"{self.name} is damaged: {error}; download it again", source=self.name) from error
        except (RuntimeError, NotImplementedError) as error:
            raise DataError(f"{self.name} cannot be unpacked: {error}; unpack it yourself", source=self.name) from error

    def _capped(self, content: bytes) -> bytes:
        if len(content) > MAX_BYTES:
            raise DataError(
                f"{self.name} unpacks to more than {MAX_BYTES} bytes, more than a file of bars has; split it",
                source=self.name,
            )
        return content


def find_sources(paths: str | Path | Iterable[str | Path]) -> list[Source]:
    """Return the files behind *paths*: a folder gives its CSV, ZIP, gzip, Parquet and Feather files at any depth.

    Raises:
        NotFoundError: a path does not exist, or a folder holds no such file.
        DataError: no path at all, an empty file, or a ZIP with a member that is no plain CSV file.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise DataError("no path was given; name a file or folder with bars", paths=())
    files = dict.fromkeys(file.absolute() for path in given for file in _files(Path(path).expanduser()))
    return [source for file in files for source in _opened(file)]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(
            file
            for file in path.rglob("*")
            if file.name.lower().endswith(_TEXTS + _TABLES)
            and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
            and file.is_file()
        )
        if not found:
            kinds = ", ".join((*_TEXTS, *_TABLES))
            raise NotFoundError(f"{path} holds no file of bars ({kinds}); name another folder", path=str(path))
        yield from found
    elif path.is_file():
        yield path
    else:
        raise NotFoundError(f"{path} does not exist; check the path", path=str(path))


def _opened(file: Path) -> list[Source]:
    if not file.stat().st_size:
        raise DataError(f"{file} is empty; download it again or remove it", path=str(file))
    if file.suffix.lower() != ".zip":
        return [Source(file, file.name if not file.parent.name.startswith("asset=") else str(Path(*file.parts[-2:])))]
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except zipfile.BadZipFile as error:
        raise DataError(f"{file} is no ZIP archive: {error}; download it again", path=str(file)) from error
    sources = []
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise DataError(
                f"{file} has a member {member.filename!r} that points outside; do not trust this archive",
                path=str(file),
                member=member.filename,
            )
        if name.suffix.lower() == ".csv" and name.parts[0] != "__MACOSX":
            sources.append(Source(file, f"{file.name}:{name}", member.filename))
    if not sources or sum(member.file_size for member in members) > MAX_BYTES:
        why = f"unpacks to more than {MAX_BYTES} bytes" if sources else "holds no CSV file"
        raise DataError(f"{file} {why}; give an archive of CSV files of bars", path=str(file))
    return sources
