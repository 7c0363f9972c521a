"""Where a client asks, and how: what the blocking and the awaited one have in common."""

from __future__ import annotations

import os
import ssl
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from trady2.client.messages import Ask, Unanswered
from trady2.client.repeating import Call
from trady2.errors import ConfigError

if TYPE_CHECKING:
    import httpx

__all__ = ["TOO_LATE", "Address", "Connected", "unanswered"]

TOO_LATE = Unanswered("the deadline has passed", again=False)
# Shorter than the five seconds after which the service closes: whoever closes first never finds it closed.
_IDLE_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address with its limits; the key is in `headers` and nowhere else.

    Attributes:
        url: without a slash at its end.
        headers: what every request carries.
        timeout_seconds: for each step of an exchange: to connect, to send, and to wait for more of an answer.
        retries: how often a request is sent again.
        deadline_seconds: for a call as a whole.
    """

    url: str
    headers: dict[str, str]
    timeout_seconds: float
    retries: int
    deadline_seconds: float

    @classmethod
    def checked(
        cls, url: str, api_key: str | None, *, timeout_seconds: float, retries: int, deadline_seconds: float
    ) -> Self:
        """Check everything; without *api_key* that of ``TRADY2_API_KEY`` is sent, and with an empty one none.

        Raises:
            ConfigError: *url* is no HTTP address, the key cannot stand in a header, or a limit is none.
        """
        if "@" in url:
            raise ConfigError("the address holds a name or a password; the service takes an API key: give that")
        if not _is_address(url):
            raise ConfigError(f"{url!r} is no address of a service; write one such as http://127.0.0.1:3000", url=url)
        if not (timeout_seconds > 0 and deadline_seconds > 0 and retries >= 0):
            raise ConfigError(
                f"{timeout_seconds=}, {deadline_seconds=}, {retries=}: a client needs time above 0 and no fewer than "
                "0 retries; leave them out for the defaults"
            )
        key = (os.environ.get("TRADY2_API_KEY", "") if api_key is None else api_key).strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ConfigError("the API key has characters that no key has; copy it again, without its name or entry")
        headers = {"Accept": "application/json", "User-Agent": "trady2"}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        return cls(url.rstrip("/"), headers, timeout_seconds, retries, deadline_seconds)

    def call(self) -> Call:
        """Begin a call."""
        return Call(self.retries, self.deadline_seconds)

    def options(self) -> dict[str, Any]:
        """Return what both of httpx's clients are made with; a redirected POST would lose its body: none is followed.

        To read all authorities of the machine takes 20 ms, which an address without TLS does not need.
        """
        import httpx

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
        secure = self.url.lower().startswith("https:")
        return {
            "headers": self.headers,
            "verify": ssl.create_default_context() if secure else context,
            "limits": httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=_IDLE_SECONDS),
        }

    def request(self, ask: Ask, call: Call) -> dict[str, Any]:
        """Return the arguments of httpx's ``build_request``."""
        return {
            "method": ask.method,
            "url": self.url + ask.path,
            "content": ask.content,
            "headers": {"X-Request-ID": call.identity} | ({"Content-Type": "application/json"} if ask.content else {}),
            "timeout": max(0.001, min(self.timeout_seconds, call.remaining_seconds())),
        }


class Connected(ABC):
    """What a client is made from: its checked address and the connections to it, which httpx keeps."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 10.0,
        retries: int = 3,
        deadline_seconds: float = 30.0,
    ) -> None:
        """Remember the address; nothing is sent yet. Raises as `Address.checked`."""
        self._address = Address.checked(
            url, api_key, timeout_seconds=timeout_seconds, retries=retries, deadline_seconds=deadline_seconds
        )
        self.url = self._address.url
        self._connect()

    @abstractmethod
    def _connect(self) -> None:
        """Make the client of httpx that sends."""


def unanswered(error: httpx.RequestError) -> Unanswered:
    """Tell why there is no answer: a lost connection is worth another attempt, a service that is slow is not."""
    import httpx

    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return Unanswered("it took too long (timed out)", again=False)
    lost = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.ConnectTimeout)
    return Unanswered(str(error) or type(error).__name__, again=lost)


def _is_address(url: str) -> bool:
    import httpx

    try:
        parts, asked = urlsplit(url), httpx.URL(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not asked.query
    except (ValueError, httpx.InvalidURL):
        return False
