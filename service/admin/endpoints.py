"""What programs ask of the registry: decide which version is active, read manifests, reports and events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from service.admin.decisions import Decisions, actor_of, checked_name
from service.admin.history import event_list
from service.admin.schema import Activation, Rollback
from service.admin.version_files import manifest, report
from service.exchange import Receive, Reply, Scope, json_reply, read_json
from service.faults import HttpError
from service.openapi import MODELS_PATH
from service.routes import Route

if TYPE_CHECKING:
    from service.endpoints import Service

__all__ = ["Admin"]

_Body = TypeVar("_Body", bound=BaseModel)


class Admin:
    """The handlers, and the routes that lead to them; reading needs the scope predict, deciding admin.

    Args:
        service: Gives the service, once it is built.
        decisions: Makes them; shared with the page.
    """

    def __init__(self, service: Callable[[], Service], decisions: Decisions) -> None:
        """Remember them."""
        self._service, self._decisions = service, decisions

    def routes(self) -> tuple[Route, ...]:
        """Return the routes to the handlers."""
        version = MODELS_PATH + "{name}/{version}/"
        return (
            Route("admin", "POST", version + "activate", "admin", self._activate),
            Route("admin", "POST", MODELS_PATH + "{name}/rollback", "admin", self._rollback),
            Route("admin", "GET", MODELS_PATH + "{name}/events", "predict", self._events),
            Route("admin", "GET", version + "manifest", "predict", self._manifest),
            Route("admin", "GET", version + "report", "predict", self._report),
        )

    async def _activate(self, scope: Scope, receive: Receive) -> Reply:
        asked, (name, version) = _read(Activation, await read_json(scope, receive)), _named(scope)
        decided = await self._decisions.activate(
            name, version, reason=asked.reason, actor=self._actor(scope), force=asked.force, wait=asked.wait
        )
        return json_reply(decided)

    async def _rollback(self, scope: Scope, receive: Receive) -> Reply:
        asked, name = _read(Rollback, await read_json(scope, receive)), scope["path_params"]["name"]
        actor = self._actor(scope)
        return json_reply(await self._decisions.rollback(name, reason=asked.reason, actor=actor, wait=asked.wait))

    async def _events(self, scope: Scope, _receive: Receive) -> Reply:
        return json_reply(await asyncio.to_thread(event_list, checked_name(scope["path_params"]["name"])))

    async def _manifest(self, scope: Scope, _receive: Receive) -> Reply:
        return json_reply(await asyncio.to_thread(manifest, **scope["path_params"]))

    async def _report(self, scope: Scope, _receive: Receive) -> Reply:
        return await asyncio.to_thread(report, **scope["path_params"])

    def _actor(self, scope: Scope) -> str:
        return actor_of(self._service().keys.who(scope["headers"]))


def _named(scope: Scope) -> tuple[str, str]:
    return scope["path_params"]["name"], scope["path_params"]["version"]


def _read(kind: type[_Body], body: object) -> _Body:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        code = "unknown_key" if first["type"] == "extra_forbidden" else "invalid_request"
        keys = ", ".join(kind.model_fields)
        raise HttpError(422, code, f"{place[:80]}: {first['msg']}; it takes {keys}") from None
