"""What may be asked, in five forms, and nothing else.

{"asset": "BTC-USDT"}                                   the latest stored vector, refused when stale
{"asset": "BTC-USDT", "as_of": "2025-11-01T12:00:00Z"}  the newest vector known at that time; or "latest"
{"features": {"rsi_14": 55.1, …}, "asset": "BTC-USDT"}  an explicit vector; the asset is only repeated
{"bars": [{"timestamp": …, "open": …, …}, …], "asset": …, "market": {"ETH-USDT": [ … ]}}
                                                        bars, the vector of the last one; beside bars of others
{"instances": [ … ]}                                    up to 1,000 of these

Each may have ``"explain": true`` for the ten features that add most to the answer, or a number of them, and
``"model": "trady2"`` where another name than the one configured for the asset shall answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from reprlib import Repr
from typing import Final, Literal

from trady2.errors import DataError
from trady2.section import nearest

__all__ = ["EXPLAINED", "MAX_BARS", "MAX_EXPLAINED", "MAX_INSTANCES", "Ask", "read_request", "shown"]

MAX_BARS: Final = 20_000
MAX_INSTANCES: Final = 1_000
EXPLAINED: Final = 10
"""How many features an explanation names when no number is asked for."""
MAX_EXPLAINED: Final = 1_000
_MAX_ASSET_CHARACTERS: Final = 100
_MAX_MODEL_CHARACTERS: Final = 63
_KEYS: Final = ("asset", "as_of", "features", "bars", "market", "explain", "model")
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80
_SHORT.maxlevel = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """One prediction that is asked for: from a stored vector of *asset*, or from *features* or *bars* themselves.

    Attributes:
        explain: how many features its explanation names; 0: no explanation.
        model: the name that shall answer; None: the one configured for the asset.
    """

    asset: str | None
    as_of: datetime | Literal["latest"] | None = None
    features: Mapping[str, object] | None = None
    bars: list[object] | None = None
    market: Mapping[str, list[object]] | None = None
    explain: int = 0
    model: str | None = None


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
    if not isinstance(request, dict):
        raise DataError(
            f'{shown(request)} is no request; send an object such as {{"asset": "BTC-USDT"}}', code="invalid_request"
        )
    for key in request:
        if key not in _KEYS:
            way_out = nearest(str(key)[:80], (*_KEYS, "instances"))
            raise DataError(f"unknown key {shown(key)}: {way_out}", code="unknown_key", key=key)
    asset = _read_name(request, "asset", _MAX_ASSET_CHARACTERS, "BTC-USDT")
    model = _read_name(request, "model", _MAX_MODEL_CHARACTERS, "trady2") if "model" in request else None
    explain = _read_explain(request["explain"]) if "explain" in request else 0
    if "features" in request:
        return Ask(asset, features=_read_features(request), explain=explain, model=model)
    if "bars" in request:
        market = _read_market(request, asset)
        return Ask(asset, bars=_read_bars(request), market=market, explain=explain, model=model)
    if "market" in request:
        raise DataError("market stands beside bars; send both, or neither", code="invalid_request")
    if asset is None:
        raise DataError(
            'the request has neither asset, features nor bars; send {"asset": "BTC-USDT"} or {"features": {…}}',
            code="invalid_request",
        )
    return Ask(asset, as_of=_read_as_of(request.get("as_of")), explain=explain, model=model)


def _read_name(request: Mapping[str, object], key: str, most_characters: int, example: str) -> str | None:
    if key not in request:
        return None
    name = request[key]
    if isinstance(name, str) and 0 < len(name) <= most_characters and name.isprintable():
        return name
    raise DataError(
        f"{key} = {shown(name)} is refused; it has to be a name such as {example!r}, "
        f"at most {most_characters} printable characters",
        code=f"invalid_{key}",
        **{key: name},
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
    _refuse_beside("features", request, "as_of", "bars", "market")
    if isinstance(features, Mapping):
        return features
    raise DataError(
        f'features = {shown(features)} is refused; it has to be an object such as {{"rsi_14": 55.1, …}}',
        code="invalid_features",
    )


def _read_bars(request: Mapping[str, object]) -> list[object]:
    bars, market = request["bars"], request.get("market")
    _refuse_beside("bars", request, "as_of")
    if not isinstance(bars, list) or not bars:
        raise DataError(
            "bars has to be a list of at least one bar, oldest first, such as "
            '{"timestamp": "2025-11-01T12:00:00Z", "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}',
            code="invalid_bars",
        )
    others = [each for each in market.values() if isinstance(each, list)] if isinstance(market, Mapping) else []
    count = len(bars) + sum(map(len, others))
    if count > MAX_BARS:
        raise DataError(
            f"{count} bars are more than the {MAX_BARS} of one request; send the newest",
            code="too_many_bars",
            n_bars=count,
        )
    return bars


def _read_market(request: Mapping[str, object], asset: str | None) -> Mapping[str, list[object]] | None:
    market = request.get("market")
    if market is None:
        return None
    if asset is None:
        raise DataError("beside a market the bars need their own name; add asset", code="invalid_asset")
    if isinstance(market, Mapping) and asset in market:
        raise DataError(f"market holds {shown(asset)} itself; leave it out", code="invalid_bars")
    if isinstance(market, Mapping) and market and all(isinstance(bars, list) and bars for bars in market.values()):
        return market
    raise DataError(
        'market has to be an object of other assets and their bars, such as {"ETH-USDT": [{…}, …]}', code="invalid_bars"
    )


def _refuse_beside(key: str, request: Mapping[str, object], *others: str) -> None:
    for other in others:
        if other in request:
            why = "as_of picks a stored vector, so it" if other == "as_of" else other
            raise DataError(f"{why} cannot stand beside {key}", code="invalid_request")


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
