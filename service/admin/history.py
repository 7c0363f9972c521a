"""What the ledger remembers of a model's versions, for people who look at them.

The ledger's library is imported by the first who asks: 14 MB that answering predictions never needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from trady2.serving.answer import utc_text

if TYPE_CHECKING:
    from trady2.registry.ledger import Event

__all__ = ["ALARMS", "CHANGES", "MOST_EVENTS", "event_list", "recent", "told_event", "version_before"]

MOST_EVENTS: Final = 100
ALARMS: Final = ("alarm", "alias_changed", "abandoned", "set_aside")
"""Events that nobody wished for."""
CHANGES: Final = ("activated", "rolled_back", "alias_changed")
"""Events that made another version the active one."""
_TOLD: Final = ("trained", "signed", "deleted", "activated", "rolled_back", *ALARMS)


def recent(name: str) -> tuple[list[Event], list[str]]:
    """Return the newest events of the model *name*, at most 100, newest first, and the versions to go back through.

    The latter as in `trady2.registry.history.past_versions`: the active one last, before it the one that a rollback
    goes to. Raises ConflictError where the ledger cannot be reached, IntegrityError where it is damaged.
    """
    from trady2.registry.history import past_versions
    from trady2.registry.ledger import Ledger

    events = Ledger().events(name=name, kinds=_TOLD)
    changes = [event for event in events if event.kind in CHANGES]
    return events[: -MOST_EVENTS - 1 : -1], past_versions(changes)


def version_before(pile: Sequence[str], active: str | None) -> str | None:
    """Return the version that a rollback goes to, from the *pile* of `recent` and what is *active*, None without one.

    The pile does not know of an alias that was changed by other means; a rollback begins by noting that.
    """
    whole = [*pile, active] if active and pile[-1:] != [active] else pile
    return whole[-2] if len(whole) > 1 else None


def event_list(name: str) -> dict[str, Any]:
    """Return the events of the model *name* as JSON knows them; raises like `recent`."""
    return {"name": name, "events": [told_event(event) for event in recent(name)[0]]}


def told_event(event: Event) -> dict[str, Any]:
    """Return one *event* as JSON knows it."""
    told = {key: getattr(event, key) for key in ("number", "kind", "name", "version", "actor", "reason", "payload")}
    return {**told, "at": utc_text(event.at)}
