"""Figures of other libraries, computed once by the call in the ledger and kept as they came."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trady2 import stats
from trady2.backtest.metrics_calendar import calendar_metrics
from trady2.backtest.metrics_periods import period_metrics

LEDGERS = Path(__file__).parent / "ledgers"
DAYS = pd.read_csv(LEDGERS / "returns.csv", parse_dates=["date"])
RETURNS, OTHER = DAYS["returns"].to_numpy(), DAYS["benchmark"].to_numpy()
EQUITY = np.concatenate([[1.0], np.cumprod(1 + RETURNS)])
TRADES = RETURNS[RETURNS != 0]
with (LEDGERS / "peer_figures.csv").open(newline="") as file:
    FIGURES = list(csv.DictReader(file))


def ours() -> dict[str, float]:
    """Return our figures of the same days by the names of the ledger; trades are the days on which something moved."""
    periods = period_metrics(EQUITY, 365.0)
    days = DAYS["date"].to_numpy(dtype="datetime64[us]")
    alpha, beta = stats.alpha_beta(RETURNS, OTHER, 365.0)
    return {
        **calendar_metrics(np.append(days[:1], days), EQUITY),
        **periods,
        "alpha": alpha,
        "beta": beta,
        "block_length": stats.optimal_block_length(RETURNS),
        "conditional_value_at_risk": periods["conditional_value_at_risk_historical"],
        "correlation": stats.correlation(RETURNS, OTHER),
        "cpc_index": stats.cpc_index(TRADES, TRADES),
        "down_capture": stats.down_capture(RETURNS, OTHER),
        "downside_volatility": periods["annual_downside_volatility"],
        "expected_day_return": stats.geometric_mean(RETURNS),
        "information_ratio": stats.information_ratio(RETURNS, OTHER, 365.0),
        "kelly_criterion": stats.kelly_criterion(TRADES),
        "max_drawdown_duration": periods["max_drawdown_duration_bars"],
        "max_recovery_duration": periods["max_recovery_duration_bars"],
        "mean_drawdown": periods["average_drawdown"],
        "mean_recovery_duration": periods["average_recovery_duration_bars"],
        "mean_recovery_return": periods["average_recovery_return"],
        "normal_conditional_value_at_risk": periods["conditional_value_at_risk_normal"],
        "normal_value_at_risk": periods["value_at_risk_normal"],
        "outlier_loss_ratio": stats.outlier_loss_ratio(TRADES),
        "outlier_win_ratio": stats.outlier_win_ratio(TRADES),
        "payoff_ratio": stats.payoff_ratio(TRADES),
        "profit_factor": stats.profit_factor(TRADES),
        "sharpe_ratio_per_period": periods["sharpe_ratio_per_bar"],
        "time_under_water_share": periods["drawdown_time_share"],
        "unbiased_kurtosis": stats.unbiased_kurtosis(periods["kurtosis"], RETURNS.size),
        "unbiased_skewness": stats.unbiased_skewness(periods["skew"], RETURNS.size),
        "up_capture": stats.up_capture(RETURNS, OTHER),
        "value_at_risk": periods["value_at_risk_historical"],
        "win_rate": stats.win_rate(TRADES),
    }


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: f"{row['figure']}-{row['library']}")
def test_figures_equal_those_of_another_library(row):
    """The figure is what the named version of another library gives for the same days."""
    assert ours()[row["figure"]] == pytest.approx(float(row["value"]), rel=1e-9)


def test_the_ledger_holds_three_libraries_and_finite_figures():
    """No row is empty, and each of the libraries is heard."""
    assert all(math.isfinite(float(row["value"])) for row in FIGURES)
    assert {row["library"].split()[0] for row in FIGURES} == {"quantstats", "empyrical-reloaded", "vectorbt", "arch"}
    assert len(FIGURES) >= 75
