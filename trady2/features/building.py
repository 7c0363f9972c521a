"""Bars to feature vectors, in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.config import FeaturesConfig
from trady2.data.bars import check_bars
from trady2.data.timeframe import modal_step, timeframe_delta
from trady2.errors import ConfigError, DataError
from trady2.features.bar_arrays import BarArrays
from trady2.features.engine import Engine
from trady2.features.market import Market

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["build", "feature_names", "warmup_bars"]

_DEFAULT = FeaturesConfig()
_BASE = ["timestamp", "asset", "open", "high", "low", "close", "volume"]


def build(bars: pd.DataFrame, config: FeaturesConfig = _DEFAULT, *, market: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compute the feature vectors of *bars*, of one asset or of several.

    A row depends on bars up to and including its own; its value has the same bits whatever bars follow.

    Args:
        bars: timestamp (UTC, bar open), asset, open, high, low, close, volume; sorted by asset and time, one timeframe.
        config: which features.
        market: bars of other assets, for the cross-asset features; by default the *bars* themselves when they
            hold several assets. The market is ``config.market_leader``, or the mean of all assets but the row's own.

    Returns:
        One row for each bar: timestamp, asset, OHLCV, then the float32 features, `feature_names` in their order.
        The first rows of an asset are NaN until a feature's warm-up is over; cross-asset features are NaN
        also while the market has been silent for a week. Nothing else is NaN, and nothing is infinite.

    Raises:
        DataError: the bars are not what they have to be.
        ConfigError: the configuration does not fit the library or the timeframe.
        NotFoundError: the market leader has no bars.
    """
    check_bars(bars)
    if "asset" not in bars.columns:
        raise DataError("the bars have no column 'asset'; add it: bars.assign(asset='BTC-USDT')", column="asset")
    step = _step(bars)
    assets = dict(_split(bars, step))
    surroundings = _market(assets, market, config)
    engine = Engine.of(config, step, market=surroundings is not None)
    values = np.empty((len(engine.names), len(bars)), np.float32)
    _fill(engine, assets, surroundings, values)
    return _joined(bars, values, engine.names)


def feature_names(config: FeaturesConfig = _DEFAULT, *, market: bool | None = None) -> list[str]:
    """Return the feature columns in their order.

    Args:
        config: which features.
        market: whether there will be bars of other assets; by default when the configuration needs them, that is
            when it names a leader or the indicators themselves.
    """
    needed = config.market_leader is not None or config.indicators is not None
    return Engine.of(config, _second(config), market=needed if market is None else market).names


def warmup_bars(config: FeaturesConfig = _DEFAULT, timeframe: str = "1h") -> int:
    """Return how many bars of *timeframe* must lie before a row in which every feature has a value."""
    step = int(timeframe_delta(timeframe).astype(np.int64))
    return Engine.of(config, step, market=True).warmup_bars


def _second(config: FeaturesConfig) -> int:
    # Names do not depend on the timeframe, and one second divides every higher one.
    return 500_000 if "1s" in config.higher_timeframes else 1_000_000


def _step(bars: pd.DataFrame) -> int:
    return int(modal_step(_times(bars).view("datetime64[us]")).astype(np.int64))


def _times(bars: pd.DataFrame) -> npt.NDArray[np.int64]:
    return np.asarray(bars["timestamp"].dt.tz_convert(None).to_numpy("datetime64[us]")).view(np.int64)


def _split(bars: pd.DataFrame, step: int) -> Iterator[tuple[str, BarArrays]]:
    """Give each asset and its bars, as views of *bars* where their numbers are float64 already."""
    codes, names = bars["asset"].factorize()
    whole = BarArrays.from_frame(bars, np.timedelta64(step, "us"))
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(bars)]
    for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True):
        yield str(name), whole.rows(start, stop)


def _market(assets: dict[str, BarArrays], market: pd.DataFrame | None, config: FeaturesConfig) -> Market | None:
    if market is not None:
        check_bars(market)
        return Market.of(dict(_split(market, _step(market))), config.market_leader)
    if len(assets) > 1 or config.market_leader in assets:
        return Market.of(assets, config.market_leader)
    if config.market_leader is not None:
        raise ConfigError(
            f"features.market_leader = {config.market_leader!r}, but its bars are not here; "
            "give them as market, or remove it",
            market_leader=config.market_leader,
        )
    return None


def _fill(engine: Engine, assets: dict[str, BarArrays], market: Market | None, values: npt.NDArray[np.float32]) -> None:
    begin = 0
    for asset, bars in assets.items():
        beside = bars if market is None else market.beside(asset, bars)
        engine.fill_all(beside, asset, values[:, begin : begin + len(bars)])
        begin += len(bars)


def _joined(bars: pd.DataFrame, values: npt.NDArray[np.float32], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    base = bars[_BASE].reset_index(drop=True)
    if base["timestamp"].dtype != "datetime64[us, UTC]":
        base["timestamp"] = pd.DatetimeIndex(_times(bars).view("datetime64[us]"), tz="UTC")
    return pd.concat([base, pd.DataFrame(values.T, columns=names, copy=False)], axis=1)
