"""The HTTP client of the service, in the standard library alone.

    >>> from trady2.client import Client
    >>> client = Client("http://127.0.0.1:3000")
    >>> client.predict("BTC-USDT")["probability"]  # doctest: +SKIP
    0.5312

Answers are the service's JSON, as dictionaries. What the service refuses is raised as the error that
the library itself would raise, with the service's ``code``, ``status`` and ``request_id`` as values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from trady2.errors import (
    ConfigError,
    ConflictError,
    DataError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    StaleDataError,
    Trady2Error,
)

__all__ = ["Client"]

_BY_CODE: Final = {
    "stale_vector": StaleDataError,
    "expired_version": StaleDataError,
    "vectors_do_not_fit": DataError,
    "no_active_model": NotFoundError,
    "model_refused": IntegrityError,
}
_BY_STATUS: Final = {
    400: DataError, 401: RefusedError, 403: RefusedError, 404: NotFoundError, 405: DataError, 409: RefusedError,
    413: DataError, 415: DataError, 422: DataError, 429: ConflictError, 503: ConflictError,
}  # fmt: skip


class Client:
    """One service at a *url* such as ``http://127.0.0.1:3000``; may be shared between threads.

    Args:
        url: scheme, host, port, and the path that a proxy may have put before the service's own.
        api_key: a key that the service knows, where it asks for one.
        timeout_seconds: how long to wait for each step of an exchange.

    Raises:
        ConfigError: *url* is no HTTP address.
    """

    def __init__(self, url: str, api_key: str | None = None, *, timeout_seconds: float = 10.0) -> None:
        """Remember the address; nothing is sent yet."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f"{url!r} is no address of a service; write one such as http://127.0.0.1:3000", url=url)
        self.url = url.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self._authorization = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._opener = build_opener(_NoRedirect)

    def predict(
        self, asset: str, *, as_of: datetime | str | None = None, explain: bool | int = False
    ) -> dict[str, Any]:
        """Ask for the prediction from the latest stored vector of *asset*, or from the newest known at *as_of*.

        Args:
            asset: its name.
            as_of: a time with a zone, or ``"latest"`` to take a stale vector too.
            explain: whether the answer has an ``explanation``, or how many features that names.

        Raises:
            StaleDataError: the latest vector is too old.
            NotFoundError: the asset is unknown, or no version is active.
            DataError: the request is wrong, a time without a zone for example.
            Trady2Error: the service cannot be reached, or failed inside.
        """
        moment = as_of.isoformat() if isinstance(as_of, datetime) else as_of
        return self._predict({"asset": asset, **_given(as_of=moment, explain=explain or None)})

    def predict_features(
        self, features: Mapping[str, float | None], *, asset: str | None = None, explain: bool | int = False
    ) -> dict[str, Any]:
        """Ask for the prediction from explicit *features*, None where a value is missing; else like `predict`."""
        return self._predict({"features": dict(features), **_given(asset=asset, explain=explain or None)})

    def predict_bars(
        self,
        bars: Iterable[Mapping[str, Any]],
        *,
        asset: str | None = None,
        market: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
        explain: bool | int = False,
    ) -> dict[str, Any]:
        """Ask for the prediction from the last of closed *bars*, beside those of the *market*; raises like `predict`.

        Args:
            bars: oldest first, each with timestamp (bar open, with a zone), open, high, low, close, volume.
            asset: whose they are; needed with a market.
            market: bars of other assets by name, for models with cross-asset features.
            explain: as `predict` takes it.
        """
        beside = {name: _written(each) for name, each in market.items()} if market is not None else None
        return self._predict({"bars": _written(bars), **_given(asset=asset, market=beside, explain=explain or None)})

    def predict_many(self, instances: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Ask for several predictions at once, each as the service takes it; all are answered, in order, or none.

        Raises like `predict`; the message names the instance.
        """
        predictions: list[dict[str, Any]] = self._predict({"instances": [dict(one) for one in instances]})[
            "predictions"
        ]
        return predictions

    def models(self) -> dict[str, Any]:
        """Ask which versions there are, which is active and which one answers."""
        return self._exchange("GET", "/api/v1/models/", None)

    def _predict(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            content = json.dumps(body, allow_nan=False).encode()
        except (ValueError, TypeError) as error:
            raise DataError(f"the request cannot be written as JSON: {error}; send finite numbers and text") from None
        return self._exchange("POST", "/api/v1/analytics/predict/", content)

    def _exchange(self, method: str, path: str, content: bytes | None) -> dict[str, Any]:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if content else {})
        headers |= self._authorization
        request = Request(self.url + path, data=content, headers=headers, method=method)  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=self.timeout_seconds) as response:
                return self._parsed(response.read(), response.status)
        except HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise Trady2Error(
                f"no answer from {self.url}: {reason}; look whether the service runs there (`bentoml serve`)",
                code="unreachable",
                url=self.url,
            ) from error

    def _refusal(self, response: HTTPError) -> Trady2Error:
        fault = self._parsed(response.read(), response.code).get("error")
        if not isinstance(fault, dict) or not {"code", "message"} <= fault.keys():
            raise self._foreign(response.code)
        kind = _BY_CODE.get(fault["code"]) or _BY_STATUS.get(response.code, Trady2Error)
        return kind(str(fault["message"]), code=fault["code"], status=response.code, request_id=fault.get("request_id"))

    def _parsed(self, content: bytes, status: int) -> dict[str, Any]:
        try:
            value = json.loads(content)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self._foreign(status)
        return value

    def _foreign(self, status: int) -> Trady2Error:
        return Trady2Error(
            f"{self.url} answered {status} with something that is no answer of Trady2; check the address",
            code="foreign_answer",
            status=status,
            url=self.url,
        )


def _given(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def _written(bars: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in bar.items()}
        for bar in bars
    ]


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its body; better to say that the address is wrong."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""
