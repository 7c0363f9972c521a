import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def careful(body: bytes) -> object:
    """Return what the careful parser makes of a body, or that it refuses it."""
    try:
        return exchange._decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return "refused"


def quick(body: bytes) -> object:
    """Return what both ways together make of a body, or that they refuse it."""
    try:
        return exchange._parsed(body)
    except (ValueError, RecursionError):
        return "refused"


NUMBERS = st.floats(allow_nan=False) | st.integers() | st.none() | st.booleans()
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(':"{},\\'), max_size=8)
VALUES = st.recursive(NUMBERS | TEXTS, lambda one: st.lists(one, max_size=3) | st.dictionaries(TEXTS, one, max_size=4))


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_the_quick_way_parses_like_the_careful_one(value: dict[str, object], ascii_alone: bool, indent: object) -> None:
    """Whatever the object holds, and however it is written, both ways give the same, types and bits included."""
    body = json.dumps(value, ensure_ascii=ascii_alone, indent=indent).encode()  # type: ignore[arg-type]
    assert repr(quick(body)) == repr(careful(body))
    assert repr(exchange._quickly(body)) in (repr(careful(body)), "None")


@given(
    st.lists(st.tuples(st.sampled_from("ab:"), st.sampled_from(["1", "{}", '{"a": 1, "a": 2}', '"a:b"', '{"a":1}'])))
)
def test_a_key_that_stands_twice_is_found(pairs: list[tuple[str, str]]) -> None:
    """At either depth, and among texts that hold colons themselves."""
    body = ("{" + ", ".join(f'"{key}" : {value}' for key, value in pairs) + "}").encode()
    assert repr(quick(body)) == repr(careful(body))


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"", b"null", b"0", b"[]", b'{"a": 1e999}', b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": "\\ud800"}',
        b'{"a": 01}', b'{"a": 1,}', b'\xef\xbb\xbf{"a": 1}', b'{"a": "\t"}', b"{'a': 1}", b'{"a": -0}', b'{"a": 1} {}',
        b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": ' + b"[" * 250 + b"]" * 250 + b"}", b'{"a": 1E400}', b"\xff\xfe{",
        b'{"\\u0061": 1, "a": 2}',
    ],
)  # fmt: skip
def test_odd_bodies_are_parsed_alike(body: bytes) -> None:
    """What the two parsers could see in different ways they see in the same."""
    assert repr(quick(body)) == repr(careful(body))


def test_request_ids_are_new_each_time() -> None:
    """Sixteen hex digits, never the same."""
    given = {request_id({"headers": []}) for _ in range(100)}
    assert len(given) == 100
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in given)


def test_every_code_is_documented() -> None:
    """Whatever code the sources of service and serving can give stands in the table that the document shows."""
    root = Path(__file__).parents[2]
    sources = [*(root / "service").rglob("*.py"), *(root / "trady2/serving").glob("*.py")]
    # The codes of shadows say why a row was not scored, and stand in no answer.
    text = "".join(source.read_text("utf-8") for source in sources if source.name != "shadows.py")
    used = set(re.findall(r'(?:code=|"code": |HttpError\(\s*\d+,\s*)"([a-z_]+)"', text))
    assert {"no_active_model", "invalid_json", "missing_value", "no_vector", "not_found"} <= used
    assert used <= {code for codes in CODES.values() for code in codes}
