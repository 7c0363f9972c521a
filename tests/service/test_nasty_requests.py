"""Bytes that no proper client sends, against a real worker: every one is answered as documented or cut off, in time."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.service.bento_process import ROOT, Served, serving, until
from tests.service.tiny_service import GOOD, settle, stock
from tests.serving.tiny_version import tiny_model

PATH = "/api/v1/analytics/predict/"
BODY = json.dumps({"features": GOOD}).encode()
TYPE = "Content-Type: application/json"
PATIENCE_SECONDS = 5.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One worker with an active version."""
    with pytest.MonkeyPatch.context() as patch:
        folder = settle(tmp_path_factory.mktemp("nasty"), patch)
        stock(folder, tiny_model())
        environment = {"PYTHONPATH": str(ROOT), "TRADY2_VECTORS": str(folder / "vectors"), "TRADY2_WORKERS": "1"}
        with serving(cwd=ROOT, log=folder / "serve.log", environment=environment) as running:
            yield running
            # Nothing of all this may have been a fault of ours: those leave a traceback.
            assert "Traceback" not in (folder / "serve.log").read_text("utf-8")


def said(served: Served, *pieces: bytes, pause_seconds: float = 0.0) -> bytes:
    """Send *pieces* on a connection of their own and return all that comes back until it is closed or still."""
    place = urlsplit(served.client.url)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=PATIENCE_SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_seconds)
            connection.settimeout(PATIENCE_SECONDS)
            got = connection.recv(1 << 16)
            connection.settimeout(0.15)
            while more := connection.recv(1 << 16):
                got += more
        except TimeoutError:
            pass
        except ConnectionError:
            return b"reset"
    return got


def request(*headers: str, body: bytes = BODY, line: str = f"POST {PATH} HTTP/1.1", length: int | None = None) -> bytes:
    """Return one request as it goes over the wire."""
    counted = () if length == -1 else (f"Content-Length: {len(body) if length is None else length}",)
    return "\r\n".join([line, "Host: 127.0.0.1", *headers, *counted, "", ""]).encode("latin-1") + body


def statuses(answer: bytes) -> list[int]:
    """Return the status of each answer, in order."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def chunked(*parts: bytes) -> bytes:
    """Return *parts* as chunks, the last one behind them."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


DEEP = b'{"features": ' + b'{"a": ' * 100_000 + b"1" + b"}" * 100_001
HUGE_BAR = b'{"bars": [{"timestamp": "2025-11-01T12:00:00Z", "open": 1e308, "high": 1e308, "low": 1, "close": 1, "volume": 0}]}'  # noqa: E501 - one body
FIRST_BAR = HUGE_BAR.replace(b"2025-11-01T12:00:00Z", b"0001-01-01T00:00:00+00:01")
LAST_BAR = HUGE_BAR.replace(b"2025-11-01T12:00:00Z", b"9999-12-31T23:00:00Z")
BODIES = [
    (FIRST_BAR, 422), (LAST_BAR, 422), (b'{"asset": "BTC-EUR", "as_of": "9999-12-31T23:59:59Z"}', 200),
    (b'{"asset": "BTC-EUR", "as_of": "0001-01-01T00:00:00Z"}', 404),
    (HUGE_BAR, 409),
    (b'{"features": {"momentum_12": NaN}}', 400), (b'{"features": {"momentum_12": -Infinity}}', 400),
    (BODY.replace(b"0.5", b"1e999", 1), 422), (BODY.replace(b"0.5", b"-1e999", 1), 422),
    (BODY.replace(b"0.5", b"9" * 4_000, 1), 422), (BODY.replace(b"0.5", b"9" * 5_000, 1), 400),
    (BODY.replace(b"0.5", b"1e-999", 1), 200), (BODY.replace(b"0.5", b"-0", 1), 200),
    (b'{"asset": "A", "asset": "B"}', 400), (b'{"features": {"a": 1, "\\u0061": 2}}', 400), (DEEP, 400),
    (b"[" * 1_000_000, 400), (b'{"asset": "\\ud800"}', 422), (b'{"asset": "\xed\xa0\x80"}', 400),
    (b'{"asset": "a\\u0000b"}', 422), (b'{"asset": "../../etc/passwd"}', 404), (b'{"asset": ".."}', 404),
    (b'{"asset": "BTC-EUR\\n"}', 422), (b'{"asset": "' + b"%2e" * 33 + b'"}', 404), (b"\xef\xbb\xbf" + BODY, 400),
    (BODY.decode().encode("utf-16"), 400), (BODY + b"\x00", 400), (b"", 400), (b"\x80\x04\x95pickle", 400),
    (b'{"asset": {"$ne": null}}', 422), (b'{"instances": [' + b"{}," * 999 + b"{}]}", 422),
    (b'{"asset": "BTC-EUR", "as_of": "9999-12-31T23:59:59-23:59"}', 422),
    (b'{"asset": "BTC-EUR", "as_of": "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa5-11-01T12:00:00Z"}', 422),
    (b'{"asset": "BTC-EUR", "explain": 1e400}', 422), (b'{"asset": "BTC-EUR", "explain": true}', 200),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("in_chunks", [False, True], ids=["at once", "in chunks"])
def test_a_body_is_answered_by_its_kind(served: Served, body: bytes, status: int, in_chunks: bool) -> None:
    """Numbers that are none, keys that stand twice, nesting, foreign alphabets: an error by name, never a 500."""
    if in_chunks:
        third = max(len(body) // 3, 1)
        parts = [body[place : place + third] for place in range(0, len(body), third)]
        sent = request(TYPE, "Transfer-Encoding: chunked", body=chunked(*parts), length=-1)
    else:
        sent = request(TYPE, body=body)
    assert statuses(said(served, sent)) == [status]


WIRE = [
    ("HTTP/1.0", request(TYPE, line=f"POST {PATH} HTTP/1.0"), [[200]]),
    ("HTTP/1.0 without a host", b"GET /livez HTTP/1.0\r\n\r\n", [[200]]),
    ("HTTP/0.9", b"GET /livez\r\n\r\n", [[200]]),
    ("HTTP/9.9", request(line="GET /livez HTTP/9.9", body=b""), [[400]]),
    ("pipelined", request(TYPE) * 5, [[200] * 5]),
    ("pipelined with a bad one", request(TYPE) + request(TYPE, body=b"{") + request(TYPE), [[200, 400, 200]]),
    ("two lengths", request(TYPE, "Content-Length: 3"), [[400]]),
    ("a length that is none", request(TYPE, "Content-Length: -5", length=-1), [[400]]),
    ("a length with a sign", request(TYPE, "Content-Length: +5", length=-1), [[400]]),
    ("a length beyond numbers", request(TYPE, "Content-Length: " + "9" * 30, length=-1), [[400]]),
    ("a length too large", request(TYPE, body=b"{", length=5 << 20), [[413]]),
    ("chunked and a length", request(TYPE, "Transfer-Encoding: chunked", body=chunked(BODY)), [[400]]),
    ("chunked twice", request(TYPE, "Transfer-Encoding: chunked, chunked", body=chunked(BODY), length=-1),
     [[400]]),
    ("a foreign coding", request(TYPE, "Transfer-Encoding: gzip", body=BODY, length=-1), [[400]]),
    ("a chunk that lies", request(TYPE, "Transfer-Encoding: chunked", body=b"zz\r\n" + BODY, length=-1), [[400]]),
    ("a null in a header", request(TYPE, "X-A: a\x00b"), [[400]]),
    ("a folded header", request(TYPE, "X-A: a\r\n b"), [[400]]),
    ("a header without a name", request(TYPE, ": b"), [[400]]),
    ("a long header", request(TYPE, "X-A: " + "a" * 1_000_000), [[431], []]),
    ("many headers", request(TYPE, *[f"X-{number}: a" for number in range(5_000)]), [[431]]),
    ("a long path", request(line="GET /" + "a" * 100_000 + " HTTP/1.1", body=b""), [[400], [431]]),
    ("no path", request(line="GET  HTTP/1.1", body=b""), [[400]]),
    ("a whole address", request(line="GET http://127.0.0.1/livez HTTP/1.1", body=b""), [[200]]),
    ("a path up", request(line="GET /../../etc/passwd HTTP/1.1", body=b""), [[404]]),
    ("an encoded path up", request(line="GET /api/v1/models/%2e%2e%2f%2e%2e HTTP/1.1", body=b""), [[404]]),
    ("an encoded null", request(line="GET /livez%00 HTTP/1.1", body=b""), [[404]]),
    ("an encoding cut off", request(line="GET /livez%f HTTP/1.1", body=b""), [[404]]),
    ("bytes that are no text", request(line="GET /%ff%fe HTTP/1.1", body=b""), [[404]]),
    ("an odd method", request(line=f"BREW {PATH} HTTP/1.1", body=b""), [[400]]),
    ("TRACE", request(line="TRACE / HTTP/1.1", body=b""), [[405]]),
    ("CONNECT", request(line="CONNECT 127.0.0.1:22 HTTP/1.1", body=b""), [[400]]),
    ("an upgrade", request("Connection: Upgrade", "Upgrade: h2c", line="GET /livez HTTP/1.1", body=b""), [[200]]),
    ("another type", request("Content-Type: application/vnd.bentoml+pickle"), [[415]]),
    ("a type of two lines", request("Content-Type: application/json\t;charset=utf-8"), [[200]]),
    ("two types", request(TYPE, "Content-Type: text/csv"), [[200]]),
    ("a type of other letters", request("Content-Type: \xe4pplication/json"), [[415]]),
    ("a key of other letters", request(TYPE, "X-API-Key: \xff\xfe"), [[200]]),
    ("an id that would break a line", request(TYPE, 'X-Request-ID: "}\t{'), [[200]]),
    ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, [[400]]),
    ("an expectation", request(TYPE, "Expect: 100-continue"), [[100, 200]]),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "allowed"), [case[1:] for case in WIRE], ids=[case[0] for case in WIRE])
def test_the_wire_is_answered_or_cut(served: Served, sent: bytes, allowed: list[list[int]]) -> None:
    """Whatever is sent, the answers are among the allowed ones, none a 5xx, and the next client is served."""
    answer = said(served, sent)
    assert statuses(answer) in allowed
    assert served.client.predict_features(GOOD)["signal"] in (True, False)


def test_two_readings_of_a_body_smuggle_nothing(served: Served) -> None:
    """A request behind a body whose length stands twice is never answered: with both, none is, or the chunks count."""
    hidden = request(line="GET /livez HTTP/1.1", body=b"")
    for sent in (
        request(TYPE, "Transfer-Encoding: chunked", body=chunked() + hidden, length=len(chunked() + hidden)),
        request(TYPE, "Transfer-Encoding : chunked", body=chunked() + hidden, length=4),
        request(TYPE, "Transfer-Encoding: xchunked", body=chunked() + hidden, length=4),
        request(TYPE, "Transfer-Encoding:\x0bchunked", body=chunked() + hidden, length=4),
        request(TYPE, "Content-Length: 0", body=hidden),
    ):
        answer = said(served, sent)
        assert b'"live"' not in answer
        assert statuses(answer) in ([], [400])


def test_a_body_that_trickles_in_is_waited_for(served: Served) -> None:
    """A slow client is served as long as its body is complete within ten seconds; the others are served meanwhile."""
    whole = request(TYPE)
    begun = time.monotonic()
    answer = said(served, *[whole[place : place + 20] for place in range(0, len(whole), 20)], pause_seconds=0.02)
    assert statuses(answer) == [200]
    assert time.monotonic() - begun < PATIENCE_SECONDS


def test_connections_that_say_nothing_keep_nobody_out(served: Served) -> None:
    """Two hundred open connections, half of them with half a request, and a client is served at once."""
    place = urlsplit(served.client.url)
    waiting = [socket.create_connection((str(place.hostname), int(place.port or 0))) for _ in range(200)]
    try:
        for connection in waiting[::2]:
            connection.sendall(b"POST /api/v1/ana")
        begun = time.monotonic()
        assert served.client.predict_features(GOOD)["version"]
        assert time.monotonic() - begun < PATIENCE_SECONDS
    finally:
        for connection in waiting:
            connection.close()


def test_random_paths_leave_no_trace_in_the_metrics(served: Served) -> None:
    """Five hundred paths, ids and methods later the exposition has the lines that it had."""

    def lines() -> list[str]:
        with urlopen(served.client.url + "/metrics", timeout=PATIENCE_SECONDS) as response:  # noqa: S310 - our own
            return [line.rpartition(" ")[0] for line in response.read().decode().splitlines()]

    said(served, request(line="GET /nothing HTTP/1.1", body=b""))
    before = lines()
    for number in range(500):
        said_at_once = request(f"X-Request-ID: {number}", line=f"GET /{number}/%2e%2e?{number}= HTTP/1.1", body=b"")
        assert (
            statuses(said(served, said_at_once, request("Connection: close", line="GET / HTTP/1.1", body=b"")))[0]
            == 404
        )
    until(lambda: lines() == before or len(lines()) <= len(before) + 2)
