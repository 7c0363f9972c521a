"""The versions there are, for people and programs that choose between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from trady2.errors import Trady2Error
from trady2.registry.alias import is_foreign, target
from trady2.registry.store import versions
from trady2.serving.answer import utc_text

if TYPE_CHECKING:
    from trady2.registry.version import Version
    from trady2.serving.predictor import Predictor
    from trady2.serving.snapshot import Snapshot

__all__ = ["catalogue"]

_HEADLINE: Final = ("log_loss_skill", "roc_auc", "direction_auc", "direction_skill", "brier", "precision_at_threshold")


def catalogue(predictor: Predictor) -> dict[str, Any]:
    """Return the versions of the predictor's model, newest first, the active one marked.

    ``answering`` is the version in the predictor's memory; it differs from the active one while that is refused.
    A version whose manifest cannot be trusted is listed with its ``error`` and without figures.
    """
    snapshot, refusal = predictor.snapshot, predictor.refusal
    active = _active(predictor.name, snapshot)
    return {
        "model": predictor.name,
        "answering": snapshot.version if snapshot else None,
        "refused": {"reason": refusal.reason, "since": utc_text(refusal.since)} if refusal else None,
        "versions": [_entry(version, active) for version in reversed(versions(predictor.name))],
    }


def _active(name: str, snapshot: Snapshot | None) -> str | None:
    # Not `registry.active`, which asks the ledger since when: a database that is away must not hide the versions.
    try:
        alias = target(name)
    except Trady2Error:
        return None
    if alias is None and snapshot is not None and is_foreign(name):
        return snapshot.version  # baked in: what is active never changes
    return alias.version if alias else None


def _entry(version: Version, active: str | None) -> dict[str, Any]:
    entry = {
        "version": version.version,
        "tag": version.tag,
        "born": utc_text(version.born),
        "active": version.version == active,
    }
    try:
        manifest = version.manifest
    except (Trady2Error, OSError) as error:
        return {**entry, "sha256": None, "verdict": None, "metrics": {}, "error": str(error)}
    scorecard = manifest.get("scorecard") or {}
    metrics = {name: scorecard[name] for name in _HEADLINE if name in scorecard}
    return {
        **entry,
        "sha256": version.sha256,
        "verdict": _label(manifest.get("verdict")),
        "metrics": metrics,
        "error": None,
    }


def _label(verdict: Any) -> str | None:
    label = verdict.get("label") if isinstance(verdict, Mapping) else verdict
    return None if label is None else str(label)
