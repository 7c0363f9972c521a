"""What a version knows about itself: what its maker says, completed by what only the registry can say."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

from trady2.errors import ConfigError
from trady2.registry.canonical import utc_text
from trady2.registry.card import CARD_FILE, MANIFEST_FILE, MANIFEST_SCHEMA, SIGNATURE_FILE
from trady2.registry.golden import record
from trady2.registry.parsing import parsed
from trady2.registry.processor import processor
from trady2.registry.version import Version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["check_files", "complete", "environment"]

_REQUIRED = ("calibrator.json", "model.joblib", "model.txt")
_FILE = re.compile(r"[A-Za-z0-9][-._A-Za-z0-9]{0,99}")
# BentoML unpickles a file of the last name as soon as somebody asks for `custom_objects`.
_FORBIDDEN = {CARD_FILE, MANIFEST_FILE, SIGNATURE_FILE, "custom_objects.pkl"}
_LIBRARIES: tuple[str, ...] = ("bentoml", "joblib", "lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn")
_LIBRARIES += ("scipy", "TA-Lib", "trady2")


def check_files(files: Mapping[str, bytes]) -> None:
    """Raise ConfigError unless *files* holds what every version has, under names that stay inside its folder."""
    for name in _REQUIRED:
        if name not in files:
            raise ConfigError(f"{name} is missing among the files of the version; add it", file=name)
    for name in files:
        if name in _FORBIDDEN or not _FILE.fullmatch(name):
            raise ConfigError(f"{name!r} cannot be the name of a version's file; choose another", file=name)


def complete(
    given: Mapping[str, Any],
    version: Version,
    files: Mapping[str, bytes],
    *,
    golden: NDArray[np.float32],
    actor: str,
) -> dict[str, Any]:
    """Add to the *given* manifest what the registry knows: identity, digests, environment, features and predictions.

    Args:
        given: what the maker says.
        version: the version that it belongs to.
        files: bytes by file name.
        golden: (k, f) float32 rows whose predictions are added.
        actor: who publishes.

    Raises:
        ConfigError: *given* says something else about what is added here, or nobody is named as actor.
    """
    if not actor.strip():
        raise ConfigError(f"actor = {actor!r} names nobody; say who publishes {version.tag}", actor=actor)
    model = parsed(files, version=version.tag)
    added = {
        "schema": MANIFEST_SCHEMA,
        "name": version.name,
        "version": version.version,
        "created_at": utc_text(version.born),
        "published_by": actor,
        "files": {name: _pin(content) for name, content in sorted(files.items())},
        "environment": environment(),
        "features": list(model.features),
        "signal_kind": model.signal_kind,
        "threshold": model.threshold,
        "golden": record(model, golden),
    }
    for key in sorted(added.keys() & given.keys()):
        if given[key] != added[key]:
            raise ConfigError(
                f"manifest[{key!r}] = {given[key]!r} is set by the registry, to {added[key]!r}; leave it out", key=key
            )
    return {**given, **added}


def environment() -> dict[str, Any]:
    """Return the versions of Python, system and libraries that shape a model, and the processor."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "libraries": {name: _installed(name) for name in _LIBRARIES},
    }


def _installed(library: str) -> str:
    try:
        return installed(library)
    except PackageNotFoundError:
        return "absent"


def _pin(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
