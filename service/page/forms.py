"""What a browser sends: fields of a form, parameters of an address, and whether the form was ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from service.exchange import Receive, Scope, read_body
from service.faults import HttpError

__all__ = ["came_over_https", "is_from_here", "read_form", "read_query", "way_up"]

_MOST_FORM_BYTES: Final = 16 << 10
_MOST_FIELDS: Final = 20


async def read_form(scope: Scope, receive: Receive) -> dict[str, str]:
    """Read the fields of a posted form; of a field that stands twice, the last one.

    Raises:
        HttpError: 415 for another kind of body, 413 for a large one, 400 for what is no form.
    """
    kind = _header(scope["headers"], b"content-type").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HttpError(415, "unsupported_media_type", "this takes a form of the page alone")
    body = await read_body(scope, receive)
    if len(body) > _MOST_FORM_BYTES:
        raise HttpError(413, "body_too_large", f"the form is larger than {_MOST_FORM_BYTES >> 10} KiB; say less")
    try:
        return _fields(body.decode("ascii"))
    except ValueError as error:
        raise HttpError(400, "invalid_request", f"the body is no form: {str(error)[:100]}") from None


def read_query(scope: Scope) -> dict[str, str]:
    """Read the parameters of the address; none where they cannot be read."""
    try:
        return _fields(scope.get("query_string", b"")[:2_048].decode("ascii"))
    except ValueError:
        return {}


def is_from_here(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether a page of this very service has sent the form, by what no page can make a browser say wrongly.

    ``Sec-Fetch-Site`` where the browser sends it (HTTPS and loopback), else ``Origin`` beside ``Host``.
    """
    known = list(headers)
    site = _header(known, b"sec-fetch-site")
    if site:
        return site == "same-origin"
    origin, host = _header(known, b"origin"), _header(known, b"host")
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()


def came_over_https(scope: Scope) -> bool:
    """Tell whether the browser speaks HTTPS, to us or to a proxy before us.

    Whoever lies about it with a header of his own gets a cookie that his own browser does not send back.
    """
    forwarded = _header(scope["headers"], b"x-forwarded-proto").partition(",")[0].strip().lower()
    return scope.get("scheme") == "https" or forwarded == "https"


def way_up(scope: Scope) -> str:
    """Return the relative way from the page that is asked for to ``/``, which holds behind any prefix of a proxy."""
    raw = scope.get("raw_path") or scope["path"].encode()
    return "../" * (raw.partition(b"?")[0].count(b"/") - 1) or "./"


def _fields(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key == name), "")
