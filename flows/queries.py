"""What the command line asks without running a flow: versions, the active one, an answer."""

from __future__ import annotations

import inspect
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.errors import ConfigError, IntegrityError, NotFoundError

if TYPE_CHECKING:
    from trady2.registry.current import Active
    from trady2.registry.version import Version

__all__ = ["active_row", "answer", "baked", "indicator_rows", "told", "utc_time", "version_rows"]


def utc_time(text: str | None) -> datetime | None:
    """Read an ISO time; raises ConfigError for one without a zone, for it could mean two moments."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no ISO time; write it like 2025-11-01T12:00:00Z", value=text) from None
    if moment.tzinfo is None:
        raise ConfigError(f"{text!r} has no time zone; write {text}Z if it is UTC", value=text)
    return moment.astimezone(UTC)


def version_rows(name: str) -> list[dict[str, Any]]:
    """Return the versions of a model, the newest first, with what one chooses by, or the error that refuses it."""
    from trady2.registry.alias import target
    from trady2.registry.store import versions

    try:
        active = target(name)
    except IntegrityError:
        active = None  # a link that no activation wrote; the versions are there all the same
    return [_version_row(version, active) for version in reversed(versions(name))]


def _version_row(version: Version, active: Version | None) -> dict[str, Any]:
    row = {"version": version.version, "active": active is not None and active.folder == version.folder, "error": None}
    try:
        manifest, digest = version.manifest, version.sha256
    except IntegrityError as error:
        return {**row, "sha256": None, "verdict": None, "assets": None, "test": {}, "error": str(error)}
    return {
        **row,
        "sha256": digest,
        "verdict": manifest.get("verdict", {}).get("label"),
        "assets": manifest.get("data", {}).get("assets"),
        "test": manifest.get("scorecard", {}),
    }


def indicator_rows() -> list[dict[str, Any]]:
    """Return every indicator: its name, its windows by default, and what its docstring says of it."""
    from trady2.features.catalogue import all_indicators

    return [
        {
            "name": name,
            "windows": [list(windows) for windows in indicator.windows],
            "needs_market": indicator.needs_market,
            "formula": inspect.cleandoc(indicator.function.__doc__ or ""),
        }
        for name, indicator in all_indicators().items()
    ]


def active_row(name: str, as_of: str | None) -> dict[str, Any]:
    """Return the version that is, or was, active; raises NotFoundError when none is."""
    from trady2.registry.current import active

    found = active(name, as_of=utc_time(as_of))
    if found is None:
        when = f"was active at {as_of}" if as_of else "is active"
        raise NotFoundError(
            f"no version of {name!r} {when}; see `trady2 versions`, then `trady2 activate V --reason R`"
        )
    return told(found)


def told(active: Active) -> dict[str, Any]:
    """Return an active version as JSON knows it; `since` is None where the ledger does not say."""
    since = active.since.isoformat() if active.since else None
    return {"name": active.name, "version": active.version, "sha256": active.sha256, "since": since}


def baked(name: str, output: str) -> dict[str, Any]:
    """Write the active version of *name* into a store of its own in *output*, and return what it is."""
    from trady2.registry.baking import bake

    opened = bake(name, output)
    return {"name": name, "version": opened.version.version, "sha256": opened.sha256, "output": output}


def answer(
    asset: str, as_of: str | None, *, url: str | None, vectors: Path, name: str, explain: bool = False
) -> dict[str, Any]:
    """Predict for an asset: by a running service at *url*, else here with the same code."""
    if url or os.environ.get("TRADY2_URL"):
        from trady2.client import Client

        with Client(url or os.environ["TRADY2_URL"]) as client:
            return dict(client.predict(asset, as_of=as_of, explain=explain))
    from trady2.serving.predictor import Predictor

    predictor = Predictor(name, vectors)
    predictor.refresh()
    asked = {"asset": asset} | ({"as_of": as_of} if as_of else {}) | ({"explain": True} if explain else {})
    return dict(predictor.answer(asked))
