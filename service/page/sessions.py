"""Signed cookies that say whose browser this is, and tokens that tie a form to them; the server keeps nothing.

A cookie holds when it ends, the fingerprint of the API key that signed in, and a random part; what the key may do is
looked up among the keys of now, so that a removed key ends its sessions. All workers sign with one secret,
``TRADY2_SESSION_SECRET``, which every start of the service makes anew unless it is set, as several machines need it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from trady2.errors import ConfigError

__all__ = ["COOKIE", "LIFETIME_SECONDS", "Session", "Sessions", "share_secret"]

COOKIE: Final = "trady2_session"
LIFETIME_SECONDS: Final = 12 * 3_600
_LEAST_SECRET: Final = 32
_TEXT: Final = re.compile(r"([0-9]{1,12})\.([0-9a-f]{0,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")
_MOST_COOKIE_BYTES: Final = 8_192


def share_secret() -> None:
    """Let all workers that this process will start sign alike; raises ConfigError for a secret that is too short."""
    given = os.environ.get("TRADY2_SESSION_SECRET")
    if given and len(given) < _LEAST_SECRET:
        raise ConfigError(
            f"TRADY2_SESSION_SECRET has {len(given)} characters, at least {_LEAST_SECRET} are needed; "
            "`openssl rand -hex 32` makes one, or leave it unset",
            variable="TRADY2_SESSION_SECRET",
        )
    os.environ["TRADY2_SESSION_SECRET"] = given or secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser: `holder` is the fingerprint of its key, empty before it has signed in; `expires` in Unix seconds."""

    holder: str
    expires: int
    nonce: str


class Sessions:
    """Makes and reads cookies and form tokens.

    Args:
        secret: what they are signed with; by default that of `share_secret`, else a random one.
        now: tells the time in Unix seconds.
    """

    def __init__(self, secret: str | None = None, *, now: Callable[[], float] = time.time) -> None:
        """Derive the keys for cookies and for forms."""
        known = (secret or os.environ.get("TRADY2_SESSION_SECRET") or secrets.token_hex(32)).encode()
        self._cookie_key, self._form_key = (
            hmac.digest(known, purpose, "sha256") for purpose in (b"trady2 session", b"trady2 form")
        )
        self._now = now

    def begin(self, holder: str = "") -> Session:
        """Start a session for the key with the fingerprint *holder*."""
        return Session(holder, int(self._now()) + LIFETIME_SECONDS, secrets.token_hex(16))

    def cookie(self, session: Session, *, secure: bool) -> bytes:
        """Write the header ``Set-Cookie`` of a *session*; a *secure* cookie goes over HTTPS alone."""
        value = f"{_text(session)}.{self._mac(self._cookie_key, session)}"
        return _set_cookie(value, LIFETIME_SECONDS, secure)

    @staticmethod
    def farewell(*, secure: bool) -> bytes:
        """Write the header that removes the cookie."""
        return _set_cookie("", 0, secure)

    def read(self, headers: Iterable[tuple[bytes, bytes]]) -> Session | None:
        """Return the session of a request, None without a cookie of ours that still counts."""
        for name, value in headers:
            if name == b"cookie" and len(value) <= _MOST_COOKIE_BYTES:
                for pair in value.decode("latin-1").split(";"):
                    key, _, text = pair.strip().partition("=")
                    if key == COOKIE and (session := self._read(text)) is not None:
                        return session
        return None

    def token(self, session: Session) -> str:
        """Return what a form has to bring back, which another site cannot know."""
        return self._mac(self._form_key, session)

    def is_token(self, session: Session, token: str) -> bool:
        """Tell in constant time whether a form was made for this *session*."""
        return hmac.compare_digest(self.token(session).encode(), token.encode("utf-8", "replace"))

    def _read(self, text: str) -> Session | None:
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        session = Session(found[2], int(found[1]), found[3])
        right = hmac.compare_digest(self._mac(self._cookie_key, session), found[4])
        return session if right and session.expires > self._now() else None

    @staticmethod
    def _mac(key: bytes, session: Session) -> str:
        return hmac.new(key, _text(session).encode(), hashlib.sha256).hexdigest()


def _text(session: Session) -> str:
    return f"{session.expires}.{session.holder}.{session.nonce}"


def _set_cookie(value: str, seconds: int, secure: bool) -> bytes:
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{flags}".encode("ascii")
