"""A version as the page tells of it: what one chooses by, from its checked manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from service.page import wording
from trady2.errors import Trady2Error
from trady2.registry.card import SIGNATURE_FILE

if TYPE_CHECKING:
    from trady2.registry.version import Version

__all__ = ["audit_failed", "facts", "verdict_of", "version_row"]

_VERDICTS: Final = {"edge": "good", "unproven": "open", "no edge": "bad"}
_DEFLATED: Final = "deflated Sharpe ratio of the excess"


def version_row(version: Version, now: datetime) -> dict[str, Any]:
    """Return what the page says of a *version*; of one that cannot be trusted, why, and no figures."""
    row: dict[str, Any] = {
        "version": version.version,
        "folder": version.folder,
        "born": wording.iso(version.born),
        "age": wording.age(wording.seconds_since(version.born, now)),
    }
    try:
        manifest = version.manifest
    except (Trady2Error, OSError) as error:
        return {**row, "error": str(error), "verdict": None, "facts": {}}
    return {
        **row,
        "error": None,
        "verdict": verdict_of(manifest),
        "facts": facts(manifest),
        "audit": _audit(manifest),
        "signed": _signed(version),
        "has_report": "report.html" in manifest["files"],
    }


def verdict_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict's `label`, `tone` (good, open or bad), `text` and `criteria`."""
    verdict = manifest.get("verdict")
    told = verdict if isinstance(verdict, Mapping) else {"label": verdict}
    label = str(told.get("label") or "not judged")
    criteria = [one for one in told.get("criteria") or () if isinstance(one, Mapping)]
    return {"label": label, "tone": _VERDICTS.get(label, "open"), "text": told.get("text"), "criteria": criteria}


def audit_failed(manifest: Mapping[str, Any]) -> bool:
    """Tell whether the version needs force, as `trady2.registry.activation` does."""
    certificate = manifest.get("leak_certificate")
    return isinstance(certificate, Mapping) and certificate.get("passed") is False


def facts(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the key figures as texts, by their names, in the order in which they are shown."""
    return {name: tell(manifest) for name, tell in _FACTS.items()}


def _audit(manifest: Mapping[str, Any]) -> dict[str, Any]:
    certificate = manifest.get("leak_certificate")
    if not isinstance(certificate, Mapping):
        return {"text": "not audited", "tone": "open", "findings": []}
    if audit_failed(manifest):
        findings = [one for one in certificate.get("findings") or () if isinstance(one, Mapping)]
        return {"text": "failed", "tone": "bad", "findings": findings}
    return {"text": "passed", "tone": "good", "findings": []}


def _signed(version: Version) -> str:
    from trady2.registry.keys import signatures_wanted

    if not (version.path / SIGNATURE_FILE).exists():
        return "no"
    return "yes, checked" if signatures_wanted() else "yes, no key here checks it"


def _of(section: str, key: str, tell: Callable[[object], str]) -> Callable[[Mapping[str, Any]], str]:
    def told(manifest: Mapping[str, Any]) -> str:
        part = manifest.get(section)
        return tell(part.get(key)) if isinstance(part, Mapping) else wording.DASH

    return told


def _interval(manifest: Mapping[str, Any]) -> str:
    scorecard = manifest.get("scorecard")
    if not isinstance(scorecard, Mapping):
        return wording.DASH
    interval = (scorecard.get("intervals") or {}).get("direction_auc")
    if not isinstance(interval, Mapping):
        return wording.DASH
    return f"{wording.points(interval.get('low'))} to {wording.points(interval.get('high'))}"


def _deflated(manifest: Mapping[str, Any]) -> str:
    found = [one.get("value") for one in verdict_of(manifest)["criteria"] if one.get("name") == _DEFLATED]
    return wording.points(found[0]) if found else "not needed" if verdict_of(manifest)["criteria"] else wording.DASH


def _target(manifest: Mapping[str, Any]) -> str:
    target = manifest.get("target")
    if not isinstance(target, Mapping):
        return wording.DASH
    return f"{wording.percent(target.get('return_threshold'))} in {target.get('horizon_steps')} bars"


def _features(manifest: Mapping[str, Any]) -> str:
    return wording.count(len(manifest.get("features") or ()))


def _assets(manifest: Mapping[str, Any]) -> str:
    assets = [str(asset) for asset in (manifest.get("data") or {}).get("assets") or ()]
    more = f" and {len(assets) - 4} more" if len(assets) > 4 else ""
    return ", ".join(assets[:4]) + more or wording.DASH


_FACTS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "Direction AUC": _of("scorecard", "direction_auc", wording.points),
    "Its interval": _interval,
    "Skill": _of("scorecard", "log_loss_skill", wording.percent),
    "Net return": _of("backtest", "total_return", wording.percent),
    "Buy and hold": _of("backtest", "buy_and_hold_return", wording.percent),
    "Deflated Sharpe": _deflated,
    "Trades": _of("backtest", "n_trades", wording.count),
    "Deepest fall": _of("backtest", "max_drawdown", wording.percent),
    "Threshold": lambda manifest: wording.points(manifest.get("threshold")),
    "Target": _target,
    "Features": _features,
    "Assets": _assets,
}
