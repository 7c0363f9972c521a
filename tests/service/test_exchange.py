import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from service import exchange
from service.exchange import DisconnectedError, read_json, request_id
from service.faults import CODES, HttpError

JSON_HEADERS = [(b"content-type", b"application/json")]


def read(messages: Iterable[dict[str, Any]], headers: list[tuple[bytes, bytes]] = JSON_HEADERS) -> object:
    """Read the body that arrives as *messages*; after the last one nothing comes any more."""
    arriving = iter(messages)

    async def receive() -> dict[str, Any]:
        message = next(arriving, None)
        return message if message is not None else await asyncio.Future()

    return asyncio.run(read_json({"headers": headers}, receive))


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    """Return a piece of a body as ASGI tells it."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_is_put_together() -> None:
    """However it is cut, it is the same JSON."""
    assert read([part(b'{"a"'), part(b": [1,"), part(b" 0.1]}", more=False)]) == {"a": [1, 0.1]}


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends a byte and waits gets 408, and its connection is closed."""
    monkeypatch.setattr(exchange, "_BODY_SECONDS", 0.05)
    with pytest.raises(HttpError, match=r"not complete after 0\.05 seconds") as caught:
        read([part(b"{")])
    assert (caught.value.status, caught.value.headers) == (408, {"connection": "close"})


def test_a_body_that_never_begins_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends its headers alone gets 408 too."""
    monkeypatch.setattr(exchange, "_BODY_SECONDS", 0.05)
    with pytest.raises(HttpError, match=r"not complete after 0\.05 seconds"):
        read([])


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_body_may_come_late(pieces: int) -> None:
    """Whether its first piece is waited for or not, it is read as a whole."""
    parts = [part(b'["a", ', more=True), part(b'"b"', more=True), part(b"]", more=False)]
    messages = parts if pieces == 3 else [part(b'["a", "b"]', more=False)]

    async def slowly() -> object:
        arriving = iter(messages)

        async def receive() -> dict[str, Any]:
            for _ in range(3):
                await asyncio.sleep(0.001)
            return next(arriving)

        return await read_json({"headers": JSON_HEADERS}, receive)

    assert asyncio.run(slowly()) == ["a", "b"]


def test_a_request_that_is_cancelled_while_it_waits_leaves_nothing_behind() -> None:
    """The cancellation reaches the server's own waiting, as it does when a worker is stopped."""
    told: list[str] = []

    async def receive() -> dict[str, Any]:
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async def stopped() -> None:
        task = asyncio.create_task(read_json({"headers": JSON_HEADERS}, receive))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError, match=r"^$"):
            await task

    asyncio.run(stopped())
    assert told == ["cancelled"]


def test_a_client_that_leaves_is_not_answered() -> None:
    """There is nobody to answer."""
    with pytest.raises(DisconnectedError, match=r"^$"):
        read([part(b"{"), {"type": "http.disconnect"}])


def test_a_body_is_counted_while_it_arrives() -> None:
    """It is refused as soon as it is too large, not when it ends."""
    endless = (part(b" " * (1 << 20)) for _ in iter(int, 1))
    with pytest.raises(HttpError, match="larger than 4 MiB"):
        read(endless)


def test_a_declared_length_that_is_none_is_overlooked() -> None:
    """Only the bytes count then."""
    assert read([part(b"[]", more=False)], [*JSON_HEADERS, (b"content-length", b"-1e9")]) == []


def test_request_ids_are_new_each_time() -> None:
    """Sixteen hex digits, never the same."""
    given = {request_id({"headers": []}) for _ in range(100)}
    assert len(given) == 100
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in given)


def test_every_code_is_documented() -> None:
    """Whatever code the sources of service and serving can give stands in the table that the document shows."""
    root = Path(__file__).parents[2]
    sources = [*(root / "service").glob("*.py"), *(root / "trady2/serving").glob("*.py")]
    text = "".join(source.read_text("utf-8") for source in sources)
    used = set(re.findall(r'(?:code=|"code": |HttpError\(\s*\d+,\s*)"([a-z_]+)"', text))
    assert {"no_active_model", "invalid_json", "missing_value", "no_vector", "not_found"} <= used
    assert used <= {code for codes in CODES.values() for code in codes}
