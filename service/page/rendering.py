"""The pages as HTML: templates of ours, everything in them escaped, and a policy that lets nothing else in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from service.exchange import Reply
from service.page import wording

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["asset_file", "html"]

_FOLDER: Final = Path(__file__).parent / "templates"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    # Not no-referrer: browsers would then send forms with `Origin: null`.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_KINDS: Final = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}


def html(template: str, status: int = 200, *, headers: tuple[tuple[bytes, bytes], ...] = (), **names: Any) -> Reply:
    """Answer with a page; *names* are the template's own."""
    text = _environment().get_template(template).render(names)
    return Reply(status, text.encode(), b"text/html; charset=utf-8", (*_HEADERS, *headers))


@cache
def asset_file(name: str) -> Reply:
    """Answer with the style, script or icon of the pages called *name*, which is ours and not the client's word."""
    file = _FOLDER / name
    return Reply(200, file.read_bytes(), _KINDS[file.suffix], _HEADERS)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(count=wording.count, decimal=wording.decimal)
    made.globals.update(dash=wording.DASH)
    return made
