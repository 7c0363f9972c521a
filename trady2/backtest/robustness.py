"""What becomes of a result when something is changed, where it came from, and how much of it luck would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.backtest.breakdown import by_asset, by_month
from trady2.backtest.cost_stress import cost_basis_bps, cost_table, delay_table
from trady2.backtest.intervals import bootstrap_intervals
from trady2.backtest.market import Market, checked_probability
from trady2.backtest.placing import place
from trady2.backtest.random_entries import random_entries
from trady2.backtest.threshold_curve import choose_thresholds, threshold_tables
from trady2.stats.returns import period_returns

if TYPE_CHECKING:
    from collections.abc import Callable

    from trady2.backtest.result import Backtest
    from trady2.config import BacktestConfig

__all__ = ["robustness", "runs_within"]

_MOST_RUNS = 1_000
_FEWEST_RUNS = 200
_BOOTSTRAP_STEPS = 100_000_000
_RANDOM_STEPS = 50_000_000


def robustness(
    market: Market,
    probability: ArrayLike,
    backtest: Backtest,
    run: Callable[[NDArray[np.float64], BacktestConfig], Backtest],
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the block `robustness` of a report, fit for strict JSON.

    Args:
        market: the bars of *backtest*.
        probability: (n,) what it was run on.
        backtest: the result to be shaken.
        run: runs probabilities on the same bars by a configuration, as `trady2.backtest.run` does.
        seed: of everything drawn at random. Random entries and bootstrap each have a generator of their own, seeded
            with it.

    Returns:
        costs, cost_basis_bps, break_even_cost_bps (of the mean trade, whatever part of the money it took), delay,
        by_month, by_asset, random_entries, bootstrap, threshold_curve and cost_threshold_surface: see the functions
        named after them. There are 1,000 random runs where they can be had in about a second, never fewer than 200.
    """
    chances, config = checked_probability(probability, market.close.size), backtest.config
    placing, returns = place(market, backtest.trades), period_returns(backtest.equity.to_numpy())

    def rerun(rules: BacktestConfig, delay_bars: int) -> Backtest:
        return run(chances, rules.model_copy(update={"delay_bars": rules.delay_bars + delay_bars}))

    costs = cost_table(backtest, rerun)
    own = 0.0 if config.threshold is None else config.threshold
    cost_bps = [row["cost_bps_per_side"] for row in costs]
    gross = 1 + backtest.trades["gross_return"].to_numpy()
    return {
        "costs": costs,
        "cost_basis_bps": cost_basis_bps(config),
        "break_even_cost_bps": backtest.metrics["break_even_cost_bps"],
        "delay": delay_table(backtest, rerun),
        "by_month": by_month(backtest),
        "by_asset": by_asset(market, placing, backtest),
        "random_entries": random_entries(
            market, placing, backtest, runs=runs_within(_RANDOM_STEPS, market.close.size + 8 * gross.size), seed=seed
        ),
        "bootstrap": bootstrap_intervals(
            returns,
            hold_bars=config.hold_bars,
            periods_per_year=backtest.periods_per_year,
            runs=runs_within(_BOOTSTRAP_STEPS, returns.size),
            seed=seed,
        ),
        **threshold_tables(market, backtest, rerun, choose_thresholds(chances, own), cost_bps),
    }


def runs_within(steps: int, steps_per_run: int) -> int:
    """Return how many runs *steps* allow, from 200 to 1,000."""
    return min(max(steps // max(steps_per_run, 1), _FEWEST_RUNS), _MOST_RUNS)
