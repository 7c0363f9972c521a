"""One verified version in memory, ready to answer, and the reason why another one was refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from trady2.errors import StaleDataError

if TYPE_CHECKING:
    from trady2.data.latest import VectorRow
    from trady2.learning.model import Model
    from trady2.registry.loading import Opened
    from trady2.serving.row import Row

__all__ = ["Refusal", "Snapshot"]

_STALE_AFTER_BARS = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an answer is made from; it never changes, another activation brings another snapshot.

    Attributes:
        stale_after: Age, counted from decision time, at which a stored vector is too old.
        expires: When the version itself is too old to answer, UTC; None for never.
        step: The time from one bar to the next.
        feature_set: The names in ``model.features``, for comparing.
        features_config: The section ``features`` of the version's configuration, as JSON; None where it has none.
        rows: The newest vectors that were asked for, by asset, and the rows made from them; a memo.
        answers: The answers that were given from them; the same row has the same answer.
    """

    name: str
    version: str
    sha256: str
    model: Model
    step: timedelta
    stale_after: timedelta
    feature_set: frozenset[str]
    features_config: str | None = None
    expires: datetime | None = None
    rows: dict[str, tuple[VectorRow, Row]] = field(default_factory=dict, repr=False, compare=False)
    answers: dict[str, tuple[Row, dict[str, Any]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, opened: Opened) -> Self:
        """Make a snapshot of a version that the registry has opened and verified."""
        step = timedelta(seconds=opened.model.step_seconds)
        return cls(
            name=opened.version.name,
            version=opened.version.version,
            sha256=opened.sha256,
            model=opened.model,
            step=step,
            stale_after=step * stale_after_bars(opened.manifest),
            feature_set=frozenset(opened.model.features),
            features_config=_features_config(opened.manifest),
            expires=_expiry(opened.version.born, opened.manifest),
        )

    def refuse_expired(self, now: datetime) -> None:
        """Raise StaleDataError when the version is too old to answer at *now*, UTC."""
        if self.expires is None or now < self.expires:
            return
        raise StaleDataError(
            f"{self.name} {self.version} has expired on {self.expires:%Y-%m-%d %H:%M} UTC, as its configuration asks "
            "(monitor.expires_after_days); train a new version and activate it",
            code="expired_version",
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the version that the alias names is not the one that answers."""

    reason: str
    since: datetime


def stale_after_bars(manifest: Mapping[str, Any]) -> float:
    """Return ``monitor.stale_after_bars`` of the configuration in a *manifest*, 2 where there is none."""
    return float(_monitor(manifest).get("stale_after_bars", _STALE_AFTER_BARS))


def _expiry(born: datetime, manifest: Mapping[str, Any]) -> datetime | None:
    days = _monitor(manifest).get("expires_after_days")
    return None if days is None else born + timedelta(days=float(days))


def _monitor(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    return (manifest.get("config") or {}).get("monitor") or {}


def _features_config(manifest: Mapping[str, Any]) -> str | None:
    section = (manifest.get("config") or {}).get("features")
    return None if section is None else json.dumps(section, sort_keys=True)
