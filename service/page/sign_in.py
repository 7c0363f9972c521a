"""Who looks at the page: nobody yet, a key that has signed in, or anybody on a machine that asks for no keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service.admin.decisions import actor_of
from service.endpoints import Service
from service.exchange import Scope
from service.faults import HttpError
from service.loopback import refuse_strangers
from service.page.forms import is_from_here
from service.page.sessions import Session, Sessions

__all__ = ["SignIn", "Visitor"]

_WRONG_KEY_SECONDS: Final = 0.5
_MOST_WRONG_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Visitor:
    """One who looks at the page.

    Attributes:
        session: of the browser, perhaps a new one that it does not know yet.
        scopes: what may be done: nothing, predict, or predict and admin.
        token: what forms have to bring back.
        is_new: whether the browser still has to be given the cookie.
        with_key: whether a key has signed in, so that there is something to sign out of.
    """

    session: Session
    scopes: tuple[str, ...]
    token: str
    is_new: bool
    with_key: bool

    @property
    def may_decide(self) -> bool:
        """Whether activating and rolling back is allowed."""
        return "admin" in self.scopes

    @property
    def actor(self) -> str:
        """Who decides, as the ledger holds it."""
        return actor_of(self.session.holder)


class SignIn:
    """Lets browsers in by a signed cookie, which a key has to ask for once in half a day."""

    def __init__(self, service: Callable[[], Service], sessions: Sessions) -> None:
        """Remember where the keys are."""
        self._service, self.sessions = service, sessions
        self._wrong = 0

    def visitor(self, scope: Scope) -> Visitor:
        """Return who asks.

        Raises HttpError: 503 while the keys cannot be read, 403 for strangers where there are none.
        """
        keys, session = self._service().keys, self.sessions.read(scope["headers"])
        if not keys.needed:
            refuse_strangers(scope["headers"], scope.get("server"))
            # A session of a key that once was needed is nobody's now.
            known = session if session is not None and not session.holder else None
            return self._visitor(known, ("predict", "admin"))
        return self._visitor(session, (keys.scopes_of(session.holder) or ()) if session and session.holder else ())

    def _visitor(self, session: Session | None, scopes: tuple[str, ...]) -> Visitor:
        known = session or self.sessions.begin()
        return Visitor(known, scopes, self.sessions.token(known), session is None, bool(known.holder and scopes))

    def check(self, scope: Scope, visitor: Visitor, form: dict[str, str]) -> None:
        """Let a form pass that a page of ours made for this browser; raises HttpError 403 otherwise."""
        if not is_from_here(scope["headers"]):
            raise HttpError(403, "forbidden", "this form came from another site; open the page itself and try again")
        if not self.sessions.is_token(visitor.session, form.get("token", "")):
            raise HttpError(403, "forbidden", "this form is too old, or of another session; look again, then send it")

    async def sign_in(self, key: str) -> Session:
        """Begin the session of a *key*.

        Raises HttpError: 401 for one that does not count, after half a second; 429 while many wait for that already.
        A right key never waits.
        """
        keys = self._service().keys
        headers = [(b"x-api-key", key.strip().encode("utf-8", "replace"))]
        try:
            keys.admit(headers, None, "predict")
            return self.sessions.begin(keys.who(headers) or "")
        except HttpError as refused:
            if refused.status != 401:
                raise
        if self._wrong >= _MOST_WRONG_AT_ONCE:
            raise HttpError(429, "rate_limited", "many wrong keys are being tried now; wait a moment, then try again")
        self._wrong += 1
        try:
            await asyncio.sleep(_WRONG_KEY_SECONDS)
        finally:
            self._wrong -= 1
        raise HttpError(401, "unauthorized", "this is none of the keys that are listed; look whether it is whole")
