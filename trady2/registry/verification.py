"""The strictest check: as for loading, and against what the ledger remembers of the version's birth."""

from __future__ import annotations

from trady2.registry.integrity import broken
from trady2.registry.ledger import Ledger
from trady2.registry.loading import Opened, open_version

__all__ = ["verified", "verify"]


def verify(name: str, version: str) -> None:
    """Return when every byte, every golden prediction and the ledger agree; raises IntegrityError otherwise.

    ``model.joblib`` is compared by its digest; it is not unpickled. A folder whose files, manifest and card were
    all replaced in agreement with each other is told by the ledger, as long as that is out of the forger's reach.
    """
    verified(name, version, Ledger())


def verified(name: str, version: str, ledger: Ledger, *, signed: bool = True) -> Opened:
    """Open a *version* and compare its files with the ledger's word on its birth; *signed* as in `open_version`."""
    opened = open_version(name, version, signed=signed)
    births = ledger.events(name=name, version=opened.version.version, kinds=("trained",))
    remembered = births[-1].payload.get("files") if births else None
    for file, digest in (remembered or {}).items():
        if opened.manifest["files"].get(file, {}).get("sha256") != digest:
            raise broken(opened.version.tag, file, "does not have the SHA-256 that the ledger holds")
    return opened
