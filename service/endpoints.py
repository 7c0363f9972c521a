"""What programs ask for: predictions, the versions there are, health, metrics, and the documents about all that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from service.exchange import Receive, Reply, Scope, json_reply, json_text, read_json
from service.metrics import CONTENT_TYPE, Metrics
from service.openapi import DOCUMENT_PATH, MODELS_PATH, PREDICT_PATH, openapi_document
from service.routes import Route
from trady2.serving.catalogue import catalogue, readiness

if TYPE_CHECKING:
    from service.api_keys import ApiKeys
    from service.limits import Limits
    from trady2.serving.prediction_log import PredictionLog
    from trady2.serving.predictor import Predictor

__all__ = ["Endpoints", "Service"]

_LOGGED: Final = {True: ((b"x-prediction-logged", b"true"),), False: ((b"x-prediction-logged", b"false"),)}


class Service(Protocol):
    """What the front and its endpoints ask of the service behind them."""

    predictor: Predictor
    keys: ApiKeys
    limits: Limits
    log: PredictionLog | None


class Endpoints:
    """The handlers, and the routes that lead to them.

    Args:
        service: Gives the service, once it is built.
        metrics: Where answers are counted.
        schema: BentoML's own description of the service, which its Python client asks for.
        version: What the OpenAPI document says it describes.
    """

    def __init__(
        self, service: Callable[[], Service], metrics: Metrics, schema: Callable[[], dict[str, Any]], version: str
    ) -> None:
        """Remember them; the service is not there yet."""
        self._service, self._metrics, self._schema, self._version = service, metrics, schema, version

    def routes(self) -> tuple[Route, ...]:
        """Return the routes to the handlers."""
        return (
            Route("predict", "POST", PREDICT_PATH, "predict", self._predict),
            Route("models", "GET", MODELS_PATH, "predict", self._models),
            Route("ready", "GET", "/readyz", None, self._ready),
            Route("live", "GET", "/livez", None, self._live),
            Route("live", "GET", "/healthz", None, self._live),
            Route("metrics", "GET", "/metrics", "predict", self._exposition),
            Route("document", "GET", DOCUMENT_PATH, "predict", self._document),
            Route("document", "GET", "/schema.json", "predict", self._bento_schema),
        )

    async def _predict(self, scope: Scope, receive: Receive) -> Reply:
        request = await read_json(scope, receive)
        service = self._service()
        predictor, identity = service.predictor, scope["trady2.request_id"]
        # One row takes less time than the way to a thread; files, batches and explanations would hold up the others,
        # and the latter two also those who only wait for a file.
        answer = predictor.answer_at_once(request, identity)
        if answer is None:
            lane = service.limits.heavy if _is_heavy(request) else service.limits.files
            answer = await lane.run(predictor.answer, request, identity)
        singles = answer.get("predictions", (answer,))
        self._metrics.answers(one["reason"] or "signal" for one in singles)
        texts = [json_text(one) for one in singles]
        body = f'{{"predictions": [{", ".join(texts)}]}}' if "predictions" in answer else texts[0]
        logged = () if service.log is None else _LOGGED[service.log.add(texts, identity)]
        return Reply(200, body.encode(), headers=logged)

    async def _models(self, _scope: Scope, _receive: Receive) -> Reply:
        service = self._service()
        return json_reply(await service.limits.files.run(catalogue, service.predictor))

    async def _ready(self, _scope: Scope, _receive: Receive) -> Reply:
        models = readiness(self._service().predictor)
        first = {key: models[0][key] for key in ("model", "version", "refused")}
        return json_reply({"status": "ready", **first, "models": models})

    async def _live(self, _scope: Scope, _receive: Receive) -> Reply:
        return json_reply({"status": "live"})

    async def _exposition(self, _scope: Scope, _receive: Receive) -> Reply:
        self._metrics.flush()
        return Reply(200, await asyncio.to_thread(self._metrics.exposition), CONTENT_TYPE)

    async def _document(self, _scope: Scope, _receive: Receive) -> Reply:
        return json_reply(openapi_document(self._version))

    async def _bento_schema(self, _scope: Scope, _receive: Receive) -> Reply:
        return Reply(200, json.dumps(self._schema()).encode())


def _is_heavy(request: object) -> bool:
    return not isinstance(request, dict) or any(key in request for key in ("instances", "bars", "explain"))
