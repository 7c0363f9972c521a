"""A store, two workers of a real service over it, and ways to break things that only root or a namespace has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from service.api_keys import new_key
from tests.service.bento_process import ROOT, Served, serving, until
from tests.service.fault_load import Judged, Load, judge, logged_ids
from tests.service.tiny_service import stock
from tests.serving.tiny_version import publish_tiny, tiny_model
from trady2.registry.activation import activate
from trady2.registry.version import Version
from trady2.serving.workers import workers

__all__ = ["Ground", "apart", "can_mount", "ground", "inside", "prepared"]


@dataclass
class Ground:
    """Where faults happen.

    Attributes:
        good: the version that is active while nothing is wrong.
        other: one that was active before, so that its alias folder is there.
    """

    folder: Path
    served: Served
    key: str
    good: Version
    other: Version

    @property
    def link(self) -> Path:
        """Return the alias."""
        return self.folder / "store/models/trady2/active"

    @property
    def log(self) -> Path:
        """Return the folder of the prediction log."""
        return self.folder / "log"

    def alias_folder(self, version: Version) -> Path:
        """Return what the alias leads to when *version* is active."""
        return self.folder / "store/aliases/trady2" / version.folder

    def point(self, target: str) -> None:
        """Let the alias lead to *target* in one step, as whoever tampers with a store would."""
        draft = self.folder / "store/models/next"
        draft.symlink_to(target)
        draft.replace(self.link)

    def settled(self, *, refused: bool, version: Version | None = None) -> bool:
        """Tell whether both workers answer with *version*, the good one by default, and refuse another or not."""
        wanted = (version or self.good).version
        alive = workers("trady2")
        return len(alive) == 2 and all(one.version == wanted and (one.refused is not None) == refused for one in alive)

    def judged(self, load: Load, log: Path | None = None) -> Judged:
        """Judge what was asked, once what waited for the disk has been written."""
        return judge(load.asked, logged_ids(log or self.log))

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer."""
        return self.served.workers()


def prepared(folder: Path) -> tuple[Version, Version]:
    """Make a store and vectors in *folder*, which the environment names, with two versions; the first is active."""
    _, good = stock(folder, tiny_model())
    other = publish_tiny(tiny_model(seed=2), "2.0.0")
    for version in (other, good):
        activate("trady2", version.version, reason="a test", actor="tester")
    return good, other


@contextmanager
def ground(folder: Path, *, command: tuple[str, ...] = (), **environment: str) -> Iterator[Ground]:
    """Serve the store in *folder* with two workers, keys and log, *command* standing before ``bentoml``."""
    good, other = prepared(folder)
    key, entry = new_key("predict")
    (folder / "keys").write_text(entry)
    settings = {
        "PYTHONPATH": str(ROOT),
        "TRADY2_API_KEYS_FILE": str(folder / "keys"),
        "TRADY2_PREDICTION_LOG": str(folder / "log"),
        "TRADY2_VECTORS": str(folder / "vectors"),
        "TRADY2_WORKERS": "2",
    }
    with serving(cwd=ROOT, log=folder / "serve.log", environment={**settings, **environment}, inside=command) as served:
        there = Ground(folder, served, key, good, other)
        until(lambda: there.settled(refused=False))
        yield there


def can_mount() -> bool:
    """Tell whether this process may mount in a namespace of its own, as root and in a user namespace one may."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    command = [*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def inside(served: Served, *command: str) -> None:
    """Run *command* among the mounts of the service."""
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    subprocess.run(["nsenter", "--target", str(served.process.pid), "--mount", *user, *command], check=True)


_UNSHARE = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")))


def apart(*mount: str) -> tuple[str, ...]:
    """Return the command that runs another one in a mount namespace of its own, after the command *mount*."""
    return (*_UNSHARE, "sh", "-c", f'{" ".join(mount) or "true"} && exec "$@"', "sh")
