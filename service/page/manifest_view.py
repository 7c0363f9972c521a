"""A version's manifest in sections that a person can read; all of it stands below them as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from service.admin.version_files import manifest
from service.page import wording
from service.page.version_view import facts, verdict_of

__all__ = ["manifest_view"]

_SCORES: Final = {
    "direction_auc": "Direction AUC",
    "direction_skill": "Direction skill",
    "roc_auc": "AUC of rises",
    "log_loss_skill": "Log-loss skill",
    "brier": "Brier score",
    "precision_at_threshold": "Precision at the threshold",
    "signal_rate": "Share of bars with a signal",
    "volatility_auc": "AUC of volatility alone",
}
_ORIGIN: Final = ("commit", "changed_since_commit", "code_sha256", "config_sha256", "lock_sha256")


def manifest_view(name: str, version: str) -> dict[str, Any]:
    """Return what ``manifest.html`` shows; raises like `service.admin.version_files.manifest`."""
    told = manifest(name, version)
    certificate, origin = _part(told, "leak_certificate"), _part(told, "provenance")
    return {
        "name": name,
        "version": told["version"],
        "has_report": "report.html" in told["files"],
        "identity": [
            ("Created", told["created_at"][:19] + "Z"),
            ("Published by", told["published_by"]),
            ("Run", told.get("run") or wording.DASH),
            ("Seed", told.get("seed", wording.DASH)),
            ("SHA-256", told["files"]["model.joblib"]["sha256"]),
        ],
        "verdict": verdict_of(told),
        "facts": list(facts(told).items()),
        "scores": _scores(_part(told, "scorecard")),
        "zones": [zone for zone in told.get("zones") or () if isinstance(zone, Mapping)],
        "audit": {
            "passed": certificate.get("passed"),
            "level": certificate.get("level"),
            "findings": certificate.get("findings") or [],
            "warnings": certificate.get("warnings") or [],
        },
        "files": [(file, wording.count(pin["bytes"]), pin["sha256"]) for file, pin in told["files"].items()],
        "origin": [(key.replace("_", " "), str(origin[key])) for key in _ORIGIN if key in origin],
        "libraries": sorted(_part(_part(told, "environment"), "libraries").items()),
        "features": [str(feature) for feature in told.get("features") or ()],
        "config": _json(told.get("config") or {}),
        "whole": _json({key: value for key, value in told.items() if key != "golden"}),
    }


def _scores(scorecard: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    intervals = _part(scorecard, "intervals")
    found = []
    for key, label in _SCORES.items():
        if key in scorecard:
            bounds = _part(intervals, key)
            span = f"{wording.decimal(bounds['low'])} to {wording.decimal(bounds['high'])}" if bounds else wording.DASH
            found.append((label, wording.decimal(scorecard[key]), span))
    return found


def _part(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = told.get(key)
    return part if isinstance(part, Mapping) else {}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
