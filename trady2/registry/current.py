"""What is active now, from the alias, and what was at some time, from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trady2.errors import DataError
from trady2.registry import alias
from trady2.registry.history import changes, moment_of
from trady2.registry.integrity import read_manifest
from trady2.registry.ledger import Ledger

__all__ = ["Active", "active"]


@dataclass(frozen=True)
class Active:
    """The version that is active: `version` as ``1.0.0+20251101_120000``, `since` in UTC, None if nobody recorded it.

    `sha256` is that of ``model.joblib``; None where only the ledger could tell and does not.
    """

    name: str
    version: str
    sha256: str | None
    since: datetime | None


def active(name: str, *, as_of: datetime | None = None) -> Active | None:
    """Return what is active for *name*, or was at the time *as_of*; None when nothing is or was.

    Raises:
        DataError: *as_of* has no time zone.
        NotFoundError: the alias leads to a folder that is not there.
        IntegrityError: the alias leads elsewhere, or its manifest is not the one that was activated.
    """
    return _now(name) if as_of is None else _then(name, as_of)


def _now(name: str) -> Active | None:
    folder = alias.target_folder(name)
    if folder is None:
        return None
    manifest, _ = read_manifest(folder, name=name, folder=None if folder.name == "active" else folder.name, alias=True)
    told = changes(Ledger(), name)
    agreed = told and told[-1].version == manifest["version"]
    since = moment_of(told[-1]) if agreed else None
    return Active(name, manifest["version"], manifest["files"]["model.joblib"]["sha256"], since)


def _then(name: str, moment: datetime) -> Active | None:
    if moment.tzinfo is None:
        raise DataError(f"as_of = {moment.isoformat()} has no time zone; give it in UTC", as_of=moment.isoformat())
    told = [event for event in changes(Ledger(), name) if moment_of(event) <= moment]
    if not told or told[-1].version is None:
        return None
    return Active(name, told[-1].version, told[-1].payload.get("sha256"), moment_of(told[-1]))
