"""One activation: intent, switch, outcome. Killed in between, the next write tells from the link how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trady2.registry import alias
from trady2.registry.canonical import utc_text
from trady2.registry.history import INTENT
from trady2.registry.ledger import Event, Ledger
from trady2.registry.loading import Opened

__all__ = ["switch_over"]


def switch_over(
    opened: Opened, ledger: Ledger, outcome: str, *, reason: str, actor: str, payload: Mapping[str, Any]
) -> Event:
    """Let the alias stand for the *opened* version and record it as *outcome*; under the lock."""
    name, version = opened.version.name, opened.version
    said = {"name": name, "version": version.version, "actor": actor, "reason": reason}
    if alias.is_foreign(name):
        _set_aside(name, ledger, actor)
    before = alias.target(name)
    folder = alias.prepare(version, opened.manifest, opened.manifest_sha256)
    facts = {
        **payload,
        "from": before.version if before else None,
        "sha256": opened.sha256,
        "manifest_sha256": opened.manifest_sha256,
    }
    intent = ledger.append(INTENT, **said, payload={**facts, "outcome": outcome})
    since = alias.switch(name, folder)
    return ledger.append(outcome, **said, payload={**facts, "intent": intent.number, "since": utc_text(since)})


def _set_aside(name: str, ledger: Ledger, actor: str) -> None:
    # Told before it is done: a kill in between leaves an event too many rather than a folder that nobody knows of.
    place = alias.aside(name)
    reason = "a real folder named active was in the way of the alias, as an import makes one; it was moved"
    ledger.append("set_aside", name=name, actor=actor, reason=reason, payload={"to": str(place)})
    alias.set_aside(name, place)
