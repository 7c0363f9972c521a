"""The page at ``/``."""

from __future__ import annotations

from typing import Final

from service.exchange import Receive, Reply, Scope
from service.openapi import DOCUMENT_PATH, MODELS_PATH, PREDICT_PATH
from service.routes import Route

__all__ = ["Page"]

_PAGE: Final = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Trady2</title>
<h1>Trady2</h1>
<p>Predictions: <code>POST {PREDICT_PATH}</code> with <code>{{"asset": "BTC-USDT"}}</code>.
<ul><li><a href=".{MODELS_PATH}">Versions</a><li><a href="./readyz">Ready?</a>
<li><a href=".{DOCUMENT_PATH}">OpenAPI document</a><li><a href="./metrics">Metrics</a></ul></html>
""".encode()
_HEADERS: Final = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),)


class Page:
    """What a person sees."""

    def routes(self) -> tuple[Route, ...]:
        """Return the routes to the page."""
        return (Route("page", "GET", "/", None, self._page),)

    async def _page(self, _scope: Scope, _receive: Receive) -> Reply:
        return Reply(200, _PAGE, b"text/html; charset=utf-8", _HEADERS)
