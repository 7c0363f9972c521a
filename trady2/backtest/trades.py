"""The list of trades as a person reads it, and its fingerprint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trady2.backtest.kernel import EXIT_REASONS, TradeArrays
from trady2.backtest.market import Market
from trady2.backtest.orders import Decisions
from trady2.backtest.outcomes import outcomes_of
from trady2.backtest.pricing import Account

if TYPE_CHECKING:
    from pandas import DataFrame
    from pandas.api.extensions import ExtensionArray

    from trady2.config import BacktestConfig

__all__ = ["bars_held", "trade_frame", "trades_hash"]

HASHED_COLUMNS = (
    "asset",
    "entry_time",
    "exit_time",
    "entry_price",
    "exit_price",
    "quantity",
    "net_return",
    "pnl",
    "exit_reason",
    "gap",
)


def trade_frame(
    market: Market,
    decisions: Decisions,
    account: Account,
    config: BacktestConfig,
    probability: NDArray[np.float64],
) -> DataFrame:
    """Return one row per trade, sorted by asset and entry time.

    Columns: asset; entry_time, exit_time (opens of the bars, UTC); entry_price, exit_price (with slippage, before
    fees); quantity (units); net_return (on the money that went in, after all costs); pnl (money, after all costs);
    exit_reason (time, stop_loss, take_profit, trailing_stop, end_of_data); gap (missing bars while it was open that
    the calendar does not explain); gross_return (raw prices); fees, slippage (money, both sides); funding (money paid
    for holding, below 0 when earned); bars_held (bars in which it was open); probability (or score: what was above the
    threshold); gap_fill (filled at an open beyond the stop or target); ambiguous (stop and target inside one bar).
    """
    from pandas import DataFrame, DatetimeIndex

    trades, figures = decisions.trades, outcomes_of(decisions.trades, account, config)
    columns = {
        "asset": _asset_names(market, trades.entry_bar),
        "entry_time": DatetimeIndex(market.opens(trades.entry_bar), tz="UTC", copy=False),
        "exit_time": DatetimeIndex(market.opens(trades.exit_bar), tz="UTC", copy=False),
        "entry_price": figures.entry_price,
        "exit_price": figures.exit_price,
        "quantity": account.quantity,
        "net_return": figures.net_return,
        "pnl": figures.pnl,
        "exit_reason": _texts(pa.array(EXIT_REASONS, pa.large_string()).take(pa.array(account.reason))),
        "gap": market.misses(trades.entry_bar, trades.exit_bar),
        "gross_return": figures.gross_return,
        "fees": figures.fees,
        "slippage": figures.slippage,
        "funding": account.fills.funding if account.fills.funding.size else np.zeros(account.quantity.size),
        "bars_held": bars_held(trades),
        "probability": probability[decisions.signal_bar],
        "gap_fill": trades.gap_fill,
        "ambiguous": trades.ambiguous,
    }
    return DataFrame(columns, copy=False)


def bars_held(trades: TradeArrays) -> NDArray[np.int64]:
    """Return in how many bars each trade was open, (k,): the exit bar counts unless it was left at its open."""
    held: NDArray[np.int64] = trades.exit_bar - trades.entry_bar
    held += ~trades.at_open
    return held


def _asset_names(market: Market, entry_bar: NDArray[np.int64]) -> ExtensionArray:
    """Return the asset of each trade, (k,); *entry_bar* ascends, so each name stands in one run."""
    counts = np.diff(np.searchsorted(entry_bar, market.bounds)).tolist()
    names = [pa.scalar(name, pa.large_string()) for name in market.assets]
    return _texts(pa.concat_arrays([pa.repeat(name, count) for name, count in zip(names, counts, strict=True)]))


def _texts(values: pa.Array) -> ExtensionArray:
    from pandas import array

    texts: ExtensionArray = array(values, dtype="str")
    return texts


def trades_hash(trades: DataFrame) -> str:
    """Return the SHA-256 of the canonical list of *trades*, 64 hex digits: the same trades, the same hash.

    Covers, in this order, asset, entry_time, exit_time, entry_price, exit_price, quantity, net_return, pnl,
    exit_reason and gap: texts as UTF-8 lines, times as microseconds since 1970 in UTC, numbers as little-endian
    doubles to the last bit. Other columns and the index do not count.
    """
    digest = hashlib.sha256(f"{len(trades)}\n".encode())
    for name in HASHED_COLUMNS:
        digest.update(f"{name}\n".encode())
        column = trades[name]
        if name.endswith("_time"):
            content = column.to_numpy(dtype="datetime64[us]").astype("<i8").tobytes()
        elif name in ("asset", "exit_reason"):
            content = "\n".join(column.tolist()).encode()
        else:
            content = (column.to_numpy(dtype="<f8") + 0.0).tobytes()
        digest.update(content)
    return digest.hexdigest()
