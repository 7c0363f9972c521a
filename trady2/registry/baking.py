"""A store that holds what is active and nothing else, to go into an image: the model baked in instead of mounted."""

from __future__ import annotations

import shutil
from pathlib import Path

from trady2.errors import ConflictError, NotFoundError, RefusedError
from trady2.files import sync_folder
from trady2.registry.alias import link_or_copy
from trady2.registry.card import CARD_FILE, MANIFEST_FILE, alias_card, version_card
from trady2.registry.integrity import read_sealed
from trady2.registry.loading import Opened, open_active
from trady2.registry.store import drafted, seal_folder

__all__ = ["bake"]


def bake(name: str, output: str | Path) -> Opened:
    """Write the active version of *name* into a store of its own in the folder *output*; returns it as it was opened.

    It holds the version and, as a real folder, ``active``: a link would get lost in a Bento, which leaves links out.
    Whoever is pointed at it (``TRADY2_STORE``) checks the version as always, signature included. It needs no ledger and
    is never written again; several names may share a folder.

    Raises:
        NotFoundError: nothing is active.
        IntegrityError: what is active is not what was published.
        RefusedError: *output* holds that name already.
        ConflictError: another version was activated meanwhile.
    """
    opened, home = open_active(name), Path(output).absolute()
    if opened is None:
        raise NotFoundError(f"no version of {name!r} is active, so there is nothing to bake; activate one", name=name)
    place, folder = home / "models" / name, opened.version.folder
    if place.exists():
        raise RefusedError(
            f"{place} exists, and what is baked is not changed; remove {home} or name another folder", name=name
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    with drafted(home) as draft:
        version = _copied(opened, opened.version.path, draft / "store" / folder, alias=False)
        _copied(opened, version, draft / "store" / "active", alias=True)
        (draft / "store" / "latest").write_text(folder, "utf-8")
        (draft / "store").rename(place)
    sync_folder(place.parent)
    return opened


def _copied(opened: Opened, source: Path, destination: Path, *, alias: bool) -> Path:
    """Copy the files of *opened*, with the card of the version or of its alias, and check every byte of the copy."""
    destination.mkdir(parents=True)
    for file in source.iterdir():
        if file.name != CARD_FILE and not alias:
            shutil.copyfile(file, destination / file.name, follow_symlinks=False)
        elif file.name != CARD_FILE:
            link_or_copy(file, destination / file.name)
    card = alias_card if alias else version_card
    (destination / CARD_FILE).write_bytes(card(opened.manifest, opened.manifest_sha256))
    seal_folder(destination)
    name, folder = opened.version.name, opened.version.folder
    if read_sealed(destination, name=name, folder=folder, alias=alias).manifest_sha256 != opened.manifest_sha256:
        raise ConflictError(f"{name}: {MANIFEST_FILE} changed while it was baked; bake again", name=name)
    return destination
