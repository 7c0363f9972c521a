"""The pages for people: an overview, a version's report and manifest, and the forms that decide."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.admin.version_files import manifest, report
from service.exchange import Receive, Reply, Scope, json_reply
from service.page.decision_pages import DecisionPages
from service.page.forms import read_query, way_up
from service.page.problem_page import problem_page
from service.page.rendering import asset_file, html
from service.page.sign_in_pages import SignInPages
from service.routes import Handler, Route

if TYPE_CHECKING:
    from service.endpoints import Service
    from service.page.sign_in import Visitor

__all__ = ["Page"]


class Page:
    """What a person sees.

    Args:
        service: Gives the service, once it is built.
        door: Lets browsers in.
        decisions: The pages on which a person decides.
    """

    def __init__(self, service: Callable[[], Service], door: SignInPages, decisions: DecisionPages) -> None:
        """Remember them."""
        self._service, self._door, self._decisions = service, door, decisions

    def routes(self) -> tuple[Route, ...]:
        """Return the routes to the pages; who looks is told by a cookie, so the front asks for no key."""
        version, decisions = "/models/{name}/{version}/", self._decisions
        pages = (
            ("GET", "/", "predict", self._overview),
            ("GET", "/live.json", "predict", self._live),
            ("GET", version + "manifest", "predict", self._manifest),
            ("GET", version + "manifest.json", "predict", self._raw_manifest),
            ("GET", version + "report", "predict", self._report),
            ("GET", version + "activate", "admin", decisions.ask),
            ("POST", version + "activate", "admin", decisions.decide),
            ("GET", "/models/{name}/rollback", "admin", decisions.ask),
            ("POST", "/models/{name}/rollback", "admin", decisions.decide),
        )
        guarded = (Route("page", method, path, None, self._for(needed, show)) for method, path, needed, show in pages)
        files = (Route("page", "GET", f"/{name}", None, _file(name)) for name in ("page.css", "page.js", "icon.svg"))
        return (*guarded, *files, *self._door.routes())

    def _for(self, needed: str, show: Callable[[Scope, Receive, Visitor], Awaitable[Reply]]) -> Handler:
        async def answer(scope: Scope, receive: Receive) -> Reply:
            try:
                visitor = self._door.visitor(scope)
                if needed not in visitor.scopes:
                    return await self._door.closed(scope, visitor)
                reply = await show(scope, receive, visitor)
            except Exception as error:
                return await problem_page(scope, error)
            return self._door.with_cookie(scope, visitor, reply)

        return answer

    async def _overview(self, scope: Scope, _receive: Receive, visitor: Visitor) -> Reply:
        from service.page.overview import overview

        def show() -> Reply:
            shown = overview(self._service(), read_query(scope), datetime.now(UTC))
            return html("overview.html", root=way_up(scope), visitor=visitor, **shown)

        return await asyncio.to_thread(show)

    async def _live(self, scope: Scope, _receive: Receive, _visitor: Visitor) -> Reply:
        from service.page.overview import live_part

        return json_reply(await asyncio.to_thread(live_part, self._service(), read_query(scope), datetime.now(UTC)))

    async def _manifest(self, scope: Scope, _receive: Receive, visitor: Visitor) -> Reply:
        from service.page.manifest_view import manifest_view

        def show() -> Reply:
            return html("manifest.html", root=way_up(scope), visitor=visitor, **manifest_view(**scope["path_params"]))

        return await asyncio.to_thread(show)

    async def _raw_manifest(self, scope: Scope, _receive: Receive, _visitor: Visitor) -> Reply:
        return json_reply(await asyncio.to_thread(manifest, **scope["path_params"]))

    async def _report(self, scope: Scope, _receive: Receive, _visitor: Visitor) -> Reply:
        return await asyncio.to_thread(report, **scope["path_params"])


def _file(name: str) -> Handler:
    async def answer(_scope: Scope, _receive: Receive) -> Reply:
        return asset_file(name)

    return answer
