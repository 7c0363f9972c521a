"""What a walk along history shows: direction, timing, trades, and the daily excess that luck is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.guards.direction import direction_skill
from trady2.guards.timing import timing
from trady2.guards.verdict import Evidence, judge
from trady2.learning.volatility import trailing_volatility
from trady2.stats.probabilistic_sharpe import deflated_sharpe_ratio, sharpe_moments

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest
    from trady2.config import Config
    from trady2.data.panel import Panel
    from trady2.guards.estimate import Estimate
    from trady2.guards.timing import Timing
    from trady2.guards.verdict import Verdict
    from trady2.learning.target import Labels
    from trady2.stats.probabilistic_sharpe import SharpeMoments

__all__ = ["WalkEvidence", "traded", "walk_evidence"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
_YEAR = np.timedelta64(31_557_600_000_000, "us")


@dataclass(frozen=True, eq=False)
class WalkEvidence:
    """All of it out of sample.

    Attributes:
        direction: see `trady2.guards.direction.direction_skill`.
        timing: see `trady2.guards.timing.timing`.
        n_trades: trades.
        years: from the first bar to the last.
        excess: moments of the timing excess per UTC day.
    """

    direction: Estimate
    timing: Timing
    n_trades: int
    years: float
    excess: SharpeMoments

    def deflated(self, n_judged: int, sharpe_variance: float) -> float | None:
        """Return the Deflated Sharpe Ratio of the excess for the best of *n_judged*; None for the first one."""
        if n_judged < 2:
            return None
        return deflated_sharpe_ratio(*self.excess, n_trials=n_judged, trials_variance=sharpe_variance)

    def verdict(
        self,
        n_judged: int = 1,
        sharpe_variance: float = float("nan"),
        *,
        audit_passed: bool | None,
        confirmed: bool | None = None,
    ) -> Verdict:
        """Judge the walk as the best of *n_judged* with that variance of their Sharpe ratios; see `judge`."""
        return judge(
            Evidence(
                direction=self.direction,
                excess=self.timing.excess,
                net=self.timing.net,
                n_trades=self.n_trades,
                years=self.years,
                n_judged=n_judged,
                deflated_sharpe=self.deflated(n_judged, sharpe_variance),
                audit_passed=audit_passed,
                confirmed=confirmed,
            )
        )


def walk_evidence(
    panel: Panel, labels: Labels, config: Config, *, raw: Floats, fold: Rows, signal: Floats
) -> WalkEvidence:
    """Measure what models said of bars that they had not seen.

    Args:
        panel: the bars; features are not needed.
        labels: of the same rows.
        config: target and rules of the backtest.
        raw: (n,) the score that ranks, comparable inside a fold; NaN where none was given.
        fold: (n,) which model gave it, -1 for none.
        signal: (n,) the score where it lies above the threshold of its fold, NaN elsewhere.
    """
    rows = np.flatnonzero(panel.decision_time >= panel.decision_time[fold >= 0].min())
    result = traded(panel, rows, signal[rows], config)
    steps = config.target.horizon_steps
    timed = timing(panel, rows, result, horizon_steps=steps)
    volatility = trailing_volatility(panel, steps)
    return WalkEvidence(
        direction=direction_skill(raw, fold, labels, volatility, panel.decision_time, horizon_steps=steps),
        timing=timed,
        n_trades=len(result.trades),
        years=float((timed.clock[-1] - timed.clock[0]) / _YEAR),
        excess=sharpe_moments(_by_day(timed)),
    )


def traded(panel: Panel, rows: Rows, signal: Floats, config: Config) -> Backtest:
    """Trade the *rows* of *panel* wherever *signal* (k,) has a number, by the rules of the configuration."""
    from trady2.backtest.engine import run

    bars = panel.frame().iloc[rows, :7].reset_index(drop=True)
    return run(bars, signal, config.backtest.model_copy(update={"threshold": 0.0}))


def _by_day(timed: Timing) -> Floats:
    day = timed.clock.astype("datetime64[D]").astype(np.int64)
    return np.asarray(np.bincount(day - day[0], timed.excess_returns), np.float64)
