"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from trady2.client.address import TOO_LATE, Connected, unanswered
from trady2.client.messages import MODELS, Ask, Reply, Unanswered, ask_asset, ask_bars, ask_features, ask_many, read

if TYPE_CHECKING:
    from trady2.client.answers import Models, Prediction
    from trady2.client.repeating import Call

__all__ = ["Client"]


class Client(Connected):
    """One service at a *url* such as ``http://127.0.0.1:3000``; may be shared between threads, not across a fork.

    Connections are kept and used again; `close`, or a ``with`` block, gives them back. A request is sent again, after
    a growing pause, when the connection was refused or broke before the answer, and when the service or a proxy
    answers that it is busy (429, 502, 503, 504; ``Retry-After`` is honoured); never for what it refuses.

    Args:
        url: scheme, host, port, and the path that a proxy may have put before the service's own.
        api_key: a key that the service knows, where it asks for one; by default ``TRADY2_API_KEY``.
        timeout_seconds: how long to wait for each step of an exchange.
        retries: how many times at most a request is sent again.
        deadline_seconds: how long a call may take in all, pauses included.

    Raises:
        ConfigError: *url* is no HTTP address, or another argument cannot be used.
    """

    def _connect(self) -> None:
        import httpx

        self._http = httpx.Client(**self._address.options())

    def predict(
        self, asset: str, *, as_of: datetime | str | None = None, explain: bool | int = False, model: str | None = None
    ) -> Prediction:
        """Ask for the prediction from the latest stored vector of *asset*, or from the newest known at *as_of*.

        Args:
            asset: its name.
            as_of: a time with a zone, or ``"latest"`` to take a stale vector too.
            explain: whether the answer has an ``explanation``, or how many features that names.
            model: the name that shall answer, one that is served; by default the one configured for *asset*.

        Raises:
            StaleDataError: the latest vector is too old.
            NotFoundError: the asset is unknown, or no version is active.
            DataError: the request is wrong, a time without a zone for example.
            RefusedError: the API key is missing, unknown, or of another scope.
            ConflictError: the service is busy, and was so each time.
            IntegrityError: the active version does not verify, and no other is in memory.
            Trady2Error: the service cannot be reached, or failed inside.
        """
        return cast("Prediction", self._exchange(ask_asset(asset, as_of, explain, model)))

    def predict_features(
        self,
        features: Mapping[str, float | None],
        *,
        asset: str | None = None,
        explain: bool | int = False,
        model: str | None = None,
    ) -> Prediction:
        """Ask for the prediction from explicit *features*, None where a value is missing; else like `predict`."""
        return cast("Prediction", self._exchange(ask_features(features, asset, explain, model)))

    def predict_bars(
        self,
        bars: Iterable[Mapping[str, Any]],
        *,
        asset: str | None = None,
        market: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
        explain: bool | int = False,
        model: str | None = None,
    ) -> Prediction:
        """Ask for the prediction from the last of closed *bars*, beside those of the *market*; raises like `predict`.

        Args:
            bars: oldest first, each with timestamp (bar open, with a zone), open, high, low, close, volume.
            asset: whose they are; needed with a market.
            market: bars of other assets by name, for models with cross-asset features.
            explain: as `predict` takes it.
            model: as `predict` takes it.
        """
        return cast("Prediction", self._exchange(ask_bars(bars, asset, market, explain, model)))

    def predict_many(self, instances: Iterable[Mapping[str, Any]]) -> list[Prediction]:
        """Ask for several predictions at once, each as the service takes it; all are answered, in order, or none.

        Raises like `predict`; the message names the instance.
        """
        return cast("list[Prediction]", self._exchange(ask_many(instances))["predictions"])

    def models(self) -> Models:
        """Ask which versions there are, which is active and which one answers; raises like `predict`."""
        return cast("Models", self._exchange(MODELS))

    def close(self) -> None:
        """Close the connections that are kept; the client cannot ask any more."""
        self._http.close()

    def __enter__(self) -> Self:
        """Give the client to a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it at the end of the block."""
        self.close()

    def _exchange(self, ask: Ask) -> dict[str, Any]:
        call = self._address.call()
        while True:
            outcome = self._attempt(ask, call)
            pause = call.pause_seconds(outcome)
            if pause is None:
                return read(outcome, url=self.url, attempts=call.attempts)
            time.sleep(pause)

    def _attempt(self, ask: Ask, call: Call) -> Reply | Unanswered:
        import httpx

        try:
            response = self._http.send(self._http.build_request(**self._address.request(ask, call)), stream=True)
            try:
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    if not call.remaining_seconds():
                        return TOO_LATE
            finally:
                response.close()
        except httpx.RequestError as error:
            return unanswered(error)
        return Reply(response.status_code, bytes(content), response.headers.get("Retry-After"))
