from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from service import wire
from service.exchange import Reply, send_reply
from service.wire import MAX_HEAD_BYTES, BoundedProtocol

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with bounded connections, where slow begins at a tenth of a second; it answers with what was sent."""

    async def app(_scope: dict[str, Any], receive: Any, send: Any) -> None:
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message.get("body", b""), message.get("more_body", False)
        await send_reply(send, Reply(200, content), "id")

    monkeypatch.setattr(wire, "_HEAD_SECONDS", 0.3)
    config = uvicorn.Config(app, http=BoundedProtocol, lifespan="off", log_config=None)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def told(port: int, *pieces: bytes, pause_seconds: float = 0.0) -> bytes:
    """Send *pieces* and return all that comes back until the connection is closed or the server waits for more."""
    with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
        got = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_seconds)
            while part := connection.recv(1 << 16):
                got += part
        except (TimeoutError, ConnectionError):
            pass
        return got


def refusal(answer: bytes) -> tuple[int, str]:
    """Return status and code of an answer that has to be a refusal which closes the connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert json.loads(body)["error"]["request_id"].encode() in head
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.mark.parametrize(
    "endless",
    [GET + b"X-A: ", GET, b"GET /", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: "],
    ids=["a header", "headers", "a path", "a trailer"],
)
def test_what_never_ends_is_refused(port: int, endless: bytes) -> None:
    """A head that grows and grows costs no more than its bound; behind a begun request the connection just ends."""
    filling = b"X-A: a\r\n" * 8_000 if endless == GET else b"a" * (1 << 16)
    begun = time.monotonic()
    answer = told(port, endless, *[filling] * 200)
    assert answer == b"" or refusal(answer) == (431, "head_too_large")
    assert time.monotonic() - begun < 1.0


@pytest.mark.parametrize("sent", [b"GET", GET, GET + b"X-A: a"])
def test_a_head_that_stops_is_refused(port: int, sent: bytes) -> None:
    """408, and the connection is closed."""
    assert refusal(told(port, sent)) == (408, "request_timeout")


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    """There is nothing to answer."""
    begun = time.monotonic()
    assert told(port) == b""
    assert time.monotonic() - begun < 0.9


def test_what_is_no_http_is_refused_in_the_shape_of_every_error(port: int) -> None:
    """What uvicorn itself answers is a line of text."""
    assert refusal(told(port, b"\x16\x03\x01\x02\x00")) == (400, "invalid_http")


def test_long_and_slow_requests_that_get_on_are_answered(port: int) -> None:
    """A head below the bound, a body far above it, in pieces that take longer together than a head may."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: " + b"a" * (MAX_HEAD_BYTES - 200)
    body = b"b" * (1 << 20)
    answer = told(port, head, b"\r\nContent-Length: %d\r\n\r\n" % len(body), body[:500_000], body[500_000:])
    assert answer.endswith(b"\r\n\r\n" + body)
    slow = [b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", *[b"c"] * 5]
    assert told(port, *slow, pause_seconds=0.1).endswith(b"\r\n\r\nccccc")


def test_requests_one_after_the_other_keep_their_connection(port: int) -> None:
    """Neither bytes nor seconds add up from one request to the next."""
    with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
        for _ in range(30):
            connection.sendall(GET + b"X-A: " + b"a" * 10_000 + b"\r\n\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
            time.sleep(0.02)
