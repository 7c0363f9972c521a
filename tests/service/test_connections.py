"""A real uvicorn on loopback, with connections that are bounded."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from service import connections
from service.connections import BoundedConnection, bound_connections
from service.exchange import Reply, read_json, send_reply
from tests.service.bento_process import until

HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-More: "
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
MOST = 16


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer everything; a POST once its body is there."""
    if scope["method"] == "POST":
        await read_json(scope, receive)
    await send_reply(send, Reply(200, b"{}"), "an-id")


class Running:
    """The server in a thread, and the statuses that were answered below HTTP."""

    def __init__(self) -> None:
        """Start it."""
        self.statuses: Counter[int] = Counter()
        bound_connections(MOST, lambda status: self.statuses.update([status]))
        config = uvicorn.Config(app, port=0, ws="none", lifespan="off", log_config=None, http="auto")
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()))
        self._thread.start()
        until(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def ask(self, data: bytes = b"") -> socket.socket:
        """Open a connection and send *data*."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        opened.sendall(data)
        return opened

    def open(self) -> int:
        """Return how many connections there are."""
        return len(self.server.server_state.connections)

    def stop(self) -> None:
        """End it."""
        self.server.should_exit = True
        self._thread.join()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server of 16 connections that looks often and waits for a third of a second."""
    monkeypatch.setattr(connections, "_WAIT_SECONDS", 0.3)
    monkeypatch.setattr(connections, "_LOOK_EVERY_SECONDS", 0.03)
    monkeypatch.setattr(BoundedConnection, "most", MOST)
    monkeypatch.setattr(BoundedConnection, "count", BoundedConnection.count)
    monkeypatch.setitem(uvicorn.config.HTTP_PROTOCOLS, "auto", uvicorn.config.HTTP_PROTOCOLS["auto"])
    made = Running()
    yield made
    made.stop()


def received(opened: socket.socket) -> bytes:
    """Return what comes until the end."""
    parts = []
    with suppress(ConnectionResetError):
        while part := opened.recv(65536):
            parts.append(part)
    return b"".join(parts)


def refusal(opened: socket.socket) -> tuple[int, str]:
    """Return status and code of an answer in the one shape, after which the connection ends."""
    head, _, body = received(opened).partition(b"\r\n\r\n")
    fault = json.loads(body)["error"]
    assert b"content-type: application/json\r\n" in head
    assert b"connection: close" in head
    assert f"x-request-id: {fault['request_id']}\r\n".encode() in head
    return int(head.split()[1]), fault["code"]


def answered(opened: socket.socket) -> bool:
    """Tell whether a whole answer comes."""
    return opened.recv(65536).endswith(b"\r\n\r\n{}")


def test_half_heads_end_after_their_time(running: Running) -> None:
    """Also those that drip on, and those that send nothing at all; requests beside them are answered."""
    begun = time.monotonic()
    dripping, silent = running.ask(HALF), running.ask()
    until(lambda: running.open() == 2)
    with suppress(OSError):
        while time.monotonic() < begun + 20:
            dripping.sendall(b"a")
            time.sleep(0.02)
            if running.open() == 0:
                break
    assert 0.3 <= time.monotonic() - begun < 10
    assert received(silent) == b""
    assert running.statuses == {408: 1}
    assert answered(running.ask(WHOLE))


def test_the_word_is_given_with_each_answer(running: Running) -> None:
    """A connection that asks again and again lives longer than any single wait; half a head after it ends it."""
    lively = running.ask()
    for _ in range(12):
        lively.sendall(HALF)
        time.sleep(0.05)
        lively.sendall(b"1\r\n\r\n")
        assert answered(lively)
    lively.sendall(HALF)
    assert received(lively) == b""


def test_silent_connections_make_room(running: Running) -> None:
    """Where all places are held by half heads, somebody who asks is answered, and there are never more places."""
    held = [running.ask(HALF) for _ in range(5 * MOST)]
    assert answered(running.ask(WHOLE))
    assert running.open() <= MOST + 1
    assert len(held) == 5 * MOST


def test_requests_in_progress_are_not_pushed_out(running: Running) -> None:
    """Where every place is held by one of them, the next connection is refused in the one shape."""
    part = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
    held = [running.ask(part) for _ in range(MOST)]
    until(lambda: sum(not one.is_waited_for() for one in running.server.server_state.connections) == MOST)
    assert refusal(running.ask()) == (503, "busy")
    for one in held:
        one.sendall(b"}")
    assert all(answered(one) for one in held)


def test_an_endless_head_is_refused(running: Running) -> None:
    """In one line or in many, in the one shape; what was sent beyond the limit is not kept."""
    for endless in (HALF + b"a" * 300_000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000):
        assert refusal(running.ask(endless)) == (431, "head_too_large")
    assert running.statuses == {431: 2}


def test_what_is_no_http_is_refused_in_the_one_shape(running: Running) -> None:
    """Nonsense, and a method that nobody knows."""
    for nonsense in (b"nonsense\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00"):
        assert refusal(running.ask(nonsense)) == (400, "malformed_http")


def test_a_web_socket_is_a_request_like_others(running: Running) -> None:
    """What asks for an upgrade is answered over HTTP."""
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert answered(running.ask(upgrade))


def test_a_body_after_the_answer_ends_the_connection(running: Running) -> None:
    """A GET whose body never ends is answered, and then not kept."""
    opened = running.ask(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    assert answered(opened)
    with suppress(OSError):
        while running.open():
            opened.sendall(b"a")
            time.sleep(0.02)
    assert running.open() == 0


def test_a_client_that_takes_no_answer_is_let_go(running: Running) -> None:
    """What waits for it in memory is given up after a while, and the place is free."""
    opened = running.ask(WHOLE)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    until(lambda: running.open() == 1)
    begun = time.monotonic()
    opened.settimeout(0.5)
    with suppress(OSError):
        while time.monotonic() < begun + 20 and running.open():
            opened.sendall(WHOLE * 2_000)
    until(lambda: running.open() == 0)
