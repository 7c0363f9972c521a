"""A real server on a socket that misbehaves by a script: one step for each request that arrives."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Step = Callable[[socket.socket], None]
GOOD_BODY = b'{"probability": 0.25}'


@dataclass
class Faulty:
    """The server's address, the times and the heads of the requests that it got, and how many connections it took."""

    url: str
    times: list[float] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0


def answering(status: int = 200, body: bytes = GOOD_BODY, *headers: str) -> Step:
    """Answer as HTTP/1.1 does, and keep the connection."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
    content = "\r\n".join(lines).encode() + body
    return lambda connection: connection.sendall(content)


def refusing(status: int, code: str, *headers: str) -> Step:
    """Refuse as the service does."""
    fault = {"error": {"code": code, "message": "why, and the way out", "request_id": "r1"}}
    return answering(status, json.dumps(fault).encode(), *headers)


def hang_up(connection: socket.socket) -> None:
    """Close without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Break the connection, as a killed process's does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def break_off(connection: socket.socket) -> None:
    """Send half of an answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    connection.shutdown(socket.SHUT_RDWR)


def chatter(connection: socket.socket) -> None:
    """Say what is not HTTP."""
    connection.sendall(b"220 mail.example ESMTP\r\n")
    connection.shutdown(socket.SHUT_RDWR)


def stall(connection: socket.socket) -> None:
    """Say nothing until the client leaves."""
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    """Send an answer so slowly that each byte is in time and the whole never is."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)


@contextmanager
def faulty(steps: Sequence[Step]) -> Iterator[Faulty]:
    """Serve on a free port of loopback; after the last step every request is answered well."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen, script = Faulty(f"http://127.0.0.1:{listening.getsockname()[1]}"), list(steps)
        threads: list[threading.Thread] = []

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while head := _request(connection):
                    seen.times.append(time.monotonic())
                    seen.heads.append(head)
                    (script.pop(0) if script else answering())(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    seen.connections += 1
                    threads.append(threading.Thread(target=serve, args=(connection,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield seen
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(5)
                assert not thread.is_alive(), "a connection was left open"


def _request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        part = connection.recv(65536)
        if not part:
            return b""
        content += part
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(missing))
    return head
