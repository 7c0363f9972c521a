"""Versions as models that can be trusted: every byte compared, every golden prediction repeated."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from trady2.errors import NotFoundError
from trady2.learning.model import Model
from trady2.registry import alias, store
from trady2.registry.first_parse import try_parse
from trady2.registry.integrity import Sealed, broken, read_file, read_manifest, read_sealed
from trady2.registry.parsing import usable
from trady2.registry.version import Version

__all__ = [
    "Opened",
    "active_key",
    "load",
    "open_active",
    "open_version",
    "read_version",
    "read_version_file",
    "read_version_manifest",
]


@dataclass(frozen=True)
class Opened:
    """A model and its checked manifest, read together from one folder, `version.path`."""

    model: Model
    version: Version
    manifest: dict[str, Any]
    manifest_sha256: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of ``model.joblib``, which was compared."""
        return str(self.manifest["files"]["model.joblib"]["sha256"])


def load(name: str, version: str) -> Model:
    """Return the model of a *version*, given in either spelling; raises like `open_version`."""
    return open_version(name, version).model


def open_version(name: str, version: str, *, signed: bool = True) -> Opened:
    """Read, check and parse a *version*, given in either spelling.

    A version that was deleted after it had been active is read from the folder that the alias keeps of it. Only who is
    about to sign it sets *signed* to False, and reads it without a signature where one is asked for.

    Raises:
        NotFoundError: there is no such version; near ones are named.
        IntegrityError: it is not what was published, with `.version`, `.file` and `.reason`.
    """
    found, is_alias = _find(name, version)
    return _opened(found, read_sealed(found.path, name=name, folder=found.folder, alias=is_alias, signed=signed))


def read_version(name: str, version: str) -> Sealed:
    """Read and check the bytes of a *version*, and parse nothing; finds and raises like `open_version`."""
    found, is_alias = _find(name, version)
    return read_sealed(found.path, name=name, folder=found.folder, alias=is_alias)


def read_version_manifest(name: str, version: str) -> dict[str, Any]:
    """Read the manifest of a *version*, checked, and none of its other files; finds and raises like `open_version`."""
    found, is_alias = _find(name, version)
    return read_manifest(found.path, name=name, folder=found.folder, alias=is_alias)[0]


def read_version_file(name: str, version: str, file: str) -> bytes:
    """Read one *file* of a *version*, checked; finds and raises like `open_version`, NotFoundError without the file."""
    found, is_alias = _find(name, version)
    content = read_file(found.path, file, name=name, folder=found.folder, alias=is_alias)
    if content is None:
        raise NotFoundError(f"{found.tag} has no {file}; `trady2 train` writes it", code="no_file", file=file)
    return content


def open_active(name: str) -> Opened | None:
    """Read, check and parse what is active, from one folder that is resolved once; None when nothing is.

    It asks neither BentoML nor the ledger. Raises IntegrityError like `open_version`, NotFoundError for a link that
    leads nowhere.
    """
    folder = alias.target_folder(name)
    if folder is None:
        return None
    expected = None if folder.name == "active" else folder.name
    sealed = read_sealed(folder, name=name, folder=expected, alias=True)
    version = Version.spelt(name, sealed.manifest["version"], folder.parent)
    if version is None:
        raise broken(f"{name}:active", "manifest.json", f"has no proper version: {sealed.manifest['version']!r}")
    return _opened(Version(name, version.semver, version.born, folder), sealed)


def active_key(name: str) -> str | None:
    """Return a text that changes with every activation, of the same version too, None when nothing is active.

    Costs microseconds.
    """
    link = store.models_folder(name) / "active"
    try:
        target = os.readlink(link)  # noqa: PTH115 - no path is built from it
        made = link.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        return f"folder {link.stat().st_ino}"
    return f"{target} {made.st_ino} {made.st_mtime_ns}"


def _find(name: str, version: str) -> tuple[Version, bool]:
    """Return the version, and whether its folder is the one that the alias keeps."""
    try:
        return store.find(name, version), False
    except NotFoundError:
        kept = Version.spelt(name, version, store.aliases_folder(name))
        if kept is None or not kept.path.is_dir():
            raise
        return kept, True


def _opened(version: Version, sealed: Sealed) -> Opened:
    try_parse(sealed, version=version.tag)
    return Opened(usable(sealed, version=version.tag), version, sealed.manifest, sealed.manifest_sha256)
