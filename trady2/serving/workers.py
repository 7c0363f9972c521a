"""Which workers of the service are alive, and what each of them answers with: how an activation knows its end.

$TRADY2_HOME/workers/<host>-<process>-<random>.lock   held by a worker as long as it lives; the kernel lets go of it
$TRADY2_HOME/workers/<host>-<process>-<random>.json   what it answers with, and what it refuses

Locks tell the living from the dead without clocks and process numbers, also between containers of one machine that
share the folder.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trady2.errors import ConflictError, IntegrityError
from trady2.files import atomic_write
from trady2.home import trady2_home
from trady2.registry.alias import target
from trady2.registry.loading import active_key

if TYPE_CHECKING:
    from trady2.serving.following import Following

__all__ = ["Presence", "Worker", "await_workers", "workers"]

_log = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Worker:
    """What a living worker said last of one model name.

    Attributes:
        worker: host, process number and a random part.
        seen: the `active_key` of the activation that it has dealt with; None before the first one.
        version: what it answers with, None for nothing.
        refused: why the activation that it has `seen` does not answer, None when it does.
    """

    worker: str
    seen: str | None
    version: str | None
    refused: str | None


class Presence:
    """A worker's own word: it is there, and later what it answers with.

    Where the folder cannot be written, the worker answers all the same and a warning is logged: then nobody can wait
    for it. `unsaid` is True while the last `tell` could not be written; calling it again tries again.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Be there for the models *names*, with nothing to answer with yet."""
        self._states = {name: Worker(_identity(), None, None, None) for name in names}
        self._handle: int | None = None
        self.unsaid = False
        self._lock = _folder() / f"{_identity()}-{uuid.uuid4().hex[:8]}.lock"
        try:
            self._enter()
        except OSError as error:
            _log.warning("%s cannot be written (%s): `activate --wait` will not see this worker", _folder(), error)

    def _enter(self) -> None:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        draft = self._lock.with_suffix(".tmp")
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._handle = handle
        self._write()
        draft.rename(self._lock)  # only now, locked and with something to say, it can be found

    def tell(self, following: Following) -> None:
        """Say what *following* answers with and refuses; called after each `Following.refresh`."""
        snapshot, refusal = following.snapshot, following.refusal
        version, reason = snapshot.version if snapshot else None, refusal.reason if refusal else None
        state = Worker(_identity(), following.seen, version, reason)
        if self._handle is None or (self._states.get(following.name) == state and not self.unsaid):
            return
        self._states[following.name] = state
        try:
            self._write()
            self.unsaid = False
        except OSError:  # a full disk: whoever waits goes on waiting, and answers go on
            self.unsaid = True

    def leave(self) -> None:
        """Be there no more."""
        if self._handle is not None:
            for file in (self._lock, self._lock.with_suffix(".json")):
                with suppress(OSError):
                    file.unlink()
            os.close(self._handle)
            self._handle = None

    def _write(self) -> None:
        said = {
            name: {"seen": state.seen, "version": state.version, "refused": state.refused}
            for name, state in self._states.items()
        }
        atomic_write(self._lock.with_suffix(".json"), json.dumps(said).encode())


def workers(name: str) -> list[Worker]:
    """Return the living workers that serve the model *name*; what dead ones have left is removed."""
    found = []
    for lock in sorted(_folder().glob("*.lock")):
        state = lock.with_suffix(".json")
        if not _is_held(lock):
            for file in (lock, state):
                with suppress(OSError):
                    file.unlink()
            continue
        with suppress(FileNotFoundError):  # it left just now
            said = json.loads(state.read_text("utf-8")).get(name)
            if said is not None:
                found.append(Worker(lock.stem, **said))
    return found


def await_workers(name: str, version: str, *, patience_seconds: float) -> int:
    """Return how many workers there are, once every one answers with *version*, which has just been activated.

    From then on, a request that is sent is answered by it. At least one worker has to be there.

    Raises:
        IntegrityError: a worker refuses the version.
        ConflictError: another version was activated meanwhile, or not all have followed within *patience_seconds*.
    """
    give_up = time.monotonic() + patience_seconds
    while True:
        key, alive = active_key(name), workers(name)
        _refuse_overtaken(name, version)
        behind = [worker for worker in alive if worker.seen != key or worker.version != version]
        for worker in behind:
            if worker.seen == key and worker.refused is not None:
                raise IntegrityError(
                    f"{version} of {name} is active, but the worker {worker.worker} refuses it and answers with "
                    f"{worker.version or 'nothing'}: {worker.refused}",
                    name=name,
                    version=version,
                    worker=worker.worker,
                )
        if alive and not behind:
            return len(alive)
        if time.monotonic() > give_up:
            raise _too_slow(name, version, alive, behind, patience_seconds)
        time.sleep(_LOOK_EVERY_SECONDS)


def _refuse_overtaken(name: str, version: str) -> None:
    now = target(name)
    if now is None or now.version != version:
        by = now.version if now else "nothing"
        raise ConflictError(
            f"{version} of {name} was activated, but by now {by} is active; somebody else decided: look, then again",
            name=name,
            version=version,
            active=by,
        )


def _too_slow(
    name: str, version: str, alive: Sequence[Worker], behind: Sequence[Worker], seconds: float
) -> ConflictError:
    if alive:
        told = ", ".join(f"{worker.worker} answers with {worker.version or 'nothing'}" for worker in behind)
        text = f"{len(behind)} of {len(alive)} workers have not followed: {told}; their log says why"
    else:
        text = f"no worker of the service is seen in {_folder()}; start it, with the same TRADY2_HOME"
    return ConflictError(f"{version} of {name} is active, but after {seconds:g} s {text}", name=name, version=version)


def _folder() -> Path:
    return trady2_home() / "workers"


def _identity() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


def _is_held(lock: Path) -> bool:
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
