"""Both clients against real servers that misbehave."""

import socket
import time

import pytest

from tests.client.both import Answers, both
from tests.client.faulty_server import (
    Step,
    answering,
    break_off,
    chatter,
    drip,
    faulty,
    hang_up,
    refusing,
    reset,
    stall,
)
from trady2.errors import ConflictError, DataError, IntegrityError, NotFoundError, RefusedError, Trady2Error

GOOD = {"probability": 0.25}
PROXY_PAGE = b"<html>Bad gateway</html>"


@both
@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        reset,
        break_off,
        refusing(429, "too_many_requests"),
        refusing(503, "busy"),
        answering(502, PROXY_PAGE),
        answering(503, PROXY_PAGE),
        answering(504, PROXY_PAGE),
    ],
    ids=["hangs-up", "resets", "breaks-off", "429", "503-busy", "502-proxy", "503-proxy", "504-proxy"],
)
def test_what_passes_is_asked_again(ask: Answers, fault: Step) -> None:
    """Two faults of a kind that passes cost a pause each, and the third attempt is answered."""
    with faulty([fault, fault]) as server:
        assert ask(server.url, retries=2) == [GOOD]
    first, second, third = server.times
    assert 0.05 <= second - first < 1
    assert 0.1 <= third - second < 1
    identities = {line for head in server.heads for line in head.split(b"\r\n") if line.startswith(b"X-Request-ID: ")}
    assert len(identities) == 1


@both
@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (refusing(400, "invalid_json"), DataError, "why"),
        (refusing(401, "unauthorized"), RefusedError, "why"),
        (refusing(404, "unknown_asset"), NotFoundError, "why"),
        (refusing(408, "request_timeout"), Trady2Error, "why"),
        (refusing(409, "stale_vector"), DataError, "why"),
        (refusing(422, "invalid_asset"), DataError, "why"),
        (refusing(500, "internal"), Trady2Error, "why"),
        (refusing(503, "no_active_model"), NotFoundError, "why"),
        (refusing(503, "model_refused"), IntegrityError, "why"),
        (refusing(503, "no_api_keys"), ConflictError, "why"),
        (answering(200, b"[]"), Trady2Error, "no answer of Trady2"),
        (stall, Trady2Error, "timed out"),
    ],
)
def test_what_stays_is_asked_once(ask: Answers, fault: Step, kind: type[Trady2Error], says: str) -> None:
    """A refusal, an answer that is none, and a service that is too slow get no second request."""
    with faulty([fault]) as server, pytest.raises(kind, match=says):
        ask(server.url, retries=5, timeout_seconds=0.3)
    assert len(server.times) == 1


@both
def test_retries_come_to_an_end(ask: Answers) -> None:
    """After the last attempt the fault of that one is raised, and the message says how often was asked."""
    with faulty([hang_up] * 9) as server, pytest.raises(Trady2Error, match=r"\(asked 3 times\)") as caught:
        ask(server.url, retries=2)
    assert (caught.value.code, caught.value.attempts, len(server.times)) == ("unreachable", 3, 3)
    with faulty([refusing(503, "busy")] * 9) as server, pytest.raises(ConflictError, match="why, and the way out"):
        ask(server.url, retries=1)
    assert len(server.times) == 2


@both
def test_without_retries_nothing_is_asked_twice(ask: Answers) -> None:
    """retries=0 means one request."""
    with faulty([refusing(503, "busy")]) as server, pytest.raises(ConflictError, match="why, and the way out"):
        ask(server.url, retries=0)
    assert len(server.times) == 1


@both
def test_a_connection_that_is_refused_is_tried_again(ask: Answers) -> None:
    """A port without a service gives the address, the number of attempts, and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    expected = rf"no answer from http://127.0.0.1:{port} \(asked 3 times\): .*`bentoml serve`"
    started = time.monotonic()
    with pytest.raises(Trady2Error, match=expected):
        ask(f"http://127.0.0.1:{port}", retries=2)
    assert time.monotonic() - started >= 0.15


@both
def test_retry_after_is_honoured(ask: Answers) -> None:
    """A service that says when to come back is not asked before."""
    with faulty([refusing(503, "busy", "Retry-After: 1")]) as server:
        assert ask(server.url) == [GOOD]
    first, second = server.times
    assert 1 <= second - first < 2


@both
def test_a_pause_beyond_the_deadline_is_not_waited_for(ask: Answers) -> None:
    """Where the service asks for more time than there is, the client says so at once."""
    started = time.monotonic()
    with (
        faulty([refusing(503, "busy", "Retry-After: 60")]) as server,
        pytest.raises(ConflictError, match="why, and the way out"),
    ):
        ask(server.url, deadline_seconds=5)
    assert (len(server.times), time.monotonic() - started < 3) == (1, True)


@both
@pytest.mark.parametrize("fault", [stall, drip])
def test_the_deadline_holds_for_the_whole_call(ask: Answers, fault: Step) -> None:
    """Neither silence nor an answer that arrives byte by byte outlasts the deadline."""
    started = time.monotonic()
    with faulty([fault]) as server, pytest.raises(Trady2Error, match=r"deadline has passed|timed out"):
        ask(server.url, deadline_seconds=0.4, timeout_seconds=10)
    assert 0.35 <= time.monotonic() - started < 2
    assert len(server.times) == 1


@both
def test_what_is_not_http_is_said(ask: Answers) -> None:
    """Another kind of server ends in a clear sentence."""
    with faulty([chatter] * 2) as server, pytest.raises(Trady2Error, match="no answer from http"):
        ask(server.url, retries=1)


@both
def test_connections_are_used_again(ask: Answers) -> None:
    """Twenty requests in a row take one connection."""
    with faulty([]) as server:
        assert ask(server.url, 20) == [GOOD] * 20
    assert (server.connections, len(server.times)) == (1, 20)


@both
def test_the_key_comes_from_the_argument_or_the_environment(ask: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A given key is sent; without one that of TRADY2_API_KEY, without its line end; with an empty one none."""
    monkeypatch.setenv("TRADY2_API_KEY", "from-the-environment\n")
    with faulty([]) as server:
        for key in ("given", None, ""):
            ask(server.url, api_key=key)
        monkeypatch.delenv("TRADY2_API_KEY")
        ask(server.url)
    sent = [
        [line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization")] for head in server.heads
    ]
    assert sent == [[b"Authorization: Bearer given"], [b"Authorization: Bearer from-the-environment"], [], []]
