"""Files that survive a crash: a write is either there in full or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trady2.errors import ConflictError

__all__ = ["Mark", "atomic_path", "atomic_write", "locked", "mark_of", "sha256_of_file", "sync_folder"]

Mark = tuple[int, int, int]

_CHUNK_BYTES = 1 << 20


def mark_of(file: str | Path) -> Mark:
    """Return what changes when a file is replaced or written: inode, time of writing in ns, size."""
    status = Path(file).stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def sync_folder(folder: Path) -> None:
    """Flush the entries of *folder* to disk, so that a rename inside it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a path beside *target* to write to; it takes the place of *target* when the block ends well.

    A reader sees the old file or the new one. After an error, the new file is removed and the old one
    stays; after a kill, a leftover ``.<name>.<random>.tmp`` may lie beside it, which nobody reads.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def atomic_write(target: Path, content: bytes) -> None:
    """Write *content* to *target* in one step."""
    with atomic_path(target) as draft:
        draft.write_bytes(content)


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def locked(path: Path, *, patience_seconds: float = 60.0) -> Iterator[None]:
    """Hold the lock file *path* alone among all processes of this machine.

    The kernel lets go of it when the holder dies, so a lock is never left behind.
    Raises ConflictError when another process keeps it longer than *patience_seconds*.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _wait_for_lock(handle, path, patience_seconds)
        yield
    finally:
        os.close(handle)


def _wait_for_lock(handle: int, path: Path, patience_seconds: float) -> None:
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise ConflictError(
                    f"{path} has been locked by another process for {patience_seconds:g} s; "
                    "wait for it to end, or stop it",
                    path=str(path),
                ) from None
            time.sleep(0.01)
