import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trady2.client import Client
from trady2.errors import (
    ConflictError,
    DataError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    StaleDataError,
    Trady2Error,
)


class Scripted(ThreadingHTTPServer):
    """A server that gives one prepared answer and remembers what it was asked."""

    status, body, location = 200, b"{}", ""
    asked: tuple[str, str, str | None, object] = ("", "", None, None)


class Handler(BaseHTTPRequestHandler):
    """Plays the script of its server."""

    server: Scripted

    def _play(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked = (
            self.command, self.path, self.headers["Content-Type"], json.loads(content) if content else None,
        )  # fmt: skip
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST = _play  # noqa: N815 - the names that the standard library looks for

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A scripted server on a free port of loopback."""
    with Scripted(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def client(server: Scripted) -> Iterator[Client]:
    """A client of the scripted server that asks once; the slash at the end of the address does not count."""
    with Client(f"http://127.0.0.1:{server.server_address[1]}/", timeout_seconds=5, retries=0) as made:
        yield made


def refusing(server: Scripted, status: int, code: str) -> None:
    """Let the server refuse as the service does."""
    server.status = status
    server.body = json.dumps({"error": {"code": code, "message": "why, and the way out", "request_id": "r1"}}).encode()


def test_requests_are_what_the_service_takes(server: Scripted, client: Client) -> None:
    """Each method sends its form of request, as JSON, to the original path."""
    path, kind = "/api/v1/analytics/predict/", "application/json"
    client.predict("BTC-EUR")
    assert server.asked == ("POST", path, kind, {"asset": "BTC-EUR"})
    client.predict("BTC-EUR", as_of=datetime(2025, 11, 1, 12, tzinfo=UTC))
    assert server.asked == ("POST", path, kind, {"asset": "BTC-EUR", "as_of": "2025-11-01T12:00:00+00:00"})
    client.predict("BTC-EUR", as_of="latest")
    assert server.asked == ("POST", path, kind, {"asset": "BTC-EUR", "as_of": "latest"})
    client.predict_features({"rsi_14": 55.5, "beta": None})
    assert server.asked == ("POST", path, kind, {"features": {"rsi_14": 55.5, "beta": None}})
    client.predict_features({"rsi_14": 0.1}, asset="BTC-EUR")
    assert server.asked == ("POST", path, kind, {"features": {"rsi_14": 0.1}, "asset": "BTC-EUR"})
    client.predict("BTC-EUR", as_of="latest", explain=True)
    assert server.asked == ("POST", path, kind, {"asset": "BTC-EUR", "as_of": "latest", "explain": True})
    client.predict_features({"rsi_14": 0.1}, explain=3)
    assert server.asked == ("POST", path, kind, {"features": {"rsi_14": 0.1}, "explain": 3})
    client.models()
    assert server.asked == ("GET", "/api/v1/models/", None, None)


def test_answers_come_back_as_they_are(server: Scripted, client: Client) -> None:
    """A float keeps its bits, and a batch gives the list of its answers."""
    server.body = b'{"predictions": [{"probability": 0.30000000000000004}, {"probability": null}]}'
    answers = client.predict_many([{"asset": "BTC-EUR"}, {"asset": "ETH-EUR"}])
    assert answers == [{"probability": 0.1 + 0.2}, {"probability": None}]
    assert server.asked[3] == {"instances": [{"asset": "BTC-EUR"}, {"asset": "ETH-EUR"}]}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_json", DataError),
        (401, "unauthorised", RefusedError),
        (404, "unknown_asset", NotFoundError),
        (409, "stale_vector", StaleDataError),
        (409, "vectors_do_not_fit", DataError),
        (409, "refused", RefusedError),
        (413, "body_too_large", DataError),
        (422, "unknown_feature", DataError),
        (429, "too_many_requests", ConflictError),
        (500, "internal", Trady2Error),
        (503, "busy", ConflictError),
        (503, "model_refused", IntegrityError),
        (503, "no_active_model", NotFoundError),
    ],
)
def test_refusals_become_the_errors_of_the_library(
    server: Scripted, client: Client, status: int, code: str, kind: type[Trady2Error]
) -> None:
    """Status and code choose the class; the message and the values come along."""
    refusing(server, status, code)
    with pytest.raises(Trady2Error, match=r"^why, and the way out$") as caught:
        client.predict("BTC-EUR")
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.status, caught.value.request_id) == (code, status, "r1")


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"[]", b'{"error": "text"}', b'{"error": {"code": "x"}}'])
def test_what_is_no_answer_of_the_service_is_said(server: Scripted, client: Client, body: bytes) -> None:
    """A proxy's page is not taken for an answer."""
    server.status, server.body = 502, body
    with pytest.raises(Trady2Error, match=r"answered 502 with something that is no answer of Trady2") as caught:
        client.models()
    assert caught.value.code == "foreign_answer"


def test_json_that_is_too_deep_is_no_answer(server: Scripted, client: Client) -> None:
    """Brackets without end do not end the program that asks."""
    server.body = b"[" * 200_000
    with pytest.raises(Trady2Error, match="answered 200 with something"):
        client.models()


def test_an_answer_that_is_no_object_is_said(server: Scripted, client: Client) -> None:
    """Status 200 alone does not make an answer."""
    server.body = b"[1]"
    with pytest.raises(Trady2Error, match="answered 200 with something"):
        client.models()


def test_redirects_are_not_followed(server: Scripted, client: Client) -> None:
    """A redirect would lose the body of the request; it is reported instead."""
    server.status, server.location = 302, "/elsewhere"
    with pytest.raises(Trady2Error, match="answered 302 with something"):
        client.predict("BTC-EUR")
    assert server.asked[1] == "/api/v1/analytics/predict/"


def test_a_number_that_json_cannot_hold_is_not_sent(server: Scripted, client: Client) -> None:
    """NaN is refused before anything goes out."""
    with pytest.raises(DataError, match=r"cannot be written as JSON.*finite numbers"):
        client.predict_features({"rsi_14": float("nan")})
    assert server.asked[0] == ""


def test_bars_are_sent_as_they_are(server: Scripted, client: Client) -> None:
    """Times become text with their zone; a market stands beside them, and what is not given is not sent."""
    prices = {"open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 3}
    bar = {"timestamp": datetime(2025, 11, 1, 12, tzinfo=UTC), **prices}
    written = {"timestamp": "2025-11-01T12:00:00+00:00", **prices}
    client.predict_bars([bar])
    assert server.asked[3] == {"bars": [written]}
    client.predict_bars(iter([bar]), asset="BTC-USDT", market={"ETH-USDT": [bar, bar]})
    assert server.asked[3] == {"bars": [written], "asset": "BTC-USDT", "market": {"ETH-USDT": [written, written]}}
