"""What a person sees before a decision: which version, why it may be doubted, and what would change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.admin.decisions import checked_name
from service.admin.history import recent, version_before
from service.page.version_view import audit_failed, facts, version_row
from trady2.errors import NotFoundError, Trady2Error
from trady2.registry import alias
from trady2.registry.store import aliases_folder, find
from trady2.registry.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["decision_view"]


def decision_view(name: str, version: str | None) -> dict[str, Any]:
    """Return what ``decision.html`` shows of activating a *version* of *name*, or with None of rolling back.

    `row` is the version as `version_row` tells it, `active` the one that it follows, None after nothing; `changes` are
    names of figures with their texts now and then; `needs_force` where the leak audit failed.

    Raises NotFoundError when there is no such version, or none to go back to.
    """
    name = checked_name(name)
    found = _found(name, version or _before(name))
    row, active = version_row(found, datetime.now(UTC)), _active(name)
    now = _facts(_found(name, active)) if active else {}
    return {
        "name": name,
        "going_back": version is None,
        "row": row,
        "active": active,
        "changes": [(key, now.get(key), text) for key, text in row["facts"].items()],
        "needs_force": version is not None and row["error"] is None and audit_failed(_manifest(found)),
    }


def _before(name: str) -> str:
    before = version_before(recent(name)[1], _active(name))
    if before is None:
        raise NotFoundError(f"{name} has nothing to go back to: no other version was active before", name=name)
    return before


def _active(name: str) -> str | None:
    try:
        found = alias.target(name)
    except Trady2Error:
        return None
    return found.version if found else None


def _found(name: str, version: str) -> Version:
    try:
        return find(name, version)
    except NotFoundError:
        # Deleted after it had been active: the alias keeps a copy.
        kept = Version.spelt(name, version, aliases_folder(name))
        if kept is None or not kept.path.is_dir():
            raise
        return kept


def _facts(version: Version) -> dict[str, str]:
    try:
        return facts(_manifest(version))
    except (Trady2Error, OSError):
        return {}


def _manifest(version: Version) -> Mapping[str, Any]:
    from trady2.registry.loading import read_version_manifest

    return read_version_manifest(version.name, version.version)
