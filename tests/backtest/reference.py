"""A slow backtester that walks from event to event, written from the rules and from nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Position:
    """An open trade."""

    entry_bar: int
    entry_price: float
    quantity: float
    idle: float
    peak: float


@dataclass
class Replay:
    """What came of one asset."""

    trades: list[dict] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)


def replay(bars, probability, config, cash) -> Replay:
    """Trade one asset; *bars* is a list of (open, high, low, close), *config* a BacktestConfig."""
    fee, slip = config.fee_bps / 10_000, config.slippage_bps / 10_000
    done, position, wanted = Replay(), None, False
    for bar, (open_, high, low, close) in enumerate(bars):
        exits = []
        # The open.
        if position is None and wanted:
            stake = cash * config.fraction
            fill = open_ * (1 + slip)
            position = Position(bar, open_, stake / (fill * (1 + fee)), cash - stake, open_)
        elif position is not None and bar == position.entry_bar + config.hold_bars:
            exits.append((open_, "time"))
        # The rest of the bar, while the position is open.
        if position is not None and not exits:
            position.peak = max(position.peak, open_)
            exits += inside_bar(position, open_, high, low, config)
            position.peak = max(position.peak, high)
        if position is not None and not exits and bar == len(bars) - 1:
            exits.append((close, "end_of_data"))
        if exits:
            price, reason = exits[0]
            received = position.quantity * price * (1 - slip) * (1 - fee)
            paid = position.quantity * position.entry_price * (1 + slip) * (1 + fee)
            done.trades.append(
                {
                    "entry_bar": position.entry_bar,
                    "exit_bar": bar,
                    "entry_price": position.entry_price * (1 + slip),
                    "exit_price": price * (1 - slip),
                    "quantity": position.quantity,
                    "net_return": received / paid - 1,
                    "pnl": received - paid,
                    "exit_reason": reason,
                }
            )
            cash, position = position.idle + received, None
        # The close.
        done.equity.append(cash if position is None else position.idle + position.quantity * close)
        chance = probability[bar]
        wanted = position is None and not math.isnan(chance) and chance > config.threshold
    return done


def inside_bar(position, open_, high, low, config):
    """Return what ends the position in this bar, in order: a gap at the open, then what the extremes touch."""
    levels = []
    if config.stop_loss is not None:
        levels.append((position.entry_price * (1 - config.stop_loss), "stop_loss"))
    if config.trailing_stop is not None:
        levels.append((position.peak * (1 - config.trailing_stop), "trailing_stop"))
    stop, why = max(levels, key=lambda pair: pair[0], default=(-math.inf, "none"))
    target = math.inf if config.take_profit is None else position.entry_price * (1 + config.take_profit)
    if open_ <= stop:
        return [(open_, why)]
    if open_ >= target:
        return [(open_, "take_profit")]
    touched = []
    if low <= stop:
        touched.append((stop, why))
    if high >= target:
        touched.append((target, "take_profit"))
    return touched if config.intrabar == "pessimistic" else touched[::-1]
