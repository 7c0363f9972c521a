"""Writes that are there in full or not at all, and locks that die with their holder."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trady2.errors import ConflictError
from trady2.files import atomic_path, atomic_write, locked, sha256_of_file


def test_a_write_replaces_the_whole_file(tmp_path: Path) -> None:
    """After a write the file holds exactly the new bytes and nothing lies beside it."""
    atomic_write(tmp_path / "a" / "x", b"old, and longer")
    atomic_write(tmp_path / "a" / "x", b"new")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["x"]
    assert (tmp_path / "a" / "x").read_bytes() == b"new"


def test_an_error_keeps_the_old_file(tmp_path: Path) -> None:
    """When the writer fails halfway, the old bytes stay and the draft is gone."""
    atomic_write(tmp_path / "x", b"old")
    with pytest.raises(ZeroDivisionError, match="division"), atomic_path(tmp_path / "x") as draft:
        draft.write_bytes(b"n" * (1 // 0))
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_digest_is_sha256(tmp_path: Path) -> None:
    """The digest of a file of several chunks is hashlib's."""
    content = os.urandom((1 << 20) + 7)
    (tmp_path / "x").write_bytes(content)
    assert sha256_of_file(tmp_path / "x") == hashlib.sha256(content).hexdigest()


HOLD = """
import sys, time
from pathlib import Path
from trady2.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_alone_and_dies_with_its_holder(tmp_path: Path) -> None:
    """A second process is refused while the first lives, and gets the lock when it was killed."""
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(ConflictError, match=r"locked by another process for 0\.05 s"),
            locked(lock, patience_seconds=0.05),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
    with locked(lock, patience_seconds=5):
        assert lock.exists()


def test_a_lock_is_free_after_the_block(tmp_path: Path) -> None:
    """Leaving the block, also by an error, frees the lock."""
    with pytest.raises(RuntimeError, match="inside"), locked(tmp_path / "lock"):
        raise RuntimeError("inside")
    begin = time.monotonic()
    with locked(tmp_path / "lock", patience_seconds=5):
        assert time.monotonic() - begin < 5
