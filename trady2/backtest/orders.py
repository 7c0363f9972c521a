"""From probabilities to trades, over all assets: which signals become orders, and which orders are filled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.finer import NO_FINER, Finer
from trady2.backtest.kernel import TradeArrays, ends, walk
from trady2.backtest.market import Market
from trady2.backtest.portfolio import choose, queue
from trady2.backtest.pricing import Account, Intrabar, Stakes, account, equal_stakes
from trady2.backtest.sizing import shares, volume_limits
from trady2.backtest.threads import each_asset

if TYPE_CHECKING:
    from trady2.config import BacktestConfig

__all__ = ["Account", "Decisions", "Intrabar", "Stakes", "account", "decide", "trade"]

_Integers = NDArray[np.int64]
_REFUSALS = (
    "signals_refused_by_size",
    "signals_refused_by_volume",
    "entries_refused_without_slot",
    "entries_refused_without_cash",
    "entries_cut_to_cash",
)


class Decisions(NamedTuple):
    """Which trades happen, and why other signals came to nothing."""

    trades: TradeArrays
    """By asset, then time; bars are rows of the market."""
    signal_bar: _Integers
    """(k,) rows of the signals that led to the trades."""
    stakes: Stakes
    endings: dict[str, int]
    """What became of the signals: signals_seen = signals_accepted + signals_ignored_at_last_bar (the entry would be
    after it) + signals_refused_by_size (no edge for Kelly, volatility not known yet) + signals_refused_by_volume
    (nothing was traded in their bar) + signals_ignored_in_position + entries_refused_without_slot
    + entries_refused_without_cash (of one account, all places or all the money were taken); entries_cut_to_cash are
    trades that got what share of the account was left."""


def trade(market: Market, signal: NDArray[np.bool_], config: BacktestConfig, finer: Finer = NO_FINER) -> TradeArrays:
    """Return the trades of all assets, one asset after the other, each on its own; bars are rows of *market*."""

    def of(asset: int) -> TradeArrays:
        rows = market.rows(asset)
        return _moved(
            walk(*_bars(market, rows, finer), signal[rows], *_patience(market, config), _levels(config)), rows
        )

    return _joined(each_asset(market, of))


def decide(
    market: Market, probability: NDArray[np.float64], config: BacktestConfig, finer: Finer = NO_FINER
) -> Decisions:
    """Return the trades on *probability* (n,) above the threshold of *config*, and how much may go into each.

    Neither costs nor the order inside a bar nor what trades bring decides which ones happen.

    Raises:
        ConfigError: `sizing: kelly` without knowing what is won or lost.
    """
    seen = probability > (math.inf if config.threshold is None else config.threshold)
    delay = _patience(market, config)[1]
    total = int(np.count_nonzero(seen))
    signal = _with_entry(market, seen, delay)
    at_end = total - int(np.count_nonzero(signal))
    if config.sizing == "fraction" and config.max_volume_share is None and config.capital == "each":
        trades = trade(market, signal, config, finer)
        endings = _endings(total, trades.entry_bar.size, at_end)
        return Decisions(trades, trades.entry_bar - 1 - delay, equal_stakes(config), endings)
    rows = np.flatnonzero(signal)
    share, limit = shares(market, probability, rows, config), volume_limits(market, rows, config)
    fit = (share > 0) & (limit > 0)
    by_size, by_volume = int((share <= 0).sum()), int(((share > 0) & (limit <= 0)).sum())
    wishes = _Wishes(rows[fit], share[fit], limit[fit])
    refused = {"signals_refused_by_size": by_size, "signals_refused_by_volume": by_volume}
    if config.capital == "shared":
        trades, stakes, more = _shared(market, probability, wishes, config, finer)
        refused |= more
    else:
        signal[rows[~fit]] = False
        trades = trade(market, signal, config, finer)
        place = np.searchsorted(wishes.rows, trades.entry_bar - 1 - delay)
        stakes = Stakes(wishes.share[place], wishes.share[place], wishes.limit[place], None)
    endings = _endings(total, trades.entry_bar.size, at_end, refused)
    return Decisions(trades, trades.entry_bar - 1 - delay, stakes, endings)


class _Wishes(NamedTuple):
    """Signals that would become trades, (r,) each."""

    rows: _Integers
    share: NDArray[np.float64]
    limit: NDArray[np.float64]


def _endings(total: int, accepted: int, at_end: int, known: dict[str, int] | None = None) -> dict[str, int]:
    """Return `Decisions.endings`: what is not *known* was refused nowhere, and the rest came in a position."""
    refused = dict.fromkeys(_REFUSALS, 0) | (known or {})
    lost = sum(count for name, count in refused.items() if name != "entries_cut_to_cash")
    return {
        "signals_seen": total,
        "signals_accepted": accepted,
        "signals_ignored_in_position": total - accepted - at_end - lost,
        "signals_ignored_at_last_bar": at_end,
        **refused,
    }


def _shared(
    market: Market, probability: NDArray[np.float64], wishes: _Wishes, config: BacktestConfig, finer: Finer
) -> tuple[TradeArrays, Stakes, dict[str, int]]:
    """Give the places and the money of one account to those that stand first in line."""
    entry = wishes.rows + 1 + _patience(market, config)[1]
    possible = _outcomes(market, entry, config, finer)
    clock, places = market.timestamp.view(np.int64), len(market.assets)
    granted = choose(
        queue(market, entry, probability[wishes.rows]),
        market.asset_of(wishes.rows),
        wishes.rows,
        possible.exit_bar,
        clock[entry],
        clock[possible.exit_bar],
        possible.at_open,
        wishes.share,
        places,
        places if config.max_positions is None else min(config.max_positions, places),
    )
    by_asset = np.argsort(granted.place)
    chosen = granted.place[by_asset]
    trades = TradeArrays(*(column[chosen] for column in possible))
    portion, share = granted.portion[by_asset], granted.share[by_asset]
    stakes = Stakes(share, portion, wishes.limit[chosen], np.argsort(by_asset))
    counts = (granted.no_slot, granted.no_cash, granted.cut)
    return trades, stakes, dict(zip(_REFUSALS[2:], counts, strict=True))


def _outcomes(market: Market, entry: _Integers, config: BacktestConfig, finer: Finer) -> TradeArrays:
    """Return the trades that would begin at each of *entry* (r,), rows, ascending, each as if it were the only one."""
    cuts = np.searchsorted(entry, market.bounds)

    def of(asset: int) -> TradeArrays:
        rows, own = market.rows(asset), entry[cuts[asset] : cuts[asset + 1]]
        hold = _patience(market, config)[0]
        return _moved(ends(*_bars(market, rows, finer), own - rows.start, hold, _levels(config)), rows)

    return _joined(each_asset(market, of))


def _with_entry(market: Market, seen: NDArray[np.bool_], delay_bars: int) -> NDArray[np.bool_]:
    """Take the signals out of *seen* whose entry would be after the last bar of their asset, and return it."""
    for start, stop in zip(market.bounds[:-1].tolist(), market.bounds[1:].tolist(), strict=True):
        seen[max(start, stop - 1 - delay_bars) : stop] = False
    return seen


def _bars(market: Market, rows: slice, finer: Finer) -> tuple[tuple[NDArray[np.float64] | _Integers, ...], ...]:
    inside = rows if finer.inner.size else slice(0)
    prices = market.open[rows], market.high[rows], market.low[rows], market.close[rows]
    return prices, (finer.inner[inside], finer.after[inside]), (finer.open, finer.high, finer.low)


def _patience(market: Market, config: BacktestConfig) -> tuple[int, int]:
    """Return hold and delay in bars, no longer than the data, so that they fit into an integer of the machine."""
    return min(config.hold_bars, market.close.size), min(config.delay_bars, market.close.size)


def _levels(config: BacktestConfig) -> tuple[float, float, float]:
    stop = 1 - config.stop_loss if config.stop_loss is not None else -math.inf
    target = 1 + config.take_profit if config.take_profit is not None else math.inf
    trail = 1 - config.trailing_stop if config.trailing_stop is not None else -math.inf
    return stop, target, trail


def _moved(trades: TradeArrays, rows: slice) -> TradeArrays:
    trades.entry_bar[:] += rows.start
    trades.exit_bar[:] += rows.start
    return trades


def _joined(parts: list[TradeArrays]) -> TradeArrays:
    if len(parts) == 1:
        return parts[0]
    return TradeArrays(*(np.concatenate(column) for column in zip(*parts, strict=True)))
