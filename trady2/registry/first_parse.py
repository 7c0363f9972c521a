"""The first parse of a version on this machine happens in a child with limits; whoever serves lives on.

The digest is right by then. What is left to fear is a forgery in agreement with itself, where no signature is asked
for, and a LightGBM that cannot read what another one wrote: either may end the process that parses, or take its memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from trady2.errors import IntegrityError
from trady2.home import trady2_home
from trady2.registry.integrity import Sealed, broken
from trady2.registry.parse_child import PARSED, packed

__all__ = ["try_parse"]

_MEMORY_BYTES = 1 << 30
_MEMORY_PER_BYTE = 40
_CPU_SECONDS = 20
_PATIENCE_SECONDS = 60.0
# What a program needs to start, and nothing that only the parent should know, such as a private key.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
# What the same bytes do to a process every time; an end by other signals may be the machine's want of memory.
_CERTAIN = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGFPE, -signal.SIGILL}
_told_here: dict[str, IntegrityError | None] = {}


def try_parse(sealed: Sealed, *, version: str) -> None:
    """Parse the *sealed* files and replay the golden predictions in a child of limited memory and time.

    What came through once is not tried again with the same libraries: by this process, or by another one that shares
    ``TRADY2_HOME/parsed``, where an empty file with the digest tells of it. Such a file opens nothing to a forger: it
    stands for no digest and no signature, both of which are checked on every load. What failed is not tried again by
    this process.

    Raises:
        IntegrityError: the files are refused, or the child was ended by them, which the message then says.
    """
    key = _key(sealed)
    mark = trady2_home() / "parsed" / key
    if key not in _told_here and not mark.is_file():
        _told_here[key] = _ask_child(sealed, version)
        if _told_here[key] is None:
            _leave(mark)
    if (wrong := _told_here.get(key)) is not None:
        raise IntegrityError(str(wrong), **wrong.values)  # a new one, without the old traceback


def _leave(mark: Path) -> None:
    with suppress(OSError):  # a home that cannot be written costs half a second at each start, no more
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _key(sealed: Sealed) -> str:
    libraries = [installed(library) for library in ("lightgbm", "numpy")]
    return hashlib.sha256(" ".join([sealed.manifest_sha256, *libraries]).encode()).hexdigest()


def _ask_child(sealed: Sealed, version: str) -> IntegrityError | None:
    names = [name for name in PARSED if name in sealed.files]
    files, memory = (
        " or ".join(names),
        _MEMORY_BYTES + _MEMORY_PER_BYTE * sum(len(sealed.files[name]) for name in names),
    )
    command = [sys.executable, "-m", "trady2.registry.parse_child", str(memory), str(_CPU_SECONDS)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=packed(sealed, version),
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"kept the process that parsed it for {_PATIENCE_SECONDS:g} s, then it was ended"
        raise broken(version, files, reason) from None
    if done.returncode == 0:
        wrong: dict[str, Any] | None = json.loads(done.stdout.splitlines()[-1])
        return IntegrityError(wrong["message"], **wrong["values"]) if wrong else None
    ended = broken(version, files, f"ended the process that parsed it: {_ending(done.returncode, done.stderr)}")
    if done.returncode in _CERTAIN:
        return ended
    raise ended


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # One thread: each more would reserve address space, which is what the limit of memory counts.
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**kept, **threads, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONSAFEPATH": "1"}


def _ending(code: int, stderr: bytes) -> str:
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    last = f" ({said[-1][:200]})" if said else ""
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return name + last
