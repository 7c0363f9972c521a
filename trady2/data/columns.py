"""Which column of a market file is which, whatever its venue calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from trady2.data.panel import PRICES
from trady2.errors import DataError

__all__ = ["Roles", "find_roles", "headerless_names", "plain", "roles_or_none"]

# In order of preference: a number says more than a local text.
_TIMES = (
    "open_time", "opentime", "timestamp", "unix", "unix_timestamp", "unixtime", "ts", "datetime", "date_time",
    "time", "date", "gmt_time", "utc", "start", "start_time", "t", "index", "__index_level_0__",
)  # fmt: skip
_SHORT = {"open": "o", "high": "h", "low": "l", "close": "c"}
_ASSETS = ("asset", "symbol", "ticker", "pair", "instrument")
_VOLUMES = ("volume", "vol", "v", "base_volume", "volume_base", "tick_volume", "tickvol")
_QUOTE_VOLUMES = ("quote_volume", "quote_asset_volume", "volume_quote", "quoteassetvolume", "turnover")
_QUOTES = frozenset({"usd", "usdt", "usdc", "busd", "tusd", "fdusd", "dai", "eur", "gbp", "jpy", "chf", "aud", "cad"})
# A closed list: `volume_ma` or `volume_24h` beside `volume` is no volume in an asset.
_COINS = frozenset(
    (
        "btc", "xbt", "eth", "ltc", "xrp", "ada", "bch", "bnb", "dash", "doge", "dot", "eos", "etc", "link", "sol",
        "trx", "xlm", "xmr", "xtz", "zec", "avax", "atom", "matic", "uni", "near", "fil", "algo", "neo", "shib",
    )
)  # fmt: skip
_BINANCE = (
    "open_time", "open", "high", "low", "close", "volume",
    "close_time", "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip


@dataclass(frozen=True)
class Roles:
    """The names, as they stand in the file, of the columns that matter."""

    time: str
    prices: dict[str, str]
    quote_volume: str | None
    asset: str | None

    def names(self) -> list[str]:
        """Return all of them once, time first."""
        extra = [name for name in (self.quote_volume, self.asset) if name]
        return [self.time, *self.prices.values(), *extra]


def headerless_names(width: int) -> tuple[str, ...] | None:
    """Return the columns of a file without a header: 12 are Binance klines, 6 are CCXT's list; else None."""
    return {12: _BINANCE, 6: _BINANCE[:6]}.get(width)


def plain(name: str) -> str:
    """Return a column name in lower case with single underscores: ``Volume USD`` is ``volume_usd``."""
    return re.sub(r"[^a-z0-9_]+", "_", name.strip().lower()).strip("_") if name != "__index_level_0__" else name


def roles_or_none(columns: Sequence[str]) -> Roles | None:
    """Return the roles of *columns*, or None when one that is needed is missing."""
    known: dict[str, str] = {}
    for name in columns:
        known.setdefault(plain(name), name)
    prices = {role: known.get(role) or known.get(f"{role}_price") or known.get(_SHORT[role]) for role in PRICES[:4]}
    volume, quote = _volumes(known)
    time = next((known[name] for name in _TIMES if name in known), None)
    found = {role: name for role, name in {**prices, "volume": volume}.items() if name is not None}
    if time is None or len(found) < len(PRICES):
        return None
    asset = next((known[name] for name in _ASSETS if name in known), None)
    return Roles(time, found, quote, asset)


def find_roles(columns: Sequence[str], source: str) -> Roles:
    """Return the roles of *columns*.

    Raises:
        DataError: names the columns found, those missing, and the nearest name for each.
    """
    roles = roles_or_none(columns)
    if roles is not None:
        return roles
    missing = [role for role in ("time", *PRICES) if not _has(columns, role)]
    near = {role: get_close_matches(role, columns, n=1, cutoff=0.5) for role in missing}
    hints = "".join(f"; is {found[0]!r} meant as {role}?" for role, found in near.items() if found)
    raise DataError(
        f"{source} has the columns {', '.join(columns)}, but no {', '.join(missing)}{hints}; "
        "rename or add what is missing",
        source=source,
        columns=list(columns),
        missing=missing,
    )


def _has(columns: Sequence[str], role: str) -> bool:
    names = {plain(name) for name in columns}
    if role == "time":
        return not names.isdisjoint(_TIMES)
    if role == "volume":
        return _volumes({name: name for name in names})[0] is not None
    return not names.isdisjoint({role, f"{role}_price", _SHORT[role]})


def _volumes(known: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the base and the quote volume; ``volume_btc, volume`` is base and quote, ``volume, Volume USD`` too."""
    base = next((known[name] for name in _VOLUMES if name in known), None)
    quote = next((known[name] for name in _QUOTE_VOLUMES if name in known), None)
    suffixed = {name.removeprefix("volume_"): own for name, own in known.items() if name.startswith("volume_")}
    in_money = [own for currency, own in suffixed.items() if currency in _QUOTES]
    in_asset = [own for currency, own in suffixed.items() if currency in _COINS]
    if quote is None and in_money:
        quote = in_money[-1]
    if in_asset and len(in_asset) + (base is not None) == 2 and quote is None:
        return in_asset[0], base or in_asset[-1]
    if base is None and in_asset:
        base = in_asset[0]
    return base, quote
