"""What the service is sent, and how its answers are read: as a value, or as the error that the library would raise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from trady2.errors import (
    ConflictError,
    DataError,
    IntegrityError,
    NotFoundError,
    RefusedError,
    StaleDataError,
    Trady2Error,
)

__all__ = ["MODELS", "Ask", "Reply", "Unanswered", "ask_asset", "ask_bars", "ask_features", "ask_many", "read"]

_BY_CODE: Final = {
    "stale_vector": StaleDataError,
    "expired_version": StaleDataError,
    "vectors_do_not_fit": DataError,
    "no_active_model": NotFoundError,
    "model_refused": IntegrityError,
}
_BY_STATUS: Final = {
    400: DataError, 401: RefusedError, 403: RefusedError, 404: NotFoundError, 405: DataError, 409: RefusedError,
    413: DataError, 415: DataError, 422: DataError, 429: ConflictError, 431: DataError, 503: ConflictError,
    504: ConflictError,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: method, path, and the body as JSON, None without one."""

    method: str
    path: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it arrived; `retry_after` is that header, None without it."""

    status: int
    content: bytes
    retry_after: str | None = None

    @property
    def fault(self) -> dict[str, Any] | None:
        """The error that the service tells; None when this is no refusal of Trady2."""
        value = _object(self.content)
        fault = None if value is None else value.get("error")
        return fault if isinstance(fault, dict) and {"code", "message"} <= fault.keys() else None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came, and why; `again` tells whether another attempt could fare better."""

    reason: str
    again: bool


MODELS: Final = Ask("GET", "/api/v1/models/")


def ask_asset(asset: str, as_of: datetime | str | None, explain: bool | int, model: str | None) -> Ask:
    """Ask for the prediction from a stored vector of *asset*; raises DataError for what JSON cannot hold."""
    moment = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    return _predict({"asset": asset, **_given(as_of=moment, explain=explain or None, model=model)})


def ask_features(
    features: Mapping[str, float | None], asset: str | None, explain: bool | int, model: str | None
) -> Ask:
    """Ask for the prediction from *features*; raises DataError for what JSON cannot hold, such as NaN."""
    return _predict({"features": dict(features), **_given(asset=asset, explain=explain or None, model=model)})


def ask_bars(
    bars: Iterable[Mapping[str, Any]],
    asset: str | None,
    market: Mapping[str, Iterable[Mapping[str, Any]]] | None,
    explain: bool | int,
    model: str | None,
) -> Ask:
    """Ask for the prediction from the last of *bars*; raises DataError for what JSON cannot hold."""
    beside = {name: _written(each) for name, each in market.items()} if market is not None else None
    return _predict(
        {"bars": _written(bars), **_given(asset=asset, market=beside, explain=explain or None, model=model)}
    )


def ask_many(instances: Iterable[Mapping[str, Any]]) -> Ask:
    """Ask for several predictions at once; raises DataError for what JSON cannot hold."""
    return _predict({"instances": [dict(one) for one in instances]})


def read(outcome: Reply | Unanswered, *, url: str, attempts: int) -> dict[str, Any]:
    """Return the answer of the service at *url*, or raise what it refused or why there is none after *attempts*."""
    if isinstance(outcome, Unanswered):
        tried = f" (asked {attempts} times)" if attempts > 1 else ""
        raise Trady2Error(
            f"no answer from {url}{tried}: {outcome.reason}; look whether the service runs there (`bentoml serve`)",
            code="unreachable",
            url=url,
            attempts=attempts,
        )
    value = _object(outcome.content)
    if outcome.status == 200 and value is not None:
        return value
    fault = outcome.fault
    if fault is None:
        raise Trady2Error(
            f"{url} answered {outcome.status} with something that is no answer of Trady2; check the address",
            code="foreign_answer",
            status=outcome.status,
            url=url,
        )
    kind = _BY_CODE.get(fault["code"]) or _BY_STATUS.get(outcome.status, Trady2Error)
    raise kind(
        str(fault["message"]), code=fault["code"], status=outcome.status, request_id=fault.get("request_id"),
    )  # fmt: skip


def _predict(body: Mapping[str, Any]) -> Ask:
    try:
        content = json.dumps(body, allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise DataError(f"the request cannot be written as JSON: {error}; send finite numbers and text") from None
    return Ask("POST", "/api/v1/analytics/predict/", content)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _given(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def _written(bars: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in bar.items()}
        for bar in bars
    ]
