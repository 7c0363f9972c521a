"""What may be asked, in four forms, and nothing else.

{"asset": "BTC-USDT"}                                   the latest stored vector, refused when stale
{"asset": "BTC-USDT", "as_of": "2025-11-01T12:00:00Z"}  the newest vector known at that time; or "latest"
{"features": {"rsi_14": 55.1, …}, "asset": "BTC-USDT"}  an explicit vector; the asset is only repeated
{"instances": [ … ]}                                    up to 1,000 of the three above

Each of the three may have ``"explain": true`` for the ten features that add most to the answer, or a number of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from reprlib import Repr
from typing import Final, Literal

from trady2.errors import DataError
from trady2.section import nearest

__all__ = ["EXPLAINED", "MAX_EXPLAINED", "MAX_INSTANCES", "Ask", "read_request", "shown"]

MAX_INSTANCES: Final = 1_000
EXPLAINED: Final = 10
"""How many features an explanation names when no number is asked for."""
MAX_EXPLAINED: Final = 1_000
_MAX_ASSET_CHARACTERS: Final = 100
_KEYS: Final = ("asset", "as_of", "features", "explain")
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80
_SHORT.maxlevel = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """One prediction that is asked for: of a stored vector of *asset*, or of the *features* in the request.

    Attributes:
        explain: how many features its explanation names; 0: no explanation.
    """

    asset: str | None
    as_of: datetime | Literal["latest"] | None = None
    features: Mapping[str, object] | None = None
    explain: int = 0


def read_request(request: object) -> list[Ask]:
    """Check a parsed JSON *request* and return what it asks for, in its order.

    Raises:
        DataError: Whatever is wrong, with a ``code`` for programs; in a batch the message names the instance,
            and nothing of the batch is answered.
    """
    if isinstance(request, Mapping) and "instances" in request:
        return _read_batch(request)
    return [_read_one(request)]


def shown(value: object) -> str:
    """Return *value* as it may stand in a message: printable, and short however long or deep it is."""
    return _SHORT.repr(value)


def _read_batch(request: Mapping[str, object]) -> list[Ask]:
    instances = request["instances"]
    if len(request) > 1:
        other = next(key for key in request if key != "instances")
        raise DataError(
            f"{shown(other)} stands beside 'instances'; put it into each instance", code="invalid_request", key=other
        )
    if not isinstance(instances, list) or not instances:
        raise DataError(
            'instances has to be a list with at least one request, such as [{"asset": "BTC-USDT"}]',
            code="invalid_request",
        )
    if len(instances) > MAX_INSTANCES:
        raise DataError(
            f"{len(instances)} instances are more than the {MAX_INSTANCES} of one request; send them in parts",
            code="batch_too_large",
            n_instances=len(instances),
        )
    asks = []
    for position, instance in enumerate(instances):
        try:
            asks.append(_read_one(instance))
        except DataError as error:
            raise DataError(f"instances[{position}]: {error}", **{**error.values, "instance": position}) from None
    return asks


def _read_one(request: object) -> Ask:
    if not isinstance(request, Mapping):
        raise DataError(
            f'{shown(request)} is no request; send an object such as {{"asset": "BTC-USDT"}}', code="invalid_request"
        )
    for key in request:
        if key not in _KEYS:
            raise DataError(f"unknown key {shown(key)}: {_way_out(key)}", code="unknown_key", key=key)
    asset, explain = _read_asset(request), _read_explain(request.get("explain", False))
    if "features" in request:
        return Ask(asset, features=_read_features(request), explain=explain)
    if asset is None:
        raise DataError(
            'the request names neither an asset nor features; send {"asset": "BTC-USDT"} or {"features": {…}}',
            code="invalid_request",
        )
    return Ask(asset, as_of=_read_as_of(request.get("as_of")), explain=explain)


def _way_out(key: object) -> str:
    if key == "bars":
        return "bars are not taken yet; build vectors from them with `trady2 features build` and name the asset"
    return nearest(str(key)[:80], (*_KEYS, "instances"))


def _read_asset(request: Mapping[str, object]) -> str | None:
    asset = request.get("asset")
    if asset is None and "asset" not in request:
        return None
    if isinstance(asset, str) and 0 < len(asset) <= _MAX_ASSET_CHARACTERS and asset.isprintable():
        return asset
    raise DataError(
        f"asset = {shown(asset)} is refused; it has to be a name such as 'BTC-USDT', "
        f"at most {_MAX_ASSET_CHARACTERS} printable characters",
        code="invalid_asset",
        asset=asset,
    )


def _read_explain(value: object) -> int:
    if isinstance(value, bool):
        return EXPLAINED if value else 0
    if isinstance(value, int) and 0 < value <= MAX_EXPLAINED:
        return value
    raise DataError(
        f"explain = {shown(value)} is refused; it has to be true, false, or how many features to name, "
        f"1 to {MAX_EXPLAINED}",
        code="invalid_explain",
    )


def _read_features(request: Mapping[str, object]) -> Mapping[str, object]:
    features = request["features"]
    if "as_of" in request:
        raise DataError("as_of picks a stored vector, so it cannot stand beside features", code="invalid_request")
    if isinstance(features, Mapping):
        return features
    raise DataError(
        f'features = {shown(features)} is refused; it has to be an object such as {{"rsi_14": 55.1, …}}',
        code="invalid_features",
    )


def _read_as_of(value: object) -> datetime | Literal["latest"] | None:
    if value is None or value == "latest":
        return value
    try:
        if not isinstance(value, str) or len(value) > len("2025-11-01T12:00:00.000000+00:00"):
            raise ValueError
        as_of = datetime.fromisoformat(value)
    except ValueError:
        raise DataError(
            f'as_of = {shown(value)} is no time; write "latest" or a time such as "2025-11-01T12:00:00Z"',
            code="invalid_time",
        ) from None
    if as_of.tzinfo is None:
        raise DataError(f"as_of = {shown(value)} has no time zone; write {value}Z for UTC", code="invalid_time")
    try:
        return as_of.astimezone(UTC)
    except OverflowError:
        raise DataError(f"as_of = {shown(value)} is outside the years 1 to 9999 of UTC", code="invalid_time") from None
