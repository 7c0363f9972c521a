"""What the page at ``/`` shows, gathered from its parts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from service.page.health_view import health, state_of
from service.page.live_view import live
from service.page.version_view import version_row
from trady2.registry.store import names, versions

if TYPE_CHECKING:
    from service.endpoints import Service

__all__ = ["VERSIONS_PER_PAGE", "chosen_model", "live_part", "overview"]

VERSIONS_PER_PAGE: Final = 20
EVENTS_SHOWN: Final = 15


def overview(service: Service, query: dict[str, str], now: datetime) -> dict[str, Any]:
    """Return the names that ``overview.html`` wants: one model's health and versions, and the live panel.

    Args:
        service: what answers.
        query: of the address: ``model``, ``page`` of its versions, ``asset`` to look for, ``assets`` as page of those,
            ``event`` that has just been made.
        now: the time, UTC.
    """
    name = chosen_model(service, query)
    known = versions(name)[::-1]
    pages = max(-(-len(known) // VERSIONS_PER_PAGE), 1)
    page = min(_number(query.get("page")), pages)
    shown = known[(page - 1) * VERSIONS_PER_PAGE : page * VERSIONS_PER_PAGE]
    model = health(service, name, now)
    made = [event for event in model["events"] if str(event["number"]) == query.get("event")]
    return {
        "model": model,
        "models": _models(service),
        "rows": [version_row(version, now) for version in shown],
        "total": len(known),
        "page": page,
        "pages": pages,
        "shown_events": model["events"][:EVENTS_SHOWN],
        "made": made[0] if made else None,
        **live_part(service, query, now),
    }


def live_part(service: Service, query: dict[str, str], now: datetime) -> dict[str, Any]:
    """Return what the live panel shows, and `state`, which changes when the rest of the page has to be read again."""
    search = query.get("asset", "")[:100]
    panel = live(service, now, search=search, page=_number(query.get("assets")))
    return {"live": panel, "search": search, "state": state_of(chosen_model(service, query))}


def chosen_model(service: Service, query: dict[str, str]) -> str:
    """Return the model that is looked at: the one asked for when it exists, else the one that answers."""
    asked = query.get("model", "")
    return asked if asked in _models(service) else service.predictor.name


def _models(service: Service) -> list[str]:
    served = list(service.predictor.following)
    return [*served, *(name for name in names() if name not in served and versions(name))]


def _number(text: str | None) -> int:
    return max(int(text), 1) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
