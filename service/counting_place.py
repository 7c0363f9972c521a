"""Where the workers share their counters: in memory, not on the disk of the store, where BentoML would put them.

Prometheus' library maps files. On a store that turned read-only a worker could not start for want of them, and a
mapped file that grows on a full disk ends its process with SIGBUS.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

__all__ = ["make_place", "take_place"]

_VARIABLE: Final = "TRADY2_COUNTING_PLACE"
_LIBRARYS: Final = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY: Final = "/dev/shm"  # noqa: S108 - a folder of random name is made in it


def make_place() -> None:
    """Make the place for all workers, once, in the process that starts them; it is removed when that one ends."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    place = tempfile.mkdtemp(prefix="trady2-metrics-", dir=memory)
    os.environ[_VARIABLE] = place
    atexit.register(_remove, place, os.getpid())


def take_place() -> None:
    """Let Prometheus' library count in the place that was made, if one was, instead of BentoML's."""
    place = os.environ.get(_VARIABLE)
    if place and Path(place).is_dir():
        os.environ[_LIBRARYS] = place


def _remove(place: str, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(place, ignore_errors=True)
