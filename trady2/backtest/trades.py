"""The list of trades as a person reads it, and its fingerprint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import Costs
from trady2.backtest.kernel import EXIT_REASONS, TIME, TradeArrays
from trady2.backtest.market import Market
from trady2.backtest.orders import Account

if TYPE_CHECKING:
    from pandas import DataFrame, Index

__all__ = ["bars_held", "spans_gap", "trade_frame", "trades_hash"]

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
    trades: TradeArrays,
    account: Account,
    costs: Costs,
    gap: NDArray[np.bool_],
    probability: NDArray[np.float64],
) -> DataFrame:
    """Return one row per trade, sorted by asset and entry time.

    Columns: asset; entry_time, exit_time (opens of the bars, UTC); entry_price, exit_price (with slippage, before
    fees); quantity (units); net_return (on the money that went in, after all costs); pnl (money, after all costs);
    exit_reason (time, stop_loss, take_profit, trailing_stop, end_of_data); gap (missing bars while it was open that
    the calendar does not explain); gross_return (raw prices); fees, slippage (money, both sides); bars_held (bars in
    which it was open); probability (or score: what was above the threshold); gap_fill (filled at an open beyond the
    stop or target); ambiguous (stop and target inside one bar).
    """
    from pandas import DataFrame, DatetimeIndex

    bought, sold = trades.entry_price * (1 + costs.slippage), account.exit_price * (1 - costs.slippage)
    paid = account.quantity * trades.entry_price * costs.buy
    gross = account.exit_price / trades.entry_price
    net_return = gross * (costs.sell / costs.buy) - 1
    columns = {
        "asset": _named(market.assets, market.asset_of(trades.entry_bar)),
        "entry_time": DatetimeIndex(market.timestamp[trades.entry_bar], tz="UTC"),
        "exit_time": DatetimeIndex(market.timestamp[trades.exit_bar], tz="UTC"),
        "entry_price": bought,
        "exit_price": sold,
        "quantity": account.quantity,
        "net_return": net_return,
        "pnl": paid * net_return,
        "exit_reason": _named(EXIT_REASONS, account.reason.astype(np.int64)),
        "gap": gap,
        "gross_return": gross - 1,
        "fees": account.quantity * (bought + sold) * costs.fee,
        "slippage": account.quantity * (trades.entry_price + account.exit_price) * costs.slippage,
        "bars_held": bars_held(trades),
        "probability": probability[trades.entry_bar - 1],
        "gap_fill": trades.gap_fill,
        "ambiguous": trades.ambiguous,
    }
    return DataFrame(columns, copy=False)


def bars_held(trades: TradeArrays) -> NDArray[np.int64]:
    """Return in how many bars each trade was open, (k,): the exit bar counts unless it was left at its open."""
    at_open = trades.gap_fill | (trades.reason == TIME)
    held: NDArray[np.int64] = trades.exit_bar - trades.entry_bar + ~at_open
    return held


def spans_gap(market: Market, trades: TradeArrays) -> NDArray[np.bool_]:
    """Return whether bars that the calendar expects are missing between entry and exit, (k,)."""
    before = np.cumsum(market.gap_before)
    return before[trades.exit_bar] > before[trades.entry_bar]


def _named(names: tuple[str, ...], codes: NDArray[np.int64]) -> Index[str]:
    from pandas import Index

    return Index(list(names), dtype="str").take(codes)


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
