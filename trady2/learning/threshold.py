"""Above which score of the signal to trade: where the net return per bar is most surely highest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.market import Market
from trady2.backtest.orders import decide
from trady2.backtest.outcomes import outcomes_of
from trady2.backtest.pricing import account
from trady2.stats.bootstrap import block_standard_error, block_sums
from trady2.stats.overlap import TimeBlocks, time_blocks

if TYPE_CHECKING:
    from trady2.config import BacktestConfig
    from trady2.data.panel import Panel

__all__ = ["LEAST_TRADES", "ThresholdChoice", "ThresholdRow", "choose_threshold"]

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

LEAST_TRADES = 10
"""Trades below which a standard error of their return means nothing."""

_CANDIDATES = 24
_MOST_SIGNALS, _FEWEST_SIGNALS = 0.2, 0.05
_ONE_SIDED_90 = 1.2815515655446004
_HISTORIES = 200


class ThresholdRow(NamedTuple):
    """What a threshold would have earned; returns are net of costs, per bar of the clock and asset, in fractions."""

    threshold: float
    signals: int
    trades: int
    mean_return_per_bar: float
    lower_bound_per_bar: float
    mean_return_per_trade: float


@dataclass(frozen=True)
class ThresholdChoice:
    """The threshold, why it was taken, and every candidate.

    `earns` says whether its lower bound is above 0. The bounds are one-sided, 90 %, from the spread of the blocks.
    """

    threshold: float
    reason: str
    earns: bool
    table: tuple[ThresholdRow, ...]
    rows: int
    n_blocks: int

    def as_json(self) -> dict[str, object]:
        """Return a plain dictionary; what is not defined without trades is None."""
        table = [
            {name: None if isinstance(x, float) and np.isnan(x) else x for name, x in row._asdict().items()}
            for row in self.table
        ]
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"table": table}


def choose_threshold(
    panel: Panel,
    score: Floats,
    start: np.datetime64,
    stop: np.datetime64,
    config: BacktestConfig,
    *,
    horizon_steps: int,
) -> ThresholdChoice:
    """Backtest candidate thresholds and take the one around which the lower bound of the net return per bar is highest.

    Per bar and not per trade: where nothing earns, the bound per trade is best for the threshold that trades most.
    Candidates are the scores above which 20 % down to 5 % of the rows lie: rarer signals are too few to choose by, and
    what is chosen from more common ones is mostly luck (docs/verdict.md has the comparison). Each is traded as `config`
    says, its trades are added up in blocks of at least five times the longer of horizon and hold, and the bound is the
    mean less 1.28 standard errors of the blocks. The winner is found in 200 histories drawn from these blocks with
    replacement, and the candidate in the middle of the winners is taken, for the best of a single history sits on a
    spike (bagging, Breiman 1996). Candidates with fewer than 10 trades cannot win. A threshold in *config* is taken as
    it is.

    Args:
        panel: the bars.
        score: (n,) of the signal, out of sample, aligned with *panel*; NaN for no signal.
        start: the first decision time that counts.
        stop: the decision time before which everything ends, so that nothing of the next zone is seen.
        config: how a score becomes trades.
        horizon_steps: of the target.
    """
    inside = (panel.decision_time >= start) & (panel.decision_time < stop)
    market, chances = _market(panel, inside, config), score[inside]
    known = chances[np.isfinite(chances)]
    blocks = time_blocks(market.timestamp, max(horizon_steps, config.hold_bars))
    candidates = [config.threshold] if config.threshold is not None else _candidates(known)
    judged = [_judge(market, chances, threshold, blocks, config) for threshold in candidates]
    table = tuple(row for row, _ in judged)
    best = _steadiest([earned for _, earned in judged], [row.trades for row in table])
    chosen, reason, earns = _choice(table, best, given=config.threshold is not None, known=known)
    return ThresholdChoice(chosen, reason, earns, table, len(known), blocks.n_blocks)


def _candidates(known: Floats) -> list[float]:
    if not len(known):
        return []
    shares = np.geomspace(_MOST_SIGNALS, _FEWEST_SIGNALS, _CANDIDATES)
    return [float(value) for value in np.unique(np.quantile(known, 1 - shares, method="higher"))]


def _market(panel: Panel, inside: NDArray[np.bool_], config: BacktestConfig) -> Market:
    codes = panel.asset_code[inside]
    edges = np.flatnonzero(np.diff(codes)) + 1
    present = codes[np.append(0, edges)] if len(codes) else codes
    return Market(
        assets=tuple(panel.assets[code] for code in present),
        bounds=np.concatenate([[0], edges, [len(codes)]]).astype(np.int64),
        timestamp=panel.timestamp[inside],
        open=panel.open[inside],
        high=panel.high[inside],
        low=panel.low[inside],
        close=panel.close[inside],
        volume=panel.volume[inside],
        calendar=config.calendar,
    )


def _judge(
    market: Market, chances: Floats, threshold: float, blocks: TimeBlocks, config: BacktestConfig
) -> tuple[ThresholdRow, Floats]:
    """Return what a threshold would have earned, and its (blocks,) sums."""
    rules = config.model_copy(update={"threshold": threshold})
    decisions = decide(market, chances, rules)
    trades, stakes = decisions.trades, decisions.stakes
    net = outcomes_of(trades, account(market, trades, config.intrabar, rules, stakes), rules).net_return
    # One account for all is as much money as all assets have: a share of it is that many shares of an asset's own.
    weight = stakes.share if config.capital == "each" else stakes.share * len(market.assets)
    earned = np.zeros(len(chances))
    np.add.at(earned, trades.entry_bar, net * weight)
    sums = block_sums([earned, np.ones(len(earned))], blocks.code, blocks.n_blocks)
    mean = float(earned.mean()) if len(earned) else np.nan
    error = block_standard_error(lambda parts: parts[..., 0] / parts[..., 1], sums)
    per_trade = float(net.mean()) if len(net) else np.nan
    lower = mean - _ONE_SIDED_90 * error if len(net) >= LEAST_TRADES else np.nan
    signals = decisions.endings["signals_seen"]
    return ThresholdRow(float(threshold), signals, len(net), mean, lower, per_trade), sums[:, 0]


def _steadiest(earned: list[Floats], trades: list[int]) -> int | None:
    """Return the candidate in the middle of those that win in histories drawn from the blocks; None if none is able."""
    able = np.flatnonzero(np.array(trades, np.int64) >= LEAST_TRADES)
    if not able.size:
        return None
    blocks = np.stack([earned[candidate] for candidate in able], axis=1)
    count = len(blocks)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _HISTORIES)
    total, squares = drawn @ blocks, drawn @ np.square(blocks)
    spread = np.sqrt(np.maximum(squares - total * total / count, 0.0) * (count / max(count - 1, 1)))
    winners = np.argmax(total - _ONE_SIDED_90 * spread, axis=1)
    return int(able[round(float(winners.mean()))])


def _choice(
    table: tuple[ThresholdRow, ...], best: int | None, *, given: bool, known: Floats
) -> tuple[float, str, bool]:
    if given:
        row = table[0]
        return row.threshold, "given by the configuration", bool(row.lower_bound_per_bar > 0)
    if best is None:
        most = max(table, key=lambda row: row.trades, default=None)
        if most is None or not most.trades:
            top = float(known.max(initial=0.5))
            return top, "the model gives no score that stands out, so nothing would be traded", False
        return most.threshold, f"no threshold gives {LEAST_TRADES} trades; this one gives most, {most.trades}", False
    row = table[best]
    bound = f"{row.lower_bound_per_bar * 1e4:+.3f} basis points a bar at least, {row.trades} trades"
    if row.lower_bound_per_bar > 0:
        return row.threshold, f"highest lower bound of the net return: {bound}", True
    return row.threshold, f"no threshold earns its costs for sure; this one comes nearest: {bound}", False
