"""Writing a version's folder: drafted elsewhere, flushed, read again, renamed to its place."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trady2.errors import ConfigError
from trady2.files import sync_folder
from trady2.registry import store
from trady2.registry.canonical import canonical_json
from trady2.registry.card import CARD_FILE, MANIFEST_FILE, SIGNATURE_FILE, version_card
from trady2.registry.integrity import read_sealed
from trady2.registry.keys import signature_of
from trady2.registry.version import Version

__all__ = ["place", "place_signature"]


def place(version: Version, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
    """Write *files* and *manifest* as the folder of *version*, in one step that other processes see; under the lock.

    It is signed where ``TRADY2_PRIVATE_KEY`` names a key.

    Raises ConfigError when staging and models lie on different file systems, where nothing can be renamed.
    """
    text = canonical_json(manifest)
    card = version_card(manifest, hashlib.sha256(text).hexdigest())
    signature, home = signature_of(text), version.path.parent
    proofs = {MANIFEST_FILE: text, CARD_FILE: card, **({SIGNATURE_FILE: signature} if signature else {})}
    with store.drafted(store.staging_folder(version.name)) as draft:
        content = draft / version.folder
        content.mkdir()
        for file, content_bytes in {**files, **proofs}.items():
            (content / file).write_bytes(content_bytes)
        store.seal_folder(content)
        read_sealed(content, name=version.name, folder=version.folder)
        home.mkdir(parents=True, exist_ok=True)
        try:
            content.rename(version.path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            raise ConfigError(
                f"{content} and {home} lie on different file systems, so a version cannot appear in one step; "
                "mount BENTOML_HOME as a whole",
                path=str(home),
            ) from error
        sync_folder(home)
    store.refresh_latest(version.name)


def place_signature(signature: bytes, folder: Path, home: Path) -> None:
    """Put *signature* into the *folder* of a version or an alias in one step, from a draft in *home*; under the lock.

    A draft in the folder itself would be a file too many to whoever reads it meanwhile.
    """
    with store.drafted(home) as draft:
        written = draft / SIGNATURE_FILE
        written.write_bytes(signature)
        written.chmod(0o444)
        written.replace(folder / SIGNATURE_FILE)
    sync_folder(folder)
