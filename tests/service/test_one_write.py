from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from service.exchange import Reply, send_reply
from service.one_write import OneWrite


class Transport:
    """Notes what is done to it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.done: list[object] = []

    def write(self, data: bytes) -> None:
        """Note the bytes."""
        self.done.append(data)

    def close(self) -> None:
        """Note the end."""
        self.done.append("closed")

    def is_closing(self) -> bool:
        """Tell whether the end was noted."""
        return "closed" in self.done


class Cycle:
    """A server's cycle of one request that writes head and body apart and may close."""

    def __init__(self, *, closes: bool) -> None:
        """Stand before a transport of its own."""
        self.transport: Any = Transport()
        self.kept, self.closes = self.transport, closes

    async def send(self, message: dict[str, Any]) -> None:
        """Write as uvicorn does."""
        assert not self.transport.is_closing()
        self.transport.write(b"head" if message["type"] == "http.response.start" else message["body"])
        if self.closes and message["type"] == "http.response.body":
            self.transport.close()


@pytest.mark.parametrize("closes", [False, True])
def test_head_and_body_are_written_at_once(closes: bool) -> None:
    """One write, before the end where there is one, and afterwards the transport is the old one."""
    cycle = Cycle(closes=closes)
    asyncio.run(send_reply(cycle.send, Reply(200, b"body"), "id"))
    assert cycle.kept.done == [b"headbody", *(["closed"] if closes else [])]
    assert cycle.transport is cycle.kept


def test_what_was_written_before_a_fault_goes_out() -> None:
    """The transport is given back whatever happens."""
    cycle = Cycle(closes=False)

    def lose() -> None:
        with OneWrite(cycle.send):
            cycle.transport.write(b"head")
            raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        lose()
    assert (cycle.kept.done, cycle.transport) == ([b"head"], cycle.kept)


def test_other_servers_are_left_alone() -> None:
    """A plain function, as in tests, is sent to as ever."""
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(send_reply(send, Reply(200, b"body"), "id"))
    assert sent == ["http.response.start", "http.response.body"]


@pytest.fixture(scope="module", params=["httptools", "h11"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A real uvicorn whose application answers with the path."""

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        await send_reply(send, Reply(200, scope["path"].encode()), "id", with_body=scope["method"] != "HEAD")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(application, http=request.param, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join()


def exchange(port: int, content: bytes) -> bytes:
    """Send *content* and return everything that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(content)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def ask(path: str, *headers: str, method: str = "GET") -> bytes:
    """Return the bytes of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def test_uvicorn_answers_one_after_the_other(port: int) -> None:
    """Three requests in one piece get three whole answers in order; the last one closes."""
    told = exchange(port, ask("/a") + ask("/bb") + ask("/ccc", "Connection: close"))
    parts = told.split(b"HTTP/1.1 200")[1:]
    assert [part.partition(b"\r\n\r\n")[2] for part in parts] == [b"/a", b"/bb", b"/ccc"]
    assert [b"content-length: %d" % size in part for size, part in zip((2, 3, 4), parts, strict=True)] == [True] * 3


def test_uvicorn_answers_a_head_request(port: int) -> None:
    """The head alone goes out, though no body follows it."""
    told = exchange(port, ask("/abc", method="HEAD") + ask("/d", "Connection: close"))
    first, second = told.split(b"HTTP/1.1 200")[1:]
    assert (b"content-length: 4" in first, first.endswith(b"\r\n\r\n"), second.endswith(b"\r\n\r\n/d")) == (True,) * 3
