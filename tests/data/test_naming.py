"""What file names tell."""

import pytest

from trady2.data.naming import name_facts, same_asset


@pytest.mark.parametrize(
    ("path", "asset", "timeframe"),
    [
        ("in/BTCUSDT-1h-2024-12.zip", "BTCUSDT", "1h"),
        ("BTCUSDT-1m-2024-12-31.csv", "BTCUSDT", "1m"),
        ("OHLCV_ADA-EUR_BITVAVO_1h_2021-12-22-16-00_2023-12-31-00-00.csv", "ADA-EUR", "1h"),
        ("Coinbase_BTCUSD_1h.csv", "BTCUSD", "1h"),
        ("BTCEUR_1h.parquet", "BTCEUR", "1h"),
        ("EURUSD-OANDA_1h.parquet", "EURUSD-OANDA", "1h"),
        ("BTCUSDT_1h_unfinished_last_bar.parquet", "BTCUSDT", "1h"),
        ("BTC_USDT-1h.feather", "BTC_USDT", "1h"),
        ("BTC-USD.csv.gz", "BTC-USD", None),
        ("store/asset=BTC%2FUSD/2024.parquet", "BTC/USD", None),
        ("export.csv", None, None),
        ("my data 1h.csv", None, None),
    ],
)
def test_names_of_archives(path: str, asset: str | None, timeframe: str | None) -> None:
    """Asset and timeframe are read from the names that archives give, and not guessed from others."""
    facts = name_facts(path)
    assert (facts.asset, facts.timeframe) == (asset, timeframe)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("BTC/USD", "btcusd", True), ("BTC-USD", "BTC_USD", True), ("BTCUSD", "BTCUSDT", False), ("Ж", "Щ", False)],
)
def test_spellings_of_one_asset(one: str, other: str, same: bool) -> None:
    """Case and separators make no other asset."""
    assert same_asset(one, other) is same
