"""The configuration and the data of a version as they were: later bars, assets and columns are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flows import run_files
from trady2.config import Config
from trady2.errors import DataError

if TYPE_CHECKING:
    from trady2.data.panel import Panel

__all__ = ["pinned_config", "pinned_panel", "require_training"]


def pinned_config(manifest: Mapping[str, Any], *, threads: int | None = None) -> Config:
    """Return the configuration in a *manifest* with its assets, from its first row to its last.

    With *threads* trees are grown by that many, whatever the configuration says.
    """
    data, given = manifest["data"], manifest["config"]
    first, last = (datetime.fromisoformat(data[end].rstrip("Z")).replace(tzinfo=UTC) for end in ("first", "last"))
    span = {"start": first.isoformat(), "end": (last + timedelta(microseconds=1)).isoformat()}
    values = {**given, "data": {**given["data"], "assets": data["assets"], **span}}
    if threads is not None:
        values["model"] = {**given["model"], "num_threads": threads}
    return Config.read(values, source=f"manifest of {manifest['version']}")


def pinned_panel(manifest: Mapping[str, Any]) -> Panel:
    """Return the vectors that the version of a *manifest* learned from, with its features in its order.

    Raises DataError, which names assets and columns, where they are no longer what they were.
    """
    from trady2.data.digest import changed_parts, panel_digest, panel_parts

    config, data = pinned_config(manifest), manifest["data"]
    panel = run_files.load_panel(config, manifest["features"])
    digest = panel_digest(panel)
    if digest == data["digest"]:
        return panel
    found = changed_parts(data["parts"], panel_parts(panel)) if "parts" in data else []
    told = "; ".join(found) or f"{data['bars']:,} rows then, {len(panel):,} now"
    commit = (manifest.get("provenance") or {}).get("commit")
    code = f"the code of commit {commit}" if commit else "the code of that time"
    raise DataError(
        f"the vectors in {config.data.vectors} are no longer those that {manifest['name']} {manifest['version']} "
        f"learned from: {told}; restore them from a copy, build them again from the same bars with {code}, or train a "
        "new version",
        changed=found,
        published=data["digest"],
        found=digest,
    )


def require_training(manifest: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Raise DataError where a *manifest* lacks one of the *keys* that every training writes."""
    absent = [key for key in keys if key not in manifest]
    if absent:
        raise DataError(
            f"the manifest of {manifest['name']} {manifest['version']} lacks {', '.join(absent)}: it does not come "
            "from `trady2 train`, so its training is not known; name a version that does",
            absent=absent,
        )
