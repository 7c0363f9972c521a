"""A new version, whole or not at all.

BentoML's own ``models.create`` copies files into their place without lock or flush: a reader can meet half a file,
and a kill leaves one behind that breaks the listing of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trady2.registry.drafting import place
from trady2.registry.keys import ready_to_sign
from trady2.registry.manifest import check_files, complete
from trady2.registry.reconciliation import birth, settled
from trady2.registry.store import next_version
from trady2.registry.version import Version, check_semver

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["publish"]


def publish(
    name: str,
    semver: str,
    files: Mapping[str, bytes],
    manifest: Mapping[str, Any],
    *,
    golden: NDArray[np.float32],
    actor: str,
    born: datetime | None = None,
    reports: Callable[[Version], Mapping[str, bytes]] | None = None,
) -> Version:
    """Register a model as a new version of *name* and return it; nothing is left of it when this fails.

    Args:
        name: the model's name, such as ``trady2``.
        semver: three numbers, such as ``1.0.0``; the UTC second of birth is added.
        files: bytes by file name: what `Model.files` gives.
        manifest: what the maker knows: target, zones, configuration, scores … (NaN becomes null); the registry adds
            schema, name, version, created_at, published_by, files, environment, features, signal_kind, threshold
            and golden.
        golden: (k, f) float32 rows whose predictions the version has to repeat whenever it is loaded; NaN allowed.
        actor: who publishes.
        born: a time with zone, by default now; when that second is taken, the next free one.
        reports: gives the files that name the version themselves, once it is known.

    Raises:
        ConfigError: a name, version, file or manifest key that cannot be, or no key where versions have to be signed.
        DataError: a time without zone, or golden vectors that do not fit the model.
        IntegrityError: the model's files cannot be read back.
    """
    check_semver(semver)
    ready_to_sign()
    with settled(name) as ledger:
        version = next_version(name, semver, born or datetime.now(UTC))
        files = {**files, **(reports(version) if reports else {})}
        check_files(files)
        whole = complete(manifest, version, files, golden=golden, actor=actor)
        place(version, files, whole)
        ledger.append("trained", name=name, version=version.version, actor=actor, payload=birth(whole))
    return version
