"""A slow backtester that walks from event to event, written from docs/backtesting.md and from nothing else.

Times are those of the clock, in the order: opens, entries, what happens inside the bars, closes. Nothing is computed
before its time, and every price is looked up where it happens.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

BPS = 1e-4
DUST = 1e-9


class Bar(NamedTuple):
    """A bar as the reference sees it; *pieces* are (open, high, low) of the finer bars inside it."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 1.0
    probability: float = math.nan
    funding: float = 0.0
    pieces: tuple = ()


@dataclass
class Order:
    """A signal on its way to an entry."""

    asset: str
    signal_bar: int
    entry_bar: int
    probability: float
    share: float
    limit: float


@dataclass
class Position:
    """An open trade and the money that was set aside for it."""

    order: Order
    entry: float
    peak: float
    quantity: float
    paid: float
    reserve: float
    share: float
    slip: float
    owed: float = 0.0


@dataclass
class Purse:
    """An account: free cash, and the share of the account that it is."""

    cash: float
    free: float = 1.0
    open: int = 0


@dataclass
class Replay:
    """What came of it: trades in order of entry for each asset, equity at each time of the clock, counts."""

    trades: dict[str, list[dict]]
    equity: list[float] = field(default_factory=list)
    exposure: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


class Market:
    """The walk itself."""

    def __init__(self, bars: dict[str, list[Bar]], config, periods_per_year: float) -> None:
        """Begin with cash and no position."""
        self.bars, self.config, self.periods_per_year = bars, config, periods_per_year
        shared = Purse(config.initial_cash)
        each = {asset: Purse(config.initial_cash / len(bars)) for asset in bars}
        self.purses = [shared] if config.capital == "shared" else list(each.values())
        self.purse = dict.fromkeys(bars, shared) if config.capital == "shared" else each
        self.position: dict[str, Position | None] = dict.fromkeys(bars)
        self.orders: dict[str, list[Order]] = {asset: [] for asset in bars}
        self.now: dict[str, int] = dict.fromkeys(bars, -1)
        self.done = Replay({asset: [] for asset in bars})
        for name in ("seen", "accepted", "in_position", "at_last_bar", "by_size", "by_volume", "slot", "cash", "cut"):
            self.done.counts[name] = 0

    def replay(self) -> Replay:
        """Walk from the first open to the last close."""
        for time in sorted({bar.time for bars in self.bars.values() for bar in bars}):
            awake = [asset for asset, bars in self.bars.items() if self.steps_to(asset, bars, time)]
            for asset in awake:
                self.at_the_open(asset)
            self.enter([order for asset in awake for order in self.due(asset)])
            for asset in awake:
                self.inside_the_bar(asset)
            for asset in awake:
                self.at_the_close(asset)
            self.mark()
        return self.done

    def steps_to(self, asset, bars, time) -> bool:
        """Let the asset's next bar be the current one if this is its time."""
        following = self.now[asset] + 1
        if following == len(bars) or bars[following].time != time:
            return False
        self.now[asset] = following
        return True

    def bar(self, asset) -> Bar:
        """Return the current bar."""
        return self.bars[asset][self.now[asset]]

    # The open.

    def at_the_open(self, asset) -> None:
        """Leave by time, or at an open beyond a level."""
        position, bar = self.position[asset], self.bar(asset)
        if position is None:
            return
        if self.now[asset] == position.order.entry_bar + self.config.hold_bars:
            self.leave(asset, bar.open, "time", at_open=True)
            return
        position.peak = max(position.peak, bar.open)
        stop, why, target = self.levels(position)
        if bar.open <= stop:
            self.leave(asset, bar.open, why, at_open=True, gap=True)
        elif bar.open >= target:
            self.leave(asset, bar.open, "take_profit", at_open=True, gap=True)

    def due(self, asset) -> list[Order]:
        """Take the orders that have waited for this open."""
        due = [order for order in self.orders[asset] if order.entry_bar == self.now[asset]]
        self.orders[asset] = [order for order in self.orders[asset] if order.entry_bar != self.now[asset]]
        return due

    def enter(self, orders) -> None:
        """Fill the orders of one open, the most probable first."""

        def lot(order: Order) -> int:
            text = f"20240101:{self.bar(order.asset).time}:{order.asset}"
            return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

        for order in sorted(orders, key=lambda order: (-order.probability, lot(order))):
            purse, counts = self.purse[order.asset], self.done.counts
            if self.config.max_positions is not None and purse.open >= self.config.max_positions:
                counts["slot"] += 1
            elif purse.free < DUST:
                counts["cash"] += 1
            else:
                counts["accepted"] += 1
                counts["cut"] += order.share > purse.free + DUST
                self.buy(order, purse)
                # What came while this order waited is void now: the asset is in a position.
                counts["in_position"] += len(self.orders[order.asset])
                self.orders[order.asset] = []

    def buy(self, order: Order, purse: Purse) -> None:
        """Set money aside and buy."""
        config, bar = self.config, self.bar(order.asset)
        share = purse.free if order.share > purse.free - DUST else order.share
        money = purse.cash * share / purse.free
        purse.cash -= money
        purse.free, purse.open = purse.free - share, purse.open + 1

        def slip(quantity: float) -> float:
            spread = config.slippage_range_share * (bar.high - bar.low) / bar.open
            return config.slippage_bps * BPS + spread + self.impact(quantity, bar)

        def cost(quantity: float) -> float:
            return quantity * bar.open * (1 + slip(quantity)) * (1 + config.fee_bps * BPS)

        quantity = min(largest(cost, money, money / bar.open), order.limit)
        paid = min(cost(quantity), money)
        self.position[order.asset] = Position(
            order, bar.open, bar.open, quantity, paid, money - paid, share, slip(quantity)
        )

    def impact(self, quantity: float, bar: Bar) -> float:
        """Return the square-root impact, where the share of the volume counts as 1 at most."""
        part = 1.0 if bar.volume == 0 else min(1.0, quantity / bar.volume)
        return self.config.impact_bps * BPS * math.sqrt(part)

    # Inside the bar.

    def inside_the_bar(self, asset) -> None:
        """Test what is open on the finer bars, or on the bar as a whole; close what is open at the end of the data."""
        position, bar = self.position[asset], self.bar(asset)
        if position is None:
            return None
        whole = [(bar.open, bar.high, bar.low)]
        for open_, high, low in bar.pieces or whole:
            position.peak = max(position.peak, open_)
            stop, why, target = self.levels(position)
            if open_ <= stop:
                return self.leave(asset, open_, why, gap=True, at_open=not bar.pieces)
            if open_ >= target:
                return self.leave(asset, open_, "take_profit", gap=True, at_open=not bar.pieces)
            touched = [(stop, why)] if low <= stop else []
            touched += [(target, "take_profit")] if high >= target else []
            if touched:
                price, reason = touched[0 if self.config.intrabar == "pessimistic" else -1]
                return self.leave(asset, price, reason, ambiguous=len(touched) == 2)
            position.peak = max(position.peak, high)
        if self.now[asset] == len(self.bars[asset]) - 1:
            self.leave(asset, bar.close, "end_of_data")
        return None

    def levels(self, position: Position) -> tuple[float, str, float]:
        """Return the stop that holds, its name, and the target."""
        config = self.config
        stop, why = -math.inf, "none"
        if config.stop_loss is not None:
            stop, why = position.entry * (1 - config.stop_loss), "stop_loss"
        if config.trailing_stop is not None and position.peak * (1 - config.trailing_stop) > stop:
            stop, why = position.peak * (1 - config.trailing_stop), "trailing_stop"
        return stop, why, math.inf if config.take_profit is None else position.entry * (1 + config.take_profit)

    def leave(self, asset, price, reason, *, at_open=False, gap=False, ambiguous=False) -> None:
        """Sell, give the money and the share back, and write the trade down."""
        config, bar, position, purse = self.config, self.bar(asset), self.position[asset], self.purse[asset]
        fee, base = config.fee_bps * BPS, config.slippage_bps * BPS
        extra = config.slippage_range_share * (bar.high - bar.low) / price + self.impact(position.quantity, bar)
        slip = min(base + extra, 1 - (1 - base) / 100) if extra else base
        worth = position.quantity * price * (1 - slip) * (1 - fee)
        funding = min(position.quantity * position.owed, worth)
        purse.cash += position.reserve + worth - funding
        purse.open -= 1
        purse.free = 1.0 if purse.open == 0 else purse.free + position.share
        bought, sold = position.entry * (1 + position.slip), price * (1 - slip)
        self.done.trades[asset].append(
            {
                "entry_bar": position.order.entry_bar,
                "exit_bar": self.now[asset],
                "entry_price": bought,
                "exit_price": sold,
                "quantity": position.quantity,
                "net_return": (worth - funding) / position.paid - 1,
                "pnl": worth - funding - position.paid,
                "exit_reason": reason,
                "gross_return": price / position.entry - 1,
                "fees": position.quantity * (bought + sold) * fee,
                "slippage": position.quantity * (bought - position.entry + price - sold),
                "funding": funding,
                "bars_held": self.now[asset] - position.order.entry_bar + (not at_open),
                "probability": position.order.probability,
                "gap_fill": gap,
                "ambiguous": ambiguous,
            }
        )
        self.position[asset] = None

    # The close.

    def at_the_close(self, asset) -> None:
        """Charge the funding, and turn a signal into an order."""
        config, bar, position = self.config, self.bar(asset), self.position[asset]
        if position is not None:
            position.owed += bar.close * (config.funding_bps_per_bar * BPS + bar.funding)
        if math.isnan(bar.probability) or bar.probability <= config.threshold:
            return
        counts, entry_bar = self.done.counts, self.now[asset] + 1 + config.delay_bars
        counts["seen"] += 1
        share, limit = self.size(asset), math.inf
        if config.max_volume_share is not None:
            limit = config.max_volume_share * bar.volume
        if entry_bar >= len(self.bars[asset]):
            counts["at_last_bar"] += 1
        elif not share > 0:
            counts["by_size"] += 1
        elif not limit > 0:
            counts["by_volume"] += 1
        elif position is not None:
            counts["in_position"] += 1
        else:
            self.orders[asset].append(Order(asset, self.now[asset], entry_bar, bar.probability, share, limit))

    def size(self, asset) -> float:
        """Return the share of equity that a trade on the current bar's signal may take."""
        config, chance = self.config, self.bar(asset).probability
        if config.sizing == "fraction":
            return config.fraction
        if config.sizing == "kelly":
            win = config.kelly_win or config.take_profit
            loss = config.kelly_loss or config.stop_loss
            return min(config.kelly_multiplier * (chance / loss - (1 - chance) / win), config.fraction)
        closes = [bar.close for bar in self.bars[asset][: self.now[asset] + 1]][-config.volatility_bars - 1 :]
        if len(closes) <= config.volatility_bars:
            return 0.0
        changes = [math.log(after / before) for before, after in pairwise(closes)]
        mean = math.fsum(changes) / len(changes)
        variance = math.fsum((change - mean) ** 2 for change in changes) / (len(changes) - 1)
        yearly = math.sqrt(variance * self.periods_per_year)
        return config.fraction if yearly == 0 else min(config.target_volatility / yearly, config.fraction)

    def mark(self) -> None:
        """Add up what there is."""
        total, held = sum(purse.cash for purse in self.purses), 0.0
        for asset, position in self.position.items():
            if position is not None:
                close = self.bar(asset).close
                total += position.reserve + position.quantity * max(close - position.owed, 0.0)
                held += position.quantity * close
        self.done.equity.append(total)
        self.done.exposure.append(held / total)


def largest(cost, money: float, high: float) -> float:
    """Return the largest quantity whose rising *cost* is not above *money*, to the last bits, by halving."""
    if cost(high) <= money:
        return high
    low = 0.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        low, high = (middle, high) if cost(middle) <= money else (low, middle)


def replay(bars: dict[str, list[Bar]], config, periods_per_year: float = 8766.0) -> Replay:
    """Trade *bars*, lists by asset, under *config*, a BacktestConfig with a threshold."""
    return Market(bars, config, periods_per_year).replay()
