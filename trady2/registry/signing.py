"""A version that was made without a key, or under another one, gets a signature from a person who has one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from trady2.registry.canonical import canonical_json
from trady2.registry.card import MANIFEST_FILE
from trady2.registry.drafting import place_signature
from trady2.registry.integrity import broken
from trady2.registry.keys import required_signature
from trady2.registry.reconciliation import settled
from trady2.registry.store import aliases_folder, staging_folder
from trady2.registry.verification import verified

if TYPE_CHECKING:
    from trady2.registry.version import Version

__all__ = ["sign"]


def sign(name: str, version: str, *, actor: str, reason: str = "") -> Version:
    """Verify a *version* but for its signature, sign it with the key of ``TRADY2_PRIVATE_KEY``, and return it.

    The one file that is added or replaced is the signature; digests, card and manifest stay as they are, in the
    version's folder and in that of its alias. The ledger remembers who signed.

    Raises:
        ConfigError: ``TRADY2_PRIVATE_KEY`` names no key.
        NotFoundError: there is no such version.
        IntegrityError: it is not what was published.
    """
    with settled(name) as ledger:
        opened = verified(name, version, ledger, signed=False)
        manifest = canonical_json(opened.manifest)
        if hashlib.sha256(manifest).hexdigest() != opened.manifest_sha256:
            raise broken(opened.version.tag, MANIFEST_FILE, "is not written in the one way that Trady2 writes")
        signature = required_signature(manifest)
        spelt, kept = opened.version.version, aliases_folder(name)
        place_signature(signature, opened.version.path, staging_folder(name))
        if (kept / opened.version.folder).is_dir():
            place_signature(signature, kept / opened.version.folder, kept)
        ledger.append("signed", name=name, version=spelt, actor=actor, reason=reason)
        return opened.version
