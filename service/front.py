"""Everything that HTTP clients see: routes, errors, metrics.

It stands before BentoML's own application, which keeps the life cycle of the workers but answers no request: its
spans, access log and time-out task cost several times what a prediction does, its errors have other shapes, its
metrics grow with every path that is tried, and its page at ``/`` loads a foreign script.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from service.exchange import (
    DisconnectedError,
    Receive,
    Reply,
    Scope,
    Send,
    json_reply,
    json_text,
    read_json,
    request_id,
    send_reply,
)
from service.faults import HttpError, error_body, fault_of
from service.metrics import CONTENT_TYPE, Metrics
from service.openapi import DOCUMENT_PATH, MODELS_PATH, PREDICT_PATH, openapi_document
from trady2.serving.catalogue import catalogue

if TYPE_CHECKING:
    from service.api_keys import ApiKeys
    from service.api_keys import Scope as KeyScope
    from trady2.serving.prediction_log import PredictionLog
    from trady2.serving.predictor import Predictor

__all__ = ["Front"]

_log = logging.getLogger("trady2.service")
_Handler = Callable[[Scope, Receive], Awaitable[Reply]]
_PAGE: Final = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Trady2</title>
<h1>Trady2</h1>
<p>Predictions: <code>POST {PREDICT_PATH}</code> with <code>{{"asset": "BTC-USDT"}}</code>.
<ul><li><a href=".{MODELS_PATH}">Versions</a><li><a href="./readyz">Ready?</a>
<li><a href=".{DOCUMENT_PATH}">OpenAPI document</a><li><a href="./metrics">Metrics</a></ul></html>
""".encode()
_PAGE_HEADERS: Final = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),)


_LOGGED: Final = {True: ((b"x-prediction-logged", b"true"),), False: ((b"x-prediction-logged", b"false"),)}


class Service(Protocol):
    """What the front asks of the service behind it."""

    predictor: Predictor
    keys: ApiKeys
    log: PredictionLog | None


class Front:
    """The ASGI application: answers requests itself and hands the life cycle to BentoML's application.

    Args:
        inner: BentoML's application; it builds the service when a worker starts.
        service: Gives the service, once it is built.
        metrics: Where requests and answers are counted.
        schema: BentoML's own description of the service, which its Python client asks for.
        version: What the OpenAPI document says it describes.
    """

    def __init__(
        self,
        inner: Callable[[Scope, Receive, Send], Awaitable[None]],
        service: Callable[[], Service],
        metrics: Metrics,
        *,
        schema: Callable[[], dict[str, Any]],
        version: str,
    ) -> None:
        """Lay the routes; a path is taken with and without its last slash."""
        self._inner, self._service, self._metrics = inner, service, metrics
        self._schema, self._version = schema, version
        self._routes: dict[str, tuple[str, str, KeyScope | None, _Handler]] = {}
        for label, method, path, needed, handler in self._table():
            for spelling in {path, path.rstrip("/") or "/"}:
                self._routes[spelling] = (label, method, needed, handler)

    @staticmethod
    def labels() -> tuple[str, ...]:
        """Return the names of the routes as metrics know them."""
        return ("predict", "models", "ready", "live", "metrics", "document", "page", "other")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "lifespan":
            return await self._inner(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        return await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, identity = perf_counter(), request_id(scope)
        scope["trady2.request_id"], label = identity, "other"
        try:
            label, needed, handler = self._route(scope)
            if needed is not None:
                self._service().keys.admit(scope["headers"], scope.get("server"), needed)
            reply = await handler(scope, receive)
        except DisconnectedError:
            return
        except Exception as error:  # the last place where a fault can still become an answer
            reply = self._failed(error, identity)
        await send_reply(send, reply, identity, with_body=scope["method"] != "HEAD")
        self._metrics.request(label, reply.status, perf_counter() - started)

    def _route(self, scope: Scope) -> tuple[str, KeyScope | None, _Handler]:
        found = self._routes.get(scope["path"])
        if found is None:
            raise HttpError(404, "not_found", f"there is nothing at this path; {DOCUMENT_PATH} describes what there is")
        label, method, needed, handler = found
        asked = scope["method"]
        if asked != method and not (asked == "HEAD" and method == "GET"):
            raise HttpError(405, "method_not_allowed", f"this path takes {method} alone", allow=method)
        return label, needed, handler

    def _failed(self, error: Exception, identity: str) -> Reply:
        status, code, message = fault_of(error)
        if status == 500:
            _log.error("request %s failed inside", identity, exc_info=error)
        headers = error.headers.items() if isinstance(error, HttpError) else ()
        pairs = tuple((name.encode("ascii"), value.encode("ascii")) for name, value in headers)
        return Reply(status, error_body(code, message, identity), headers=pairs)

    def _table(self) -> tuple[tuple[str, str, str, KeyScope | None, _Handler], ...]:
        return (
            ("predict", "POST", PREDICT_PATH, "predict", self._predict),
            ("models", "GET", MODELS_PATH, "predict", self._models),
            ("ready", "GET", "/readyz", None, self._ready),
            ("live", "GET", "/livez", None, self._live),
            ("live", "GET", "/healthz", None, self._live),
            ("metrics", "GET", "/metrics", "predict", self._exposition),
            ("document", "GET", DOCUMENT_PATH, "predict", self._document),
            ("document", "GET", "/schema.json", "predict", self._bento_schema),
            ("page", "GET", "/", None, self._page),
        )

    async def _predict(self, scope: Scope, receive: Receive) -> Reply:
        request = await read_json(scope, receive)
        service = self._service()
        predictor = service.predictor
        # One row takes less time than the way to a thread; files, batches and explanations would hold up the others.
        answer = predictor.answer_at_once(request)
        if answer is None:
            answer = await asyncio.to_thread(predictor.answer, request)
        singles = answer.get("predictions", (answer,))
        self._metrics.answers(one["reason"] or "signal" for one in singles)
        texts = [json_text(one) for one in singles]
        body = f'{{"predictions": [{", ".join(texts)}]}}' if "predictions" in answer else texts[0]
        logged = () if service.log is None else _LOGGED[service.log.add(texts, scope["trady2.request_id"])]
        return Reply(200, body.encode(), headers=logged)

    async def _models(self, _scope: Scope, _receive: Receive) -> Reply:
        return json_reply(await asyncio.to_thread(catalogue, self._service().predictor))

    async def _ready(self, _scope: Scope, _receive: Receive) -> Reply:
        predictor = self._service().predictor
        snapshot, refusal = predictor.answering(), predictor.refusal
        reason = refusal.reason if refusal else None
        return json_reply({"status": "ready", "model": predictor.name, "version": snapshot.version, "refused": reason})

    async def _live(self, _scope: Scope, _receive: Receive) -> Reply:
        return json_reply({"status": "live"})

    async def _exposition(self, _scope: Scope, _receive: Receive) -> Reply:
        self._metrics.flush()
        return Reply(200, await asyncio.to_thread(self._metrics.exposition), CONTENT_TYPE)

    async def _document(self, _scope: Scope, _receive: Receive) -> Reply:
        return json_reply(openapi_document(self._version))

    async def _bento_schema(self, _scope: Scope, _receive: Receive) -> Reply:
        return Reply(200, json.dumps(self._schema()).encode())

    async def _page(self, _scope: Scope, _receive: Receive) -> Reply:
        return Reply(200, _PAGE, b"text/html; charset=utf-8", _PAGE_HEADERS)
