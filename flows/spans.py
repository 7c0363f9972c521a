"""Which bars are judged, by zone or by time, and whether that reads the test zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from trady2.errors import ConfigError

__all__ = ["backtest_span", "sweep_span", "zone_of", "zone_start"]

_Zones = Sequence[Mapping[str, Any]]
_PURPOSES = {
    "threshold": "on the threshold zone, to choose from: the trees did not learn from it, the test zone stays unread",
    "test": "on the test zone, which is a read of it: what is best here was chosen on it, and is no longer tested",
    "span": "on bars from which the model has learned: what is best here says little about other bars",
}


def zone_start(zones: _Zones, name: str) -> np.datetime64:
    """Return the first decision time of a zone of the manifest, UTC; a shared threshold zone is that of calibration."""
    found = next(zone for zone in zones if name in (zone["zone"], zone.get("shared_with")))
    return np.datetime64(str(found["start"]).rstrip("Z"), "us")


def zone_of(zones: _Zones, start: np.datetime64, end: np.datetime64 | None) -> str:
    """Return what decisions from *start* on and before *end* are counted as.

    ``test`` for any that touch the test zone or come after it, ``threshold`` for those inside that zone, else ``span``.
    """
    if end is None or end > zone_start(zones, "test"):
        return "test"
    return "threshold" if start >= zone_start(zones, "threshold") else "span"


def backtest_span(zones: _Zones, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Return the span to judge, by default the test zone on; what it counts as, and whether the model has seen any."""
    test = zone_start(zones, "test")
    first, last = _utc(start) or test, _utc(end)
    return {
        "start": str(first),
        "end": None if last is None else str(last),
        "zone": zone_of(zones, first, last),
        "in_sample": bool(first < test),
    }


def sweep_span(zones: _Zones, zone: str, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Return start and end (None: open) of the decision times to sweep, their zone and what that means.

    By default that is the threshold zone: the trees did not learn from it, and choosing is what it is for. Choosing on
    the test zone leaves nothing to test the choice with, so it has to be asked for by name.

    Raises:
        ConfigError: *zone* is neither threshold nor test, or the span reaches into the test zone unasked.
    """
    if zone not in ("threshold", "test"):
        raise ConfigError(f"{zone!r} is no zone to sweep; write threshold or test, or give start and end", zone=zone)
    test = zone_start(zones, "test")
    first = _utc(start) or zone_start(zones, zone)
    last = _utc(end) or (None if zone == "test" else test)
    label = zone_of(zones, first, last)
    if label == "test" and zone != "test":
        raise ConfigError(
            f"the span ends at {last}Z, inside the test zone, which begins at {test}Z; end it there, or ask for the "
            "test zone by name with --zone test: that is a read of it",
            end=str(last),
            test=str(test),
        )
    return {
        "start": str(first),
        "end": None if last is None else str(last),
        "zone": label,
        "in_sample": bool(first < zone_start(zones, "threshold")),
        "purpose": _PURPOSES[label],
    }


def _utc(moment: datetime | None) -> np.datetime64 | None:
    return None if moment is None else np.datetime64(moment.replace(tzinfo=None), "us")
