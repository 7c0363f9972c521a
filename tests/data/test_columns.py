"""Which column is which."""

import pytest

from trady2.data.columns import Roles, find_roles, headerless_names, plain, roles_or_none
from trady2.errors import DataError

BINANCE = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


@pytest.mark.parametrize(
    ("header", "time", "volume", "quote", "asset"),
    [
        (BINANCE, "open_time", "volume", "quote_volume", None),
        ("Datetime,Open,High,Low,Close,Volume", "Datetime", "Volume", None, None),
        ("date,symbol,open,high,low,close,volume_btc,volume", "date", "volume_btc", "volume", "symbol"),
        ("unix,date,symbol,open,high,low,close,volume,Volume USD", "unix", "volume", "Volume USD", "symbol"),
        ("unix,date,symbol,open,high,low,close,Volume BTC,Volume USD", "unix", "Volume BTC", "Volume USD", "symbol"),
        ("Unix,Date,Symbol,Open,High,Low,Close,Volume ETH,Volume BTC", "Unix", "Volume ETH", "Volume BTC", "Symbol"),
        ("<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>", "<DATE>", "<TICKVOL>", None, None),
        ("t,o,h,l,c,v", "t", "v", None, None),
        ("__index_level_0__,OPEN,HIGH,LOW,CLOSE,VOLUME,asset", "__index_level_0__", "VOLUME", None, "asset"),
        ("Timestamp,Open Price,High Price,Low Price,Close Price,Vol", "Timestamp", "Vol", None, None),
        ("time,open,high,low,close,volume_usd", "time", None, "volume_usd", None),
        ("time,open,high,low,close,volume_btc", "time", "volume_btc", None, None),
        ("time,open,high,low,close,volume,volume_ma", "time", "volume", None, None),
    ],
)
def test_headers_of_many_venues(
    header: str, time: str, volume: str | None, quote: str | None, asset: str | None
) -> None:
    """Time, base and quote volume and the asset are found under the names of the venues."""
    roles = roles_or_none(header.split(","))
    if volume is None:
        assert roles is None
    else:
        assert isinstance(roles, Roles)
        found = (roles.time, roles.prices["volume"], roles.quote_volume, roles.asset)
        assert found == (time, volume, quote, asset)
        assert len(set(roles.names())) == len(roles.names())


def test_wrong_columns_are_named_with_the_nearest() -> None:
    """The message holds the columns found, those missing, and what may have been meant."""
    with pytest.raises(
        DataError, match=r"x\.csv has the columns when, open, hihg, low, close, but no time, high, volume"
    ) as e:
        find_roles(["when", "open", "hihg", "low", "close"], "x.csv")
    assert "is 'hihg' meant as high?" in str(e.value)
    assert e.value.missing == ["time", "high", "volume"]
    assert find_roles(["t", "o", "h", "l", "c", "v"], "x.csv").time == "t"


@pytest.mark.parametrize(("width", "last"), [(12, "ignore"), (6, "volume"), (7, None), (5, None)])
def test_headerless_widths(width: int, last: str | None) -> None:
    """Twelve fields are Binance's, six are CCXT's; others are not guessed."""
    names = headerless_names(width)
    assert (names[-1] if names else None) == last


def test_names_are_made_plain() -> None:
    """Case, spaces and signs do not matter."""
    assert [plain(name) for name in (" Volume USD ", "<CLOSE>", "open-time")] == ["volume_usd", "close", "open_time"]
