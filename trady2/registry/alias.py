"""``<name>:active``: a link that is switched in one step to a folder that never changes.

The folder, ``aliases/<name>/<version>/``, has a card of its own (version ``active``, dated 1970 so that it is never
the latest) and hard links to the version's files: deleting the version takes nothing away from what is served.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trady2.errors import IntegrityError
from trady2.files import sync_folder
from trady2.registry.card import CARD_FILE, MANIFEST_FILE, SIGNATURE_FILE, alias_card
from trady2.registry.integrity import broken, read_sealed
from trady2.registry.store import aliases_folder, drafted, models_folder, seal_folder, staging_folder
from trady2.registry.version import Version

__all__ = [
    "aside",
    "is_foreign",
    "link_or_copy",
    "prepare",
    "set_aside",
    "switch",
    "switched_at",
    "target",
    "target_folder",
]

# Another file system, another owner (fs.protected_hardlinks), too many links, a file system without links.
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS}


def target(name: str) -> Version | None:
    """Return the version that the alias stands for, its `path` being the alias's folder; None without an alias.

    Raises IntegrityError for a link that leads elsewhere.
    """
    link = models_folder(name) / "active"
    if not link.is_symlink():
        return None
    text = str(link.readlink())
    version = Version.spelt(name, Path(text).name, aliases_folder(name))
    if version is None or text != _link_text(name, version.folder):
        raise IntegrityError(
            f"{name}:active leads to {text!r}, which no activation wrote; remove {link} and activate again",
            name=name,
            target=text,
        )
    return version


def target_folder(name: str) -> Path | None:
    """Return the one folder that holds what is active, resolved once; None without an alias.

    In a container that was built from a bento it is a real folder named ``active``.
    Raises IntegrityError for a link that leads elsewhere, and for what is neither link nor folder.
    """
    path = models_folder(name) / "active"
    if is_foreign(name):
        return path
    if path.exists() and not path.is_symlink():
        raise IntegrityError(
            f"{name}:active is neither a link nor a folder, which no activation wrote; activate again", name=name
        )
    version = target(name)
    return version.path if version else None


def is_foreign(name: str) -> bool:
    """Tell whether ``active`` is a real folder, as ``bentoml models import`` and containers make one."""
    path = models_folder(name) / "active"
    return path.is_dir() and not path.is_symlink()


def prepare(version: Version, manifest: Mapping[str, Any], manifest_sha256: str) -> Path:
    """Return the alias folder of *version*, whose checked *manifest* this is: made from its files, or used again.

    Raises IntegrityError when an alias folder exists that is damaged and active: it must not change under readers.
    """
    home = aliases_folder(version.name)
    folder = home / version.folder
    if folder.exists():
        try:
            found = read_sealed(folder, name=version.name, folder=version.folder, alias=True)
            if found.manifest_sha256 == manifest_sha256:
                return folder
            damage = broken(version.tag, str(folder), "belongs to another version of this name")
        except IntegrityError as error:
            damage = error
        live = target(version.name)
        if live and live.path == folder:
            raise damage
    with drafted(home) as draft:
        if folder.exists():
            folder.rename(draft / "damaged")
        content = draft / "content"
        content.mkdir()
        signature = [SIGNATURE_FILE] if (version.path / SIGNATURE_FILE).exists() else []
        for file in (MANIFEST_FILE, *manifest["files"], *signature):
            link_or_copy(version.path / file, content / file)
        (content / CARD_FILE).write_bytes(alias_card(manifest, manifest_sha256))
        seal_folder(content)
        read_sealed(content, name=version.name, folder=version.folder, alias=True)
        content.rename(folder)
        sync_folder(home)
    return folder


def switch(name: str, folder: Path) -> datetime:
    """Let the alias stand for *folder* in one step; returns the time of the switch in UTC."""
    home = models_folder(name)
    home.mkdir(parents=True, exist_ok=True)
    # A link to a folder inside models/<name>/ under any other name would break `bentoml models list`.
    with drafted(staging_folder(name)) as draft:
        link = draft / "active"
        link.symlink_to(_link_text(name, folder.name))
        os.replace(link, home / "active")  # noqa: PTH105 - Path.replace resolves nothing either, but says less
    sync_folder(home)
    return switched_at(name)


def switched_at(name: str) -> datetime:
    """Return when the link was made, in UTC."""
    made = (models_folder(name) / "active").lstat().st_mtime_ns
    return datetime.fromtimestamp(made // 1_000 / 1e6, UTC)


def aside(name: str) -> Path:
    """Return a place that is free for a real folder named ``active`` that is in the way."""
    return aliases_folder(name) / f".set-aside-{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"


def set_aside(name: str, place: Path) -> None:
    """Move a real folder named ``active`` to *place*, without losing it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(models_folder(name) / "active", place)


def _link_text(name: str, folder: str) -> str:
    return f"../../aliases/{name}/{folder}"


def link_or_copy(source: Path, destination: Path) -> None:
    """Make a hard link to *source*, or a copy where the file system or its rules allow none."""
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, destination, follow_symlinks=False)
