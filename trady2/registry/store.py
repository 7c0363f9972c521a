"""Where versions, aliases and drafts lie in the BentoML store, what there is, and which version is the latest.

$BENTOML_HOME/models/<name>/latest               text: the newest version
$BENTOML_HOME/models/<name>/<version>/           a version, never changed after its birth
$BENTOML_HOME/models/<name>/active               link to ../../aliases/<name>/<version>
$BENTOML_HOME/models/.<name>.lock                BentoML overlooks files here, but not folders
$BENTOML_HOME/aliases/<name>/<version>/          what `active` stands for
$BENTOML_HOME/staging/<name>/<random>/           drafts, in a place where BentoML does not look

``TRADY2_STORE`` names another folder than ``$BENTOML_HOME`` for all of them.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

import yaml

from trady2.errors import NotFoundError
from trady2.files import atomic_write, locked, sync_folder
from trady2.home import store_home
from trady2.registry.card import CARD_FILE
from trady2.registry.version import Version, check_name, whole_second

__all__ = [
    "aliases_folder",
    "drafted",
    "find",
    "held",
    "models_folder",
    "names",
    "next_version",
    "refresh_latest",
    "seal_folder",
    "staging_folder",
    "sweep",
    "versions",
]


def models_folder(name: str) -> Path:
    """Return the folder of all versions of *name*."""
    return store_home() / "models" / check_name(name)


def aliases_folder(name: str) -> Path:
    """Return the folder of what `active` of *name* stands or stood for."""
    return store_home() / "aliases" / check_name(name)


def staging_folder(name: str) -> Path:
    """Return the folder of drafts for *name*; on the file system of the models, because a draft is renamed there."""
    return store_home() / "staging" / check_name(name)


def held(name: str) -> AbstractContextManager[None]:
    """Hold the lock that everybody who changes versions or alias of *name* holds; it cannot be nested."""
    return locked(store_home() / "models" / f".{check_name(name)}.lock")


def names() -> list[str]:
    """Return the names that have a folder in the store, sorted."""
    home = store_home() / "models"
    return sorted(entry.name for entry in home.iterdir() if entry.is_dir()) if home.is_dir() else []


def versions(name: str) -> list[Version]:
    """Return the versions of *name*, oldest first; folders that Trady2 has not written are passed over."""
    home = models_folder(name)
    if not home.is_dir():
        return []
    spelt = [Version.spelt(name, entry.name, home) for entry in home.iterdir() if _is_real_folder(entry)]
    return sorted((version for version in spelt if version), key=lambda version: (version.born, version.semver))


def find(name: str, spelling: str) -> Version:
    """Return the version with just this *spelling*, ``+`` or ``-``; raises NotFoundError, which lists near ones."""
    home = models_folder(name)
    wanted = Version.spelt(name, spelling, home)
    if wanted and _is_real_folder(wanted.path):
        return wanted
    known = [version.version for version in reversed(versions(name))]
    near = [version for version in known if version.startswith(spelling)] or get_close_matches(spelling, known)
    hint = f"near are {', '.join(near[:5])}" if near else f"known are {', '.join(known[:5]) or 'none'}"
    raise NotFoundError(
        f"{name} has no version {spelling!r}: {hint}; name one of them in full", name=name, version=spelling, near=near
    )


def next_version(name: str, semver: str, born: datetime) -> Version:
    """Return the version to write: born at that second in UTC, or at the next one that no version has; under the lock.

    A second is taken for all of *name*, so that its versions have one order; deleted ones that the alias still keeps
    count too. Raises DataError for a time without zone.
    """
    home, kept = models_folder(name), aliases_folder(name)
    entries = [entry for folder in (home, kept) if folder.is_dir() for entry in folder.iterdir()]
    taken = {spelt.born for entry in entries if (spelt := Version.spelt(name, entry.name, home))}
    moment = whole_second(born)
    while moment in taken:
        moment += timedelta(seconds=1)
    version = Version(name, semver, moment, home)
    return Version(name, semver, moment, home / version.folder)


def refresh_latest(name: str) -> None:
    """Let ``latest`` name the newest real version, never the alias, in one step."""
    home = models_folder(name)
    if not home.is_dir():
        return None
    real = [entry for entry in home.iterdir() if entry.name != "active" and _is_real_folder(entry)]
    dated = [(born, entry.name) for entry in real if (born := _born(name, entry))]
    latest = home / "latest"
    if not dated:
        return latest.unlink(missing_ok=True)
    newest = max(dated)[1]
    if not latest.is_file() or latest.read_text("utf-8") != newest:
        atomic_write(latest, newest.encode())
    return None


@contextmanager
def drafted(home: Path) -> Iterator[Path]:
    """Make a folder with a name of its own in *home*; what is left of it at the end of the block is removed."""
    draft = home / f".draft-{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def seal_folder(folder: Path) -> None:
    """Make *folder* readable for everybody, its files read-only, and flush all of it to disk."""
    for file in folder.iterdir():
        if file.stat().st_mode & 0o777 != 0o444:  # a hard link to another user's file has the mode, and is not ours
            file.chmod(0o444)
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    folder.chmod(0o755)
    sync_folder(folder)


def sweep(name: str) -> None:
    """Remove what a killed process left behind; only under the lock, where every draft of *name* is a dead one."""
    shutil.rmtree(staging_folder(name), ignore_errors=True)
    for home, pattern in ((aliases_folder(name), ".draft-*"), (models_folder(name), ".latest.*.tmp")):
        for leftover in list(home.glob(pattern)):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _born(name: str, folder: Path) -> datetime | None:
    ours = Version.spelt(name, folder.name, folder.parent)
    if ours:
        return ours.born
    try:
        card = yaml.safe_load((folder / CARD_FILE).read_text("utf-8"))
        return datetime.fromisoformat(str(card["creation_time"])).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return None
