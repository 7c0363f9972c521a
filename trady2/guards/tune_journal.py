"""Optuna's journal of a study: one file, locked through the kernel, that a kill or a power cut leaves readable."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from trady2.errors import ConfigError
from trady2.files import atomic_write, locked

if TYPE_CHECKING:
    from optuna.study import Study

__all__ = ["open_journal"]


def open_journal(journal: Path) -> Study:
    """Open or begin the study in the file *journal*; raises ConfigError without Optuna."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ConfigError("Optuna is not installed, which tuning needs; install trady2[tune]") from error
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    lock = _KernelLock(journal.with_suffix(".lock"))
    _mend(journal, lock.acquire, lock.release)
    storage = JournalStorage(JournalFileBackend(str(journal), lock_obj=lock))  # type: ignore[arg-type]  # a lock by its two methods
    return optuna.create_study(study_name="tune", storage=storage, direction="maximize", load_if_exists=True)


class _KernelLock:
    """Optuna's lock of the journal, held through the kernel, so that a killed process does not leave it behind."""

    def __init__(self, path: Path) -> None:
        self._path, self._held = path, ExitStack()

    def acquire(self) -> bool:
        """Wait for it."""
        self._held.enter_context(locked(self._path))
        return True

    def release(self) -> None:
        """Let go of it."""
        self._held.close()


def _mend(journal: Path, acquire: Callable[[], bool], release: Callable[[], None]) -> None:
    """Cut off a last line that a power cut left unfinished; Optuna would stumble over it for ever."""
    acquire()
    try:
        content = journal.read_bytes() if journal.exists() else b""
        if content and not content.endswith(b"\n"):
            atomic_write(journal, content[: content.rfind(b"\n") + 1])
    finally:
        release()
