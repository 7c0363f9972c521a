"""The HTTP of one request and one answer, straight on ASGI: small, bounded, and without a framework's cost."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, MutableMapping
from dataclasses import dataclass
from types import coroutine
from typing import Any, Final, TypeVar

from pydantic_core import from_json

from service.faults import HttpError
from service.one_write import OneWrite

__all__ = [
    "MAX_BODY_BYTES",
    "DisconnectedError",
    "Receive",
    "Reply",
    "Scope",
    "Send",
    "json_reply",
    "json_text",
    "read_body",
    "read_json",
    "request_id",
    "send_reply",
]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Coroutine[Any, Any, MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_Bytes = TypeVar("_Bytes", bytes, bytearray)

MAX_BODY_BYTES: Final = 4 << 20
_SMALL_BYTES: Final = 16 << 10
_BODY_SECONDS: Final = 10.0
_GIVEN_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_encode: Final = json.JSONEncoder(allow_nan=False).encode
_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class DisconnectedError(Exception):
    """The client left before its request was complete; there is nobody to answer."""


def json_text(value: object) -> str:
    """Write *value* as one line of ASCII; floats read back bit-equal."""
    return _encode(value)


def json_reply(value: object) -> Reply:
    """Answer with *value* as JSON."""
    return Reply(200, json_text(value).encode())


def request_id(scope: Scope) -> str:
    """Return the client's ``X-Request-ID`` when it is a decent one, else a new one."""
    given = _header(scope, b"x-request-id")
    if given is not None and _GIVEN_ID.fullmatch(given):
        return given.decode("ascii")
    return os.urandom(8).hex()


async def read_json(scope: Scope, receive: Receive) -> object:
    """Read the body of a request as JSON.

    Raises:
        HttpError: 415 for another media type, 413 above `MAX_BODY_BYTES` (counted while it arrives), 408 for a body
            that takes too long, 400 for what is no JSON: NaN, infinities and a key that stands twice included.
    """
    media_type = (_header(scope, b"content-type") or b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise HttpError(
            415,
            "unsupported_media_type",
            f"Content-Type {media_type.decode('latin-1')[:80]!r} is not taken; send JSON with 'application/json'",
        )
    body = await read_body(scope, receive)
    try:
        return _parsed(body)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, "invalid_json", f"the body is no JSON: {str(error)[:200]}; mend it") from None


async def send_reply(send: Send, reply: Reply, identity: str, *, with_body: bool = True) -> None:
    """Send *reply* with the request's *identity*; a HEAD request gets the headers alone."""
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-request-id", identity.encode("ascii")),
        *_ALWAYS,
        *reply.headers,
    ]
    with OneWrite(send):
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body if with_body else b""})


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Read the body of a request; raises HttpError 413 and 408 as `read_json` does."""
    declared = _header(scope, b"content-length") or b""
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    # Mostly the body is there before anybody asks for it, and needs no clock.
    receiving = receive()
    try:
        waits_for = receiving.send(None)
    except StopIteration as arrived:
        message: MutableMapping[str, Any] = arrived.value
        if message["type"] == "http.request" and not message.get("more_body"):
            return bytes(_within_limit(message.get("body", b"")))
        receiving = _given(message)
    else:
        receiving = _resumed(receiving, waits_for)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await _gathered(receiving, receive)
    except TimeoutError:
        message_text = f"the body was not complete after {_BODY_SECONDS:g} seconds; send it faster"
        raise HttpError(408, "request_timeout", message_text, connection="close") from None


async def _gathered(first: Awaitable[MutableMapping[str, Any]], receive: Receive) -> bytes:
    content, message = bytearray(), await first
    while True:
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        content += message.get("body", b"")
        _within_limit(content)
        if not message.get("more_body"):
            return bytes(content)
        message = await receive()


async def _given(message: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return message


@coroutine
def _resumed(started: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    """Wait on for a coroutine that was *started* by hand and now *waits_for* a future."""
    try:
        yield waits_for
    except BaseException as error:
        started.throw(error)
        raise
    return (yield from started.__await__())


def _within_limit(content: _Bytes) -> _Bytes:
    if len(content) > MAX_BODY_BYTES:
        raise _too_large()
    return content


def _too_large() -> HttpError:
    return HttpError(
        413,
        "body_too_large",
        f"the body is larger than {MAX_BODY_BYTES >> 20} MiB; send fewer instances at once",
        connection="close",
    )


def _header(scope: Scope, name: bytes) -> bytes | None:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None


def _parsed(body: bytes) -> object:
    return _quickly(body) or _decode(body.decode("utf-8"))


def _quickly(body: bytes) -> object:
    """Parse a small object in a fifth of the time, or give nothing where the careful way has to look.

    Pydantic's parser takes the last of two equal keys without a word. But every key has its colon: where there are as
    many colons as keys were found, none stands twice.
    """
    if len(body) > _SMALL_BYTES:
        return None
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    if type(value) is not dict:
        return None
    keys = len(value) + sum(len(inner) for inner in value.values() if type(inner) is dict)
    return value if body.count(b":") == keys else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return values


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


_decode: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse).decode
