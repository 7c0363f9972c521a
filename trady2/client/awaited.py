"""The client to await: `Client` for programs that run on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from trady2.client.address import TOO_LATE, Connected, unanswered
from trady2.client.messages import MODELS, Ask, Reply, Unanswered, ask_asset, ask_bars, ask_features, ask_many, read

if TYPE_CHECKING:
    from trady2.client.answers import Models, Prediction
    from trady2.client.repeating import Call

__all__ = ["AsyncClient"]


class AsyncClient(Connected):
    """What `Client` is, on asyncio: the same arguments, methods and errors. It belongs to one event loop.

    >>> async def probabilities(assets):
    ...     async with AsyncClient("http://127.0.0.1:3000") as client:
    ...         return await asyncio.gather(*(client.predict(asset) for asset in assets))
    """

    def _connect(self) -> None:
        import httpx

        self._http = httpx.AsyncClient(**self._address.options())

    async def predict(
        self, asset: str, *, as_of: datetime | str | None = None, explain: bool | int = False, model: str | None = None
    ) -> Prediction:
        """Ask for the prediction from a stored vector of *asset*; see `Client.predict`."""
        return cast("Prediction", await self._exchange(ask_asset(asset, as_of, explain, model)))

    async def predict_features(
        self,
        features: Mapping[str, float | None],
        *,
        asset: str | None = None,
        explain: bool | int = False,
        model: str | None = None,
    ) -> Prediction:
        """Ask for the prediction from explicit *features*; see `Client.predict_features`."""
        return cast("Prediction", await self._exchange(ask_features(features, asset, explain, model)))

    async def predict_bars(
        self,
        bars: Iterable[Mapping[str, Any]],
        *,
        asset: str | None = None,
        market: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
        explain: bool | int = False,
        model: str | None = None,
    ) -> Prediction:
        """Ask for the prediction from the last of closed *bars*; see `Client.predict_bars`."""
        return cast("Prediction", await self._exchange(ask_bars(bars, asset, market, explain, model)))

    async def predict_many(self, instances: Iterable[Mapping[str, Any]]) -> list[Prediction]:
        """Ask for several predictions at once; see `Client.predict_many`."""
        return cast("list[Prediction]", (await self._exchange(ask_many(instances)))["predictions"])

    async def models(self) -> Models:
        """Ask which versions there are, which is active and which one answers."""
        return cast("Models", await self._exchange(MODELS))

    async def close(self) -> None:
        """Close the connections that are kept; the client cannot ask any more."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Give the client to an ``async with`` block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it at the end of the block."""
        await self.close()

    async def _exchange(self, ask: Ask) -> dict[str, Any]:
        call = self._address.call()
        while True:
            try:
                async with asyncio.timeout(call.remaining_seconds()):
                    outcome = await self._attempt(ask, call)
            except TimeoutError:
                outcome = TOO_LATE
            pause = call.pause_seconds(outcome)
            if pause is None:
                return read(outcome, url=self.url, attempts=call.attempts)
            await asyncio.sleep(pause)

    async def _attempt(self, ask: Ask, call: Call) -> Reply | Unanswered:
        import httpx

        try:
            response = await self._http.send(self._http.build_request(**self._address.request(ask, call)))
        except httpx.RequestError as error:
            return unanswered(error)
        return Reply(response.status_code, response.content, response.headers.get("Retry-After"))
