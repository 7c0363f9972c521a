"""The forms that activate and roll back: they show first, ask for a reason, and act on what was shown alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from service.admin.decisions import Decisions
from service.admin.history import recent
from service.exchange import Receive, Reply, Scope
from service.faults import HttpError, fault_of
from service.page.decision_view import decision_view
from service.page.forms import read_form, way_up
from service.page.rendering import html
from service.page.sign_in import SignIn, Visitor

__all__ = ["DecisionPages"]


class DecisionPages:
    """Handlers of both forms; asking shows what would change, sending does it and goes back to the overview."""

    def __init__(self, sign_in: SignIn, decisions: Decisions) -> None:
        """Remember who checks the forms and who decides."""
        self._sign_in, self._decisions = sign_in, decisions

    async def ask(self, scope: Scope, _receive: Receive, visitor: Visitor) -> Reply:
        """Show the form."""
        return await _shown(scope, visitor, {}, 200, None)

    async def decide(self, scope: Scope, receive: Receive, visitor: Visitor) -> Reply:
        """Do what the form says; shows it again with what is wrong."""
        form = await read_form(scope, receive)
        self._sign_in.check(scope, visitor, form)
        name, version = scope["path_params"]["name"], scope["path_params"].get("version")
        try:
            await asyncio.to_thread(_unless_overtaken, name, version, form)
            number = await self._decided(name, version, form, visitor.actor)
        except Exception as error:
            status, code, message = fault_of(error)
            if status in (404, 500) or code == "workers_behind":
                raise
            return await _shown(scope, visitor, form, status, message)
        place = f"{way_up(scope)}?model={quote(name)}&event={number}"
        return Reply(303, b"", b"text/plain", ((b"location", place.encode("ascii")),))

    async def _decided(self, name: str, version: str | None, form: Mapping[str, str], actor: str) -> int:
        from trady2.serving.workers import workers

        said: dict[str, Any] = {"reason": form.get("reason", ""), "actor": actor, "wait": bool(workers(name))}
        if version is None:
            await self._decisions.rollback(name, **said)
        else:
            await self._decisions.activate(name, version, **said, force=form.get("force") == "yes")
        events, _ = await asyncio.to_thread(recent, name)
        return events[0].number


async def _shown(scope: Scope, visitor: Visitor, form: Mapping[str, str], status: int, wrong: str | None) -> Reply:
    name, version = scope["path_params"]["name"], scope["path_params"].get("version")

    def show() -> Reply:
        seen = decision_view(name, version) | {"reason": form.get("reason", ""), "force": form.get("force") == "yes"}
        return html("decision.html", status, root=way_up(scope), visitor=visitor, wrong=wrong, **seen)

    return await asyncio.to_thread(show)


def _unless_overtaken(name: str, version: str | None, form: Mapping[str, str]) -> None:
    """Raise HttpError 409 when, since the form was shown, somebody else has decided."""
    seen = decision_view(name, version)
    was = {"active": form.get("active"), "version": form.get("version")}
    if was != {"active": seen["active"] or "", "version": seen["row"]["version"]}:
        raise HttpError(
            409,
            "refused",
            f"meanwhile {seen['active'] or 'nothing'} became active; look at what would change now, then decide again",
        )
