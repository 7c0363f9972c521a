from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.backtest.markets import frame, random_rows
from trady2.backtest import BacktestConfig, run
from trady2.backtest.cost_stress import COST_MULTIPLES, cost_basis_bps, cost_table, delay_table, scaled, told

RULES = {"threshold": 0.6, "hold_bars": 4}
RNG = np.random.default_rng(0)
BARS, CHANCES = frame(random_rows(RNG, 400)), RNG.random(400)


def table(**costs):
    """Return the cost table of a run."""
    config = BacktestConfig(**RULES, **costs)
    return cost_table(run(BARS, CHANCES, config), lambda rules, _: run(BARS, CHANCES, rules))


def test_costs_are_those_of_runs_by_hand():
    """Each row is what a run with so many times the fee and the slippage makes."""
    rows = table(fee_bps=4.0, slippage_bps=1.0)
    assert [row["cost_multiple"] for row in rows] == list(COST_MULTIPLES)
    assert [row["cost_bps_per_side"] for row in rows] == pytest.approx([0, 2.5, 5, 7.5, 10, 15, 25])
    for row in rows:
        times = row["cost_multiple"]
        done = run(BARS, CHANCES, BacktestConfig(**RULES, fee_bps=4 * times, slippage_bps=times))
        assert row["total_return"] == pytest.approx(done.metrics["total_return"])
        assert row["sharpe_ratio"] == pytest.approx(done.metrics["sharpe_ratio"])
    totals = [row["total_return"] for row in rows]
    assert totals == sorted(totals, reverse=True)


def test_without_costs_multiples_are_of_ten_basis_points():
    """A run that pays nothing is shown at 10 bps and multiples of them, and says so."""
    assert cost_basis_bps(BacktestConfig(**RULES)) == 10
    assert cost_basis_bps(BacktestConfig(**RULES, fee_bps=3)) is None
    rows = table()
    assert [row["cost_bps_per_side"] for row in rows] == [0, 5, 10, 15, 20, 30, 50]
    assert rows[0]["total_return"] == pytest.approx(run(BARS, CHANCES, BacktestConfig(**RULES)).metrics["total_return"])


def test_absurd_costs_stay_below_everything():
    """Five times 40 % is still less than all of it."""
    dear = scaled(BacktestConfig(**RULES, fee_bps=4_000.0), 5)
    assert dear.fee_bps == 9_999
    assert table(fee_bps=4_000.0)[-1]["total_return"] == -1


def test_delay_is_that_of_shifted_probabilities():
    """Entries one and two bars later are those of probabilities that are known one and two bars later."""

    def rerun(rules, bars):
        return run(BARS, pd.Series(CHANCES).shift(bars), rules)

    done = run(BARS, CHANCES, BacktestConfig(**RULES, fee_bps=2))
    rows = delay_table(done, rerun)
    assert [row["delay_bars"] for row in rows] == [0, 1, 2]
    assert {key: rows[0][key] for key in ("total_return", "n_trades")} == {
        key: done.metrics[key] for key in ("total_return", "n_trades")
    }
    later = run(BARS, pd.Series(CHANCES).shift(2), done.config)
    assert (rows[2]["n_trades"], rows[2]["total_return"]) == (len(later.trades), later.metrics["total_return"])


def test_without_a_trade_there_is_no_ratio():
    """Nothing traded makes nothing, and has no Sharpe ratio."""
    done = run(BARS, CHANCES * 0, BacktestConfig(**RULES))
    assert told(done) == {"total_return": 0.0, "sharpe_ratio": None}
