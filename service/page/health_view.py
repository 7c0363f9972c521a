"""How the service is: what is active, what answers, which workers there are, and what somebody has to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.admin.history import ALARMS, CHANGES, recent, told_event, version_before
from service.page import wording
from trady2.errors import Trady2Error
from trady2.home import trady2_home
from trady2.registry import alias
from trady2.serving.workers import workers

if TYPE_CHECKING:
    from service.endpoints import Service
    from trady2.registry.ledger import Event
    from trady2.serving.following import Following

__all__ = ["health", "state_of"]


def health(service: Service, name: str, now: datetime) -> dict[str, Any]:
    """Return what there is to say of the model *name*.

    `active`, `previous` and `answering` are versions or None, `active_since` the event that made it so; `refused`
    whether somebody refuses it; `workers`, and in `workers_told` how far they are; `events`, newest first; `alarms`,
    those among them that nobody wished for; `alerts`, what has to be looked at now.
    """
    following = service.predictor.following.get(name)
    active, wrong = _active(name)
    events, pile, ledger_trouble = _remembered(name)
    seen = [_worker(worker.worker, worker.version, worker.refused, now) for worker in workers(name)]
    snapshot = following.snapshot if following else None
    told = [_event(event, now) for event in events]
    refusals = list(_refusals(following, active, seen))
    return {
        "name": name,
        "served": following is not None,
        "active": active,
        "previous": version_before(pile, active),
        "answering": snapshot.version if snapshot else None,
        "active_since": _since(active, told),
        "refused": bool(refusals),
        "workers": seen,
        "workers_told": _how_far(active, seen),
        "events": told,
        "alarms": [one for one in told if one["kind"] in ALARMS],
        "alerts": [*refusals, *_troubles(service, following, wrong, ledger_trouble, seen)],
    }


def state_of(name: str) -> str:
    """Return a text that changes, for every worker alike, when what is active or answers has changed."""
    said = [(worker.worker, worker.version, worker.refused) for worker in workers(name)]
    return hashlib.sha256(repr((_active(name), said)).encode()).hexdigest()[:16]


def _active(name: str) -> tuple[str | None, str | None]:
    try:
        found = alias.target(name)
    except Trady2Error as error:
        return None, str(error)
    return (found.version if found else None), None


def _remembered(name: str) -> tuple[list[Event], list[str], str | None]:
    try:
        return *recent(name), None
    except Trady2Error as error:
        return [], [], str(error)


def _since(active: str | None, told: list[dict[str, Any]]) -> dict[str, Any] | None:
    last = next((one for one in told if one["kind"] in CHANGES), None)
    return last if last and last["version"] == active else None


def _how_far(active: str | None, seen: list[dict[str, Any]]) -> str:
    follow = sum(worker["version"] == active for worker in seen)
    return f"{follow} of {len(seen)} {'worker answers' if len(seen) == 1 else 'workers answer'} with it"


def _worker(identity: str, version: str | None, refused: str | None, now: datetime) -> dict[str, Any]:
    spoke = None
    with suppress(OSError):  # it left just now
        written = (trady2_home() / "workers" / f"{identity}.json").stat().st_mtime
        spoke = wording.age(wording.seconds_since(datetime.fromtimestamp(written, UTC), now))
    return {"identity": identity, "version": version, "refused": refused, "spoke": spoke}


def _event(event: Event, now: datetime) -> dict[str, Any]:
    told = told_event(event)
    return {**told, "at": wording.iso(event.at), "age": wording.age(wording.seconds_since(event.at, now))}


def _refusals(
    following: Following | None, active: str | None, seen: Iterable[dict[str, Any]]
) -> Iterable[dict[str, str]]:
    reasons = {worker["refused"]: worker["version"] for worker in seen if worker["refused"]}
    if following is not None and following.refusal is not None:
        still = following.snapshot.version if following.snapshot else None
        reasons.setdefault(following.refusal.reason, still)
    for reason, still in reasons.items():
        title = f"{active or 'What is active'} is refused"
        goes_on = f"{still} goes on answering." if still else "Nothing answers: every prediction gets 503."
        yield {"tone": "bad", "title": title, "text": f"{reason}. {goes_on}"}


def _troubles(
    service: Service,
    following: Following | None,
    wrong: str | None,
    ledger_trouble: str | None,
    seen: list[dict[str, Any]],
) -> Iterable[dict[str, str]]:
    if wrong and (following is None or following.refusal is None):
        yield {"tone": "bad", "title": "The alias cannot be trusted", "text": wrong}
    if ledger_trouble:
        yield {"tone": "bad", "title": "The ledger cannot be read", "text": ledger_trouble}
    if following is not None and not seen:
        text = f"{trady2_home() / 'workers'} cannot be written, so nobody can wait for an activation."
        yield {"tone": "open", "title": "Workers cannot be seen", "text": text}
    if service.keys.problem:
        text = f"{service.keys.problem}. The keys before it go on counting."
        yield {"tone": "open", "title": "The file of API keys cannot be read", "text": text}
    if service.log is not None and (service.log.waiting_bytes or service.log.dropped):
        text = f"{service.log.waiting_bytes:,} bytes wait for the disk, {service.log.dropped:,} lines are lost."
        yield {"tone": "bad", "title": "The prediction log cannot be written", "text": text}
