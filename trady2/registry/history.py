"""What the ledger remembers about activations: which version was active when, and what came before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from trady2.registry.canonical import utc_time
from trady2.registry.ledger import Event, Ledger

__all__ = ["INTENT", "OUTCOMES", "changes", "latest_run", "moment_of", "past_versions", "unsettled"]

INTENT = "activating"
OUTCOMES = ("activated", "rolled_back", "abandoned", "alias_changed")
_CHANGES = ("activated", "rolled_back", "alias_changed")


def changes(ledger: Ledger, name: str) -> list[Event]:
    """Return the events that changed what is active, in order."""
    return ledger.events(name=name, kinds=_CHANGES)


def moment_of(change: Event) -> datetime:
    """Return the time in UTC at which the alias was switched, which is shortly before the event was written."""
    since = change.payload.get("since")
    return utc_time(since) if since else change.at


def latest_run(told: Sequence[Event]) -> Event | None:
    """Return the change since which the version of the last one is active without a break; None without changes."""
    first = None
    for event in reversed(told):
        if event.version != told[-1].version:
            break
        first = event
    return first


def unsettled(events: Iterable[Event]) -> Event | None:
    """Return the last intent to activate when nothing says how it ended, else None."""
    last = None
    for event in events:
        last = event if event.kind == INTENT else None
    return last


def past_versions(events: Iterable[Event]) -> list[str]:
    """Return the versions that a rollback goes through, the active one last.

    An activation puts its version on the pile, a rollback takes the top away: A, B, C, rollback, rollback gives A.
    """
    pile: list[str] = []
    for event in events:
        if event.kind == "rolled_back":
            while pile and pile[-1] != event.version:
                pile.pop()
        if event.version and (not pile or pile[-1] != event.version):
            pile.append(event.version)
    return pile
