from __future__ import annotations

import asyncio
from typing import Any

import pytest

from service.faults import HttpError
from service.page.forms import came_over_https, is_from_here, read_form, read_query, way_up

FORM = [(b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")]


def form_of(body: bytes, headers: list[tuple[bytes, bytes]] = FORM) -> dict[str, str]:
    """Read *body* as the service does."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    return asyncio.run(read_form({"headers": headers}, receive))


def test_a_form_is_read() -> None:
    """Blanks, signs and other scripts come back as they were typed, an empty field as empty."""
    assert form_of(b"reason=half+the+%E2%88%92%3D%26&force=&token=abc") == {
        "reason": "half the −=&",
        "force": "",
        "token": "abc",
    }


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"a=1", [], 415, "a form of the page alone"),
        (b"{}", [(b"content-type", b"application/json")], 415, "a form of the page alone"),
        (b"a=" + b"x" * 20_000, FORM, 413, "larger than 16 KiB"),
        (b"&".join(b"a%d=1" % number for number in range(30)), FORM, 400, "is no form"),
        (b"a=\xff", FORM, 400, "is no form"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, headers: list[tuple[bytes, bytes]], status: int, says: str) -> None:
    """By its kind, its size, the number of its fields, and bytes that no browser sends."""
    with pytest.raises(HttpError, match=says) as caught:
        form_of(body, headers)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("headers", "here"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://h:1", "host": "h:1"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://h:1", "host": "h:1"}, True),
        ({"origin": "https://H", "host": "h"}, True),
        ({"origin": "http://h:2", "host": "h:1"}, False),
        ({"origin": "http://evil", "host": "h"}, False),
        ({"origin": "null", "host": "h"}, False),
        ({"host": "h"}, False),
        ({"origin": "http://", "host": ""}, False),
        ({}, False),
    ],
)
def test_only_our_own_pages_send_forms(headers: dict[str, str], here: bool) -> None:
    """The browser's own word decides; where it says nothing, the form is not taken."""
    assert is_from_here([(name.encode(), value.encode()) for name, value in headers.items()]) is here


@pytest.mark.parametrize(
    ("scheme", "forwarded", "secure"),
    [("http", "", False), ("https", "", True), ("http", "https", True), ("http", "HTTPS, http", True)],
)
def test_https_is_noticed(scheme: str, forwarded: str, secure: bool) -> None:
    """Spoken to us, or to a proxy before us."""
    assert came_over_https({"scheme": scheme, "headers": [(b"x-forwarded-proto", forwarded.encode())]}) is secure


@pytest.mark.parametrize(
    ("path", "way"),
    [
        (b"/", "./"),
        (b"/live.json", "./"),
        (b"/models/trady2/rollback", "../../"),
        (b"/models/trady2/1.0.0+1/activate", "../../../"),
        (b"/models/a%2Fb/1/activate/?x=/", "../../../../"),
    ],
)
def test_the_way_up_leads_to_the_overview(path: bytes, way: str) -> None:
    """It counts the slashes that the browser counts."""
    assert way_up({"raw_path": path, "path": ""}) == way


def test_an_address_that_cannot_be_read_asks_for_nothing() -> None:
    """A query is read as far as it makes sense."""
    assert read_query({"query_string": b"page=2&asset=BTC%2D"}) == {"page": "2", "asset": "BTC-"}
    assert read_query({"query_string": b"\xff=1"}) == {}
    assert read_query({"query_string": b"&".join(b"a%d=" % number for number in range(50))}) == {}
