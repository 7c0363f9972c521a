"""What stands before BentoML's own application and answers every request: routing, keys, errors, metrics.

BentoML keeps the life cycle of the workers but answers nothing: its spans, access log and time-out task cost several
times what a prediction does, its errors have other shapes, its metrics grow with every path that is tried, and its
page at ``/`` loads a foreign script.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter
from typing import Final

from service.endpoints import Service
from service.exchange import DisconnectedError, Receive, Reply, Scope, Send, request_id, send_reply
from service.faults import HttpError, error_body, fault_of
from service.metrics import Metrics
from service.routes import Route, Routes

__all__ = ["Front"]

_MOST_HEADERS: Final = 100
_log = logging.getLogger("trady2.service")


class Front:
    """The ASGI application: answers requests itself and hands the life cycle to BentoML's application.

    Args:
        inner: BentoML's application; it builds the service when a worker starts.
        service: Gives the service, once it is built.
        metrics: Where requests are counted.
        routes: What there is.
    """

    def __init__(
        self,
        inner: Callable[[Scope, Receive, Send], Awaitable[None]],
        service: Callable[[], Service],
        metrics: Metrics,
        routes: Iterable[Route],
    ) -> None:
        """Lay the routes."""
        self._inner, self._service, self._metrics = inner, service, metrics
        self._routes = Routes(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "lifespan":
            return await self._inner(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        return await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, identity = perf_counter(), request_id(scope)
        scope["trady2.request_id"], label, entered = identity, "other", None
        try:
            if len(scope["headers"]) > _MOST_HEADERS:
                raise HttpError(431, "head_too_large", f"there are more than {_MOST_HEADERS} headers; send fewer")
            route = self._routes.find(scope)
            label = route.label
            if route.needs is not None:
                service = self._service()
                service.limits.enter(service.keys.admit(scope["headers"], scope.get("server"), route.needs))
                entered = service.limits
            reply = await route.handler(scope, receive)
        except DisconnectedError:
            return
        except Exception as error:  # the last place where a fault can still become an answer
            reply = self._failed(error, identity)
        finally:
            if entered is not None:
                entered.leave()
        await send_reply(send, reply, identity, with_body=scope["method"] != "HEAD")
        self._metrics.request(label, reply.status, perf_counter() - started)

    def _failed(self, error: Exception, identity: str) -> Reply:
        status, code, message = fault_of(error)
        if status == 500:
            _log.error("request %s failed inside", identity, exc_info=error)
        headers = error.headers.items() if isinstance(error, HttpError) else ()
        pairs = tuple((name.encode("ascii"), value.encode("ascii")) for name, value in headers)
        return Reply(status, error_body(code, message, identity), headers=pairs)
