"""The Bento service: a thin HTTP shell around `trady2.serving`.

    bentoml serve                                            # in the repository, by bentofile.yaml
    bentoml serve service.service:Trady2 --host 127.0.0.1    # without --host BentoML listens on every interface

It reads ``TRADY2_NAME`` (model, default trady2), ``TRADY2_VECTORS`` (data set of vectors, default data/vectors),
``TRADY2_WORKERS`` (processes, default 1), ``TRADY2_PREDICTION_LOG`` (folder, default $TRADY2_HOME/predictions; off: no
log), the keys of `service.api_keys`, and the store in ``BENTOML_HOME``. It starts without a model.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["BENTOML_DO_NOT_TRACK"] = "True"

import bentoml
from bentoml._internal.utils.analytics.usage_stats import do_not_track

from service.openapi import PREDICT_PATH, openapi_document
from service.schema import Answer, Answers, Batch, Explicit, FromBars, Stored

if TYPE_CHECKING:
    from service.api_keys import ApiKeys
    from trady2.serving.prediction_log import PredictionLog
    from trady2.serving.predictor import Predictor

__all__ = ["Fronted", "Trady2"]

_LOOK_EVERY_SECONDS = 0.2
_SYNC_EVERY_SECONDS = 1.0
do_not_track.cache_clear()  # the `bentoml` command has asked before it imports us, and keeps the first answer


class Fronted(bentoml.Service):  # type: ignore[misc]  # bentoml comes without types
    """A Bento service whose requests are answered by `service.front.Front`."""

    def __call__(self) -> Any:
        """Build the service in a worker and keep it for the front."""
        self.instance = super().__call__()
        return self.instance

    def to_asgi(self, is_main: bool = True) -> Any:
        """Return the front, with BentoML's application behind it."""
        from service.counting_place import take_place
        from service.endpoints import Endpoints
        from service.front import Front
        from service.metrics import Metrics
        from service.page import Page
        from service.routes import LABELS
        from service.wire import bound_connections

        def service() -> Any:
            return self.instance

        if bentoml.server_context.worker_index is not None:
            take_place()
            bound_connections()
        self.metrics = Metrics(LABELS)
        endpoints = Endpoints(service, self.metrics, self.schema, _bento_version(self))
        routes = (*endpoints.routes(), *Page().routes())
        return Front(super().to_asgi(is_main), service, self.metrics, routes)

    @property
    def openapi_spec(self) -> dict[str, Any]:
        """The OpenAPI document that `bentoml build` puts into the Bento: ours, which is true."""
        return openapi_document(_bento_version(self))


@bentoml.service(
    name="trady2-service",
    service_class=Fronted,
    workers=int(os.environ.get("TRADY2_WORKERS") or 1),
    metrics={"enabled": False},  # BentoML's own, which grow with every path that is tried
)
class Trady2:
    """Probabilities of short-term upward price moves, from the version that a person activated."""

    predictor: Predictor
    keys: ApiKeys
    log: PredictionLog | None
    bento_service: Fronted  # set by BentoML

    def __init__(self) -> None:
        """Load what answering needs; no model yet."""
        _leave_training_out()
        from service.api_keys import ApiKeys
        from trady2.serving.last_good import LastGood
        from trady2.serving.predictor import Predictor
        from trady2.serving.vector_process import VectorProcess

        name, vectors = os.environ.get("TRADY2_NAME") or "trady2", os.environ.get("TRADY2_VECTORS") or "data/vectors"
        self.predictor = Predictor(name, vectors, memory=LastGood(name), compute=VectorProcess())
        self.keys, self.log = ApiKeys.from_environment(), _prediction_log()

    @bentoml.on_deployment  # type: ignore[untyped-decorator]  # bentoml has no types
    @staticmethod
    def anchor() -> None:
        """Fix relative paths before the workers change into the Bento's own folder, and look at the keys once."""
        os.environ["TRADY2_VECTORS"] = str(Path(os.environ.get("TRADY2_VECTORS") or "data/vectors").absolute())
        for name in ("TRADY2_API_KEYS_FILE", "TRADY2_PREDICTION_LOG"):
            if os.environ.get(name, "off") not in ("", "off"):
                os.environ[name] = str(Path(os.environ[name]).absolute())
        from service.api_keys import ApiKeys
        from service.counting_place import make_place
        from trady2.errors import ConfigError

        make_place()
        if problem := ApiKeys.from_environment().problem:
            raise ConfigError(f"the file of API keys: {problem}", file=os.environ["TRADY2_API_KEYS_FILE"])

    @bentoml.on_startup  # type: ignore[untyped-decorator]  # bentoml has no types
    async def follow(self) -> None:
        """Load the active version, then look for another one five times a second, all beside the event loop."""
        from trady2.serving.workers import Presence

        _log_like_bentoml()
        self._presence = Presence([self.predictor.name])
        await asyncio.to_thread(self.predictor.refresh)
        await asyncio.to_thread(self._catch_up)
        self._beside = [asyncio.create_task(self._follow()), asyncio.create_task(self._sync())]

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]  # bentoml has no types
    async def stop(self) -> None:
        """Look no more, and bring the rest of the log to the disk."""
        for task in self._beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._presence.leave()
        if self.log is not None:
            await asyncio.to_thread(self.log.close)

    @bentoml.api(route=PREDICT_PATH)  # type: ignore[untyped-decorator]  # bentoml has no types
    def predict(self, request: Stored | Explicit | FromBars | Batch, /) -> Answer | Answers:
        """Answer one request or a batch; the twin in Python of what the front answers over HTTP."""
        answer: Any = self.predictor.answer(request.model_dump(mode="json", exclude_unset=True))
        return answer  # type: ignore[no-any-return]  # a dictionary, out of which BentoML makes the body

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            if self.predictor.is_behind() or self._presence.unsaid:
                await asyncio.to_thread(self._catch_up)
            self.bento_service.metrics.refused(self.predictor.refusal is not None)
            self.bento_service.metrics.flush()

    def _catch_up(self) -> None:
        if self.predictor.is_behind():
            self.predictor.refresh()
        self._presence.tell(self.predictor)

    async def _sync(self) -> None:
        while self.log is not None:
            await asyncio.sleep(_SYNC_EVERY_SECONDS)
            await asyncio.to_thread(self.log.sync)
            self.bento_service.metrics.unlogged(self.log.waiting_bytes, self.log.dropped)


def _prediction_log() -> PredictionLog | None:
    from trady2.home import trady2_home
    from trady2.serving.prediction_log import PredictionLog

    folder = os.environ.get("TRADY2_PREDICTION_LOG") or str(trady2_home() / "predictions")
    days = os.environ.get("TRADY2_PREDICTION_LOG_DAYS")
    return None if folder == "off" else PredictionLog(folder, keep_days=max(int(days), 1) if days else None)


def _leave_training_out() -> None:
    # LightGBM imports scikit-learn and pandas where it finds them: seconds and 100 MB that answering never needs.
    if bentoml.server_context.worker_index is not None:
        for module in ("pandas", "sklearn"):
            sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # Python's way to say: not to be had


def _log_like_bentoml() -> None:
    ours, bentos = logging.getLogger("trady2"), logging.getLogger("bentoml")
    if bentos.handlers and not ours.handlers:
        ours.handlers, ours.level, ours.propagate = bentos.handlers, bentos.level, False


def _bento_version(service: Fronted) -> str:
    return str(service.bento.tag.version) if service.bento else "unbuilt"
