"""What is active now, from the alias, and what was at some time, from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trady2.errors import DataError
from trady2.registry import alias
from trady2.registry.history import changes, latest_run, moment_of
from trady2.registry.integrity import read_manifest
from trady2.registry.ledger import Ledger

__all__ = ["Active", "active"]


@dataclass(frozen=True)
class Active:
    """The version that is active: `version` as ``1.0.0+20251101_120000``, without a break `since` that time in UTC.

    `since` is None when the ledger does not know of it, as in a container with a copy of the model store.

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
    run = latest_run(changes(Ledger(), name))
    since = moment_of(run) if run and run.version == manifest["version"] else None
    return Active(name, manifest["version"], manifest["files"]["model.joblib"]["sha256"], since)


def _then(name: str, moment: datetime) -> Active | None:
    if moment.tzinfo is None:
        raise DataError(f"as_of = {moment.isoformat()} has no time zone; give it in UTC", as_of=moment.isoformat())
    run = latest_run([event for event in changes(Ledger(), name) if moment_of(event) <= moment])
    if run is None or run.version is None:
        return None
    return Active(name, run.version, run.payload.get("sha256"), moment_of(run))
