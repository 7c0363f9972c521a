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
    from trady2.serving.following import Following
    from trady2.serving.predictor import Predictor
    from trady2.serving.snapshot import Snapshot

__all__ = ["catalogue", "readiness"]

_HEADLINE: Final = ("log_loss_skill", "roc_auc", "direction_auc", "direction_skill", "brier", "precision_at_threshold")


def catalogue(predictor: Predictor) -> dict[str, Any]:
    """Return what is served: for each name its assets, and its versions, newest first, the active one marked.

    ``answering`` is the version in the predictor's memory; it differs from the active one while that is refused.
    A version whose manifest cannot be trusted is listed with its ``error`` and without figures. What stands beside
    ``models`` is said of the first of them, for those who serve but one.
    """
    models = []
    for name, following in predictor.following.items():
        shadows = predictor.shadows.state(name) if predictor.shadows else []
        models.append({**_state(following), "assets": list(predictor.routing.assets[name]), "shadows": shadows})
    first = {key: models[0][key] for key in ("model", "answering", "refused", "versions")}
    return {**first, "models": models}


def readiness(predictor: Predictor) -> list[dict[str, Any]]:
    """Return for each name the version that answers, and why a newer activation was refused.

    Raises:
        NotFoundError, IntegrityError: not every name answers; the message says which ones do not and why.
    """
    models, faults = [], []
    for following in predictor.following.values():
        try:
            version = following.answering().version
        except Trady2Error as error:
            faults.append(error)
        else:
            refused = following.refusal.reason if following.refusal else None
            models.append({"model": following.name, "version": version, "refused": refused})
    if faults:
        told = [*map(str, faults), *(f"{model['model']} answers with {model['version']}" for model in models)]
        raise type(faults[0])("; ".join(told), **faults[0].values)
    return models


def _state(following: Following) -> dict[str, Any]:
    snapshot, refusal = following.snapshot, following.refusal
    active = _active(following.name, snapshot)
    return {
        "model": following.name,
        "answering": snapshot.version if snapshot else None,
        "refused": {"reason": refusal.reason, "since": utc_text(refusal.since)} if refusal else None,
        "versions": [_entry(version, active) for version in reversed(versions(following.name))],
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
