"""A version and its two spellings.

People write ``1.0.0+20251101_120000``; BentoML refuses ``+`` in tags, so its folder is ``1.0.0-20251101_120000``.
Every lookup takes either, with or without the model's name before it, and matches the whole of it or nothing:
BentoML itself takes a unique *beginning* of a version for the version, even when it deletes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from trady2.errors import ConfigError, DataError
from trady2.registry.integrity import read_manifest

__all__ = ["Version", "check_name", "check_semver", "folder_of", "whole_second"]

# All are used with fullmatch: in BentoML's own check, `$` lets a final newline pass.
_NAME = re.compile(r"[a-z0-9](?:[-._a-z0-9]{0,61}[a-z0-9])?")
_SEMVER = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")
_SPELLING = re.compile(rf"({_SEMVER.pattern})[+-]([0-9]{{8}}_[0-9]{{6}})")
_BORN = "%Y%m%d_%H%M%S"


@dataclass(frozen=True)
class Version:
    """One published version; `path` is its folder, `born` the second of its birth in UTC."""

    name: str
    semver: str
    born: datetime
    path: Path

    @property
    def version(self) -> str:
        """The spelling for people: ``1.0.0+20251101_120000``."""
        return f"{self.semver}+{self.born:{_BORN}}"

    @property
    def folder(self) -> str:
        """The spelling for BentoML: ``1.0.0-20251101_120000``."""
        return f"{self.semver}-{self.born:{_BORN}}"

    @property
    def tag(self) -> str:
        """BentoML's whole tag: ``trady2:1.0.0-20251101_120000``."""
        return f"{self.name}:{self.folder}"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the version knows about itself; raises IntegrityError when it is not what was published."""
        return read_manifest(self.path, name=self.name, folder=self.folder)[0]

    @property
    def sha256(self) -> str:
        """The SHA-256 of ``model.joblib``, as the manifest has it."""
        return str(self.manifest["files"]["model.joblib"]["sha256"])

    @classmethod
    def spelt(cls, name: str, spelling: str, home: Path) -> Version | None:
        """Read either *spelling* of a version of *name* whose folder lies in *home*; None when it is neither."""
        found = _SPELLING.fullmatch(spelling.removeprefix(f"{name}:"))
        born = _time(found[2]) if found else None
        if found is None or born is None:
            return None
        version = cls(name, found[1], born, Path())
        return cls(name, found[1], born, home / version.folder)


def folder_of(version: str) -> str:
    """Turn ``1.0.0+20251101_120000`` into BentoML's ``1.0.0-20251101_120000``."""
    return version.replace("+", "-")


def check_name(name: str) -> str:
    """Return *name* when BentoML takes it for a model's name; raises ConfigError otherwise."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no model name: 1 to 63 of a-z, 0-9, '-', '_', '.', the first and last a letter or digit; "
            "choose another",
            name=name,
        )
    return name


def check_semver(semver: str) -> str:
    """Return *semver* when it is three numbers; raises ConfigError otherwise, so also for ``active`` and ``latest``."""
    if not _SEMVER.fullmatch(semver):
        raise ConfigError(
            f"{semver!r} is no version: it has to be three numbers such as 1.0.0; the time is added by itself",
            version=semver,
        )
    return semver


def whole_second(moment: datetime) -> datetime:
    """Cut *moment* to its second in UTC; raises DataError without a time zone."""
    if moment.tzinfo is None:
        raise DataError(f"born = {moment.isoformat()} has no time zone; give it in UTC", born=moment.isoformat())
    return moment.astimezone(UTC).replace(microsecond=0)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _BORN).replace(tzinfo=UTC)
    except ValueError:
        return None
