"""What a file's name tells: the asset and the timeframe that market data archives put there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import unquote

__all__ = ["NameFacts", "name_facts", "same_asset"]

_VENUES = "binance|bitfinex|bitmex|bitstamp|bitvavo|bybit|coinbase|cryptocom|deribit|exmo|ftx|gateio|gemini|huobi|kraken|kucoin|mexc|oanda|okcoin|okex|okx|poloniex"  # noqa: E501 - one list
_FRAME = r"(?P<timeframe>\d{1,4}[smhdw])"
_PATTERNS = (
    # Binance archive: BTCUSDT-1h-2024-12, BTCUSDT-1m-2024-12-31
    re.compile(rf"(?P<asset>[A-Z0-9]+)-{_FRAME}-\d{{4}}-\d\d(?:-\d\d)?"),
    # OHLCV_ADA-EUR_BITVAVO_1h_2021-12-22-16-00_…
    re.compile(rf"OHLCV_(?P<asset>[^_]+)_[^_]+_{_FRAME}(?:_.*)?"),
    # CryptoDataDownload: Coinbase_BTCUSD_1h
    re.compile(rf"(?i:{_VENUES})_(?P<asset>[A-Za-z0-9-]+)_{_FRAME}(?:[-_.].*)?"),
    # BTCEUR_1h, BTC_USDT-1h (freqtrade), BTC-USD-15m
    re.compile(rf"(?P<asset>[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)?)[-_]{_FRAME}(?:[-_.].*)?"),
    # BTC-USD, EURUSD
    re.compile(r"(?P<asset>[A-Z0-9]{2,10}(?:[-_][A-Z0-9]{2,10})?)(?P<timeframe>)"),
)


@dataclass(frozen=True)
class NameFacts:
    """The asset and timeframe in a name, None where it does not say."""

    asset: str | None
    timeframe: str | None


def name_facts(path: str) -> NameFacts:
    """Read asset and timeframe from a file's path: its folder ``asset=…`` (a Trady2 or Hive set), or its name."""
    pure = PurePath(path)
    if pure.parent.name.startswith("asset="):
        return NameFacts(unquote(pure.parent.name.removeprefix("asset=")), None)
    stem = re.sub(r"(?i)(\.(csv|zip|gz|parquet|pq|feather|arrow|txt))+$", "", pure.name)
    for pattern in _PATTERNS:
        match = pattern.fullmatch(stem)
        if match is not None:
            return NameFacts(match["asset"], match["timeframe"] or None)
    return NameFacts(None, None)


def same_asset(one: str, other: str) -> bool:
    """Return whether two spellings, such as ``BTC/USD`` and ``BTCUSD``, mean one asset."""
    return _key(one) == _key(other)


def _key(asset: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", asset.upper()) or asset
