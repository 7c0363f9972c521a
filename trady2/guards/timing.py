"""Timing: did being in the market when the model said so earn more than being in it as much at any other time?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.guards.estimate import Estimate, estimate
from trady2.learning.splitter_times import utc_times
from trady2.stats.bootstrap import block_sums
from trady2.stats.overlap import time_blocks
from trady2.stats.returns import period_returns

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest
    from trady2.data.panel import Panel

__all__ = ["Timing", "timing"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Timing:
    """What a backtest earned, and how much of it was timing.

    Attributes:
        net: mean net return per bar of the clock, after costs.
        excess: the same less what the assets themselves earned, at the mean position that was held in each: neutral to
            rising and falling markets.
        returns: (T,) net returns per bar of the clock.
        excess_returns: (T,) their excess, whose mean is that of `excess`.
        clock: (T,) bar opens, UTC.
    """

    net: Estimate
    excess: Estimate
    returns: Floats
    excess_returns: Floats
    clock: NDArray[np.datetime64]


def timing(panel: Panel, rows: NDArray[np.int64], backtest: Backtest, *, horizon_steps: int) -> Timing:
    """Measure the net return and the timing excess of a backtest of the *rows* of *panel*.

    Per bar, with w the share of the equity that is held in asset a: excess = mean(net) - sum over a of
    mean(w[a]) · mean(return[a]). The means are taken anew in every replicate of the bootstrap, so that the uncertainty
    of the market's own mean is in the bound.

    Args:
        panel: the bars.
        rows: those that were traded, ascending.
        backtest: of these rows, in their order.
        horizon_steps: N; blocks of time are at least five times as long, or five holds.
    """
    clock = utc_times(backtest.equity.index, "equity")
    money = np.append(backtest.config.initial_cash, backtest.equity.to_numpy(np.float64))
    net = period_returns(money)
    blocks = time_blocks(clock, max(horizon_steps, backtest.config.hold_bars))
    pieces, count = blocks.piece, blocks.n_blocks * blocks.pieces_per_block
    sums = [block_sums([net, np.ones(len(net))], pieces, count)]
    drift = np.zeros(len(net))
    weights = _weights(panel, rows, backtest, clock, money)
    for code in np.unique(panel.asset_code[rows]):
        own = panel.asset_code[rows] == code
        moved = np.append(0.0, np.diff(panel.close[rows[own]]) / panel.close[rows[own]][:-1])
        place = np.searchsorted(clock, panel.timestamp[rows[own]])
        sums.append(block_sums([weights[own], moved], pieces[place], count))
        drift[place] += weights[own].sum() / len(net) * moved
    everything = np.concatenate(sums, axis=1)
    return Timing(
        net=estimate(_mean, everything[:, :2], n=len(net), pieces_per_block=blocks.pieces_per_block),
        excess=estimate(_excess, everything, n=len(net), pieces_per_block=blocks.pieces_per_block),
        returns=net,
        excess_returns=net - drift,
        clock=clock,
    )


def _mean(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _excess(sums: NDArray[np.inexact]) -> NDArray[np.inexact]:
    bars = sums[..., 1]
    held = np.sum(sums[..., 2::2] * sums[..., 3::2], axis=-1) / (bars * bars)
    return np.asarray(sums[..., 0] / bars - held)


def _weights(
    panel: Panel, rows: NDArray[np.int64], backtest: Backtest, clock: NDArray[np.datetime64], money: Floats
) -> Floats:
    """Return for each of the rows the share of the equity before its trade that is held in its asset, (k,)."""
    trades = backtest.trades
    held = np.zeros(len(rows) + 1)
    codes = np.searchsorted(np.array(panel.assets), trades["asset"].to_numpy(str))
    entered = utc_times(trades["entry_time"], "entry_time")
    first = _row_of(panel, rows, codes, entered)
    before = money[np.searchsorted(clock, entered)]
    share = (trades["quantity"] * trades["entry_price"]).to_numpy(np.float64) / before
    np.add.at(held, first, share)
    np.add.at(held, first + trades["bars_held"].to_numpy(np.int64), -share)
    return np.cumsum(held)[:-1]


def _row_of(panel: Panel, rows: Rows, codes: Rows, times: NDArray[np.datetime64]) -> Rows:
    """Return the positions among *rows* of the bars of asset *codes* that open at *times*."""
    found = np.empty(len(codes), np.int64)
    for code in np.unique(codes):
        own = np.flatnonzero(panel.asset_code[rows] == code)
        mine = codes == code
        found[mine] = own[0] + np.searchsorted(panel.timestamp[rows[own]], times[mine])
    return found
