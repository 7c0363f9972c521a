"""The form that asks for a key, and the ways in and out."""

from __future__ import annotations

import asyncio

from service.exchange import Receive, Reply, Scope
from service.faults import HttpError
from service.page.forms import came_over_https, read_form, way_up
from service.page.problem_page import problem_page
from service.page.rendering import html
from service.page.sign_in import SignIn, Visitor
from service.routes import Route

__all__ = ["SignInPages"]


class SignInPages:
    """Shows the form to whoever has not signed in, and takes it."""

    def __init__(self, sign_in: SignIn) -> None:
        """Remember who tells who looks."""
        self._sign_in = sign_in
        self.visitor = sign_in.visitor

    def routes(self) -> tuple[Route, ...]:
        """Return the routes in and out."""
        return (
            Route("page", "POST", "/login", None, self._log_in),
            Route("page", "POST", "/logout", None, self._log_out),
        )

    async def closed(self, scope: Scope, visitor: Visitor, status: int = 401, said: str | None = None) -> Reply:
        """Ask for a key; raises HttpError 403 when there is one that may not do this."""
        if visitor.scopes:
            raise HttpError(403, "forbidden", "this key may look, but not decide; sign in with one of the scope admin")
        shown = 200 if scope["method"] != "POST" and scope["path"] == "/" else status
        reply = await asyncio.to_thread(html, "sign_in.html", shown, root=way_up(scope), visitor=visitor, said=said)
        return self.with_cookie(scope, visitor, reply)

    def with_cookie(self, scope: Scope, visitor: Visitor, reply: Reply) -> Reply:
        """Give a new browser its cookie along with the *reply*."""
        if not visitor.is_new:
            return reply
        cookie = self._sign_in.sessions.cookie(visitor.session, secure=came_over_https(scope))
        return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, (b"set-cookie", cookie)))

    async def _log_in(self, scope: Scope, receive: Receive) -> Reply:
        try:
            visitor, form = self._sign_in.visitor(scope), await read_form(scope, receive)
            try:
                self._sign_in.check(scope, visitor, form)
                session = await self._sign_in.sign_in(form.get("key", ""))
            except HttpError as refused:
                return await self.closed(scope, visitor, refused.status, str(refused))
        except Exception as error:
            return await problem_page(scope, error)
        return _gone_to(scope, "", self._sign_in.sessions.cookie(session, secure=came_over_https(scope)))

    async def _log_out(self, scope: Scope, receive: Receive) -> Reply:
        try:
            self._sign_in.check(scope, self._sign_in.visitor(scope), await read_form(scope, receive))
        except Exception as error:
            return await problem_page(scope, error)
        return _gone_to(scope, "", self._sign_in.sessions.farewell(secure=came_over_https(scope)))


def _gone_to(scope: Scope, place: str, cookie: bytes) -> Reply:
    where = (way_up(scope) + place).encode("ascii")
    return Reply(303, b"", b"text/plain", ((b"location", where), (b"set-cookie", cookie)))
