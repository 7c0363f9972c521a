"""What a killed process left half done is finished or given up, in the ledger's open, before the next write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trady2.errors import IntegrityError
from trady2.registry import alias
from trady2.registry.canonical import utc_text
from trady2.registry.history import INTENT, OUTCOMES, changes, unsettled
from trady2.registry.ledger import Event, Ledger
from trady2.registry.store import held, refresh_latest, sweep, versions

__all__ = ["birth", "reconcile", "settled"]

_ACTOR = "trady2 reconcile"


def reconcile(name: str) -> list[Event]:
    """Bring store, alias and ledger of *name* into agreement; returns the events that had to be added.

    Needs no call from outside: each publication, activation and rollback begins with it.
    """
    with held(name):
        return _settle(name, Ledger())


@contextmanager
def settled(name: str) -> Iterator[Ledger]:
    """Hold the lock of *name* with everything in agreement, and give the ledger to write to."""
    ledger = Ledger()
    with held(name):
        _settle(name, ledger)
        yield ledger


def _settle(name: str, ledger: Ledger) -> list[Event]:
    sweep(name)
    refresh_latest(name)
    return [*_births_and_deaths(name, ledger), *_activation(name, ledger), *_foreign_change(name, ledger)]


def _births_and_deaths(name: str, ledger: Ledger) -> list[Event]:
    told = {event.version: event.kind for event in ledger.events(name=name, kinds=("trained", "deleted"))}
    present = {version.version: version for version in versions(name)}
    added = []
    for spelling, version in present.items():
        if told.get(spelling) == "trained":
            continue
        reason = "found in the store without an event: its publication was killed, or it was imported"
        try:
            actor, payload = str(version.manifest["published_by"]), birth(version.manifest)
        except IntegrityError as error:
            actor, payload = _ACTOR, {"damaged": str(error)}
        added.append(ledger.append("trained", name=name, version=spelling, actor=actor, reason=reason, payload=payload))
    for gone in sorted(str(version) for version, kind in told.items() if kind == "trained" and version not in present):
        reason = "no longer in the store: deleted by other means"
        added.append(ledger.append("deleted", name=name, version=gone, actor=_ACTOR, reason=reason))
    return added


def birth(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what the event of a version's birth holds, beside who and when."""
    files = {file: pin["sha256"] for file, pin in manifest["files"].items()}
    return {"files": files, "created_at": manifest["created_at"]}


def _activation(name: str, ledger: Ledger) -> list[Event]:
    intent = unsettled(ledger.events(name=name, kinds=(INTENT, *OUTCOMES)))
    if intent is None:
        return []
    live = _live(name)
    payload = {**intent.payload, "intent": intent.number, "settled_by": _ACTOR}
    if live == intent.version:
        payload["since"] = utc_text(alias.switched_at(name))
        kind = intent.payload["outcome"]
    else:
        kind, payload["still"] = "abandoned", live
    event = ledger.append(
        kind, name=name, version=intent.version, actor=intent.actor, reason=intent.reason, payload=payload
    )
    return [event]


def _foreign_change(name: str, ledger: Ledger) -> list[Event]:
    told = changes(ledger, name)
    last = told[-1].version if told else None
    live = _live(name)
    if alias.is_foreign(name) or live == last:
        return []
    reason = "the alias was changed by other means than Trady2"
    payload = {"from": last}
    return [ledger.append("alias_changed", name=name, version=live, actor=_ACTOR, reason=reason, payload=payload)]


def _live(name: str) -> str | None:
    try:
        live = alias.target(name)
    except IntegrityError:
        return None
    return live.version if live else None
