"""What trades that are already decided are worth, over all assets, under one order inside the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import costs_of
from trady2.backtest.kernel import TAKE_PROFIT, TradeArrays
from trady2.backtest.market import Market
from trady2.backtest.money import Fills, accrue, fill, settle
from trady2.backtest.threads import each_asset

if TYPE_CHECKING:
    from trady2.config import BacktestConfig

__all__ = ["Account", "Intrabar", "Stakes", "account", "equal_stakes"]

Intrabar = Literal["pessimistic", "optimistic"]
_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]
_BPS = 1e-4


class Stakes(NamedTuple):
    """How much may go into each trade, (k,) each."""

    share: _Floats
    """Of the equity of its account; (1,) the same for all."""
    portion: _Floats
    """Of the free cash of its account, which is the share over what share of the account is free; (1,) likewise."""
    limit: _Floats
    """Most units; (0,) for no limit."""
    order: _Integers | None
    """Positions of the trades in the order in which one account for all made them; None: each asset has its own."""


def equal_stakes(config: BacktestConfig) -> Stakes:
    """Return the stakes of trades that each take `fraction` of what their asset has, whatever its volume."""
    share = np.array([config.fraction])
    return Stakes(share, share, np.empty(0), None)


class Account(NamedTuple):
    """What the trades were worth under one order inside the bar."""

    exit_price: _Floats
    """(k,) raw."""
    reason: NDArray[np.int8]
    """(k,) positions in EXIT_REASONS."""
    quantity: _Floats
    """(k,) units held."""
    row_equity: _Floats
    """(n,) equity of the row's asset at the row's close; with one account for all, an equal share of the initial cash
    and what the asset has earned since. Either way the assets add up to the whole."""
    fills: Fills
    owed: _Floats
    """(k,) funding of one unit; (0,) where there is none."""


def account(
    market: Market, trades: TradeArrays, intrabar: Intrabar, config: BacktestConfig, stakes: Stakes | None = None
) -> Account:
    """Price *trades* with the costs of *config*.

    Every asset starts with an equal share of the initial cash, or all of it is in one account, as *stakes* say. Without
    them each trade takes `fraction` of what its asset has.
    """
    exit_price, reason = trades.exit_price, trades.reason
    if intrabar == "optimistic":
        exit_price = trades.exit_price_optimistic
        reason = np.where(trades.ambiguous, np.int8(TAKE_PROFIT), reason)
    if stakes is None:
        stakes = equal_stakes(config)
    rate = config.funding_bps_per_bar * _BPS
    owed = np.empty(0)
    if rate or market.funding.size:
        owed = accrue(market.close, market.funding, rate, trades.entry_bar, trades.exit_bar)
    when, prices = (trades.entry_bar, trades.exit_bar, trades.at_open), (trades.entry_price, exit_price)
    bill = _Bill(*when, *prices, owed, stakes.portion, stakes.limit)
    if stakes.order is None:
        fills, row_equity = _apart(market, bill, config)
    else:
        fills, row_equity = _together(market, bill, stakes.order, config)
    return Account(exit_price, reason, fills.quantity, row_equity, fills, owed)


class _Bill(NamedTuple):
    """Trades under one order inside the bar, (k,) each."""

    entry_bar: _Integers
    exit_bar: _Integers
    at_open: NDArray[np.bool_]
    entry_price: _Floats
    exit_price: _Floats
    owed: _Floats
    portion: _Floats
    limit: _Floats

    def part(self, own: slice) -> _Bill:
        """Return some of the trades."""
        return _Bill._make(column[own] if column.size == self.entry_bar.size else column for column in self)


def _apart(market: Market, bill: _Bill, config: BacktestConfig) -> tuple[Fills, _Floats]:
    """Let each asset trade with its own money."""
    cuts, share = np.searchsorted(bill.entry_bar, market.bounds), config.initial_cash / len(market.assets)
    fills, worth = _room(bill, config), np.empty(market.close.size)

    def of(asset: int) -> None:
        part = slice(cuts[asset], cuts[asset + 1])
        own, filled = bill.part(part), fills.part(part)
        _settle(market, own, (own.entry_bar, own.exit_bar), np.empty(0, np.int64), config, share, filled)
        _fill(market, asset, own, filled, filled.idle, filled.idle + filled.received, config, worth)

    each_asset(market, of)
    return fills, worth


def _room(bill: _Bill, config: BacktestConfig) -> Fills:
    slipping = config.slippage_range_share > 0 or config.impact_bps > 0
    return Fills.room(bill.entry_bar.size, funded=bill.owed.size > 0, slipping=slipping)


def _together(market: Market, bill: _Bill, order: _Integers, config: BacktestConfig) -> tuple[Fills, _Floats]:
    """Let all assets trade with one account."""
    clock, share = market.timestamp.view(np.int64), config.initial_cash / len(market.assets)
    fills, worth = _room(bill, config), np.empty(market.close.size)
    times = clock[bill.entry_bar], clock[bill.exit_bar]
    _settle(market, bill, times, order, config, config.initial_cash, fills)
    cuts = np.searchsorted(bill.entry_bar, market.bounds)

    def of(asset: int) -> None:
        part = slice(cuts[asset], cuts[asset + 1])
        own, filled = bill.part(part), fills.part(part)
        after = share + np.cumsum(filled.received - filled.paid)
        idle = np.append(share, after[:-1])[: after.size] - filled.paid
        _fill(market, asset, own, filled, idle, after, config, worth)

    each_asset(market, of)
    return fills, worth


def _settle(
    market: Market,
    bill: _Bill,
    clock: tuple[_Integers, _Integers],
    order: _Integers,
    config: BacktestConfig,
    cash: float,
    fills: Fills,
) -> None:
    nothing, costs = np.empty(0), costs_of(config)
    spans = volumes = (nothing, nothing)
    if config.slippage_range_share:
        spans = (_span(market, bill.entry_bar), _span(market, bill.exit_bar))
    if config.impact_bps:
        volumes = (market.volume[bill.entry_bar], market.volume[bill.exit_bar])
    settle(
        clock,
        order,
        bill.at_open,
        bill.portion,
        bill.limit,
        (bill.entry_price, bill.exit_price),
        spans,
        volumes,
        bill.owed,
        (costs.fee, costs.slippage, config.slippage_range_share, config.impact_bps * _BPS),
        cash,
        tuple(fills),
    )


def _span(market: Market, bars: _Integers) -> _Floats:
    span: _Floats = market.high[bars] - market.low[bars]
    return span


def _fill(
    market: Market,
    asset: int,
    own: _Bill,
    fills: Fills,
    idle: _Floats,
    after: _Floats,
    config: BacktestConfig,
    worth: _Floats,
) -> None:
    rows = market.rows(asset)
    fill(
        market.close[rows],
        market.funding[rows] if market.funding.size else market.funding,
        config.funding_bps_per_bar * _BPS,
        own.entry_bar - rows.start if rows.start else own.entry_bar,
        own.exit_bar - rows.start if rows.start else own.exit_bar,
        fills.quantity,
        idle,
        after,
        config.initial_cash / len(market.assets),
        worth[rows],
    )
