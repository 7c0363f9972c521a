from __future__ import annotations

import pytest

from trady2.reports.numerals import MISSING
from trady2.reports.units import group_of, spoken, unit_of, written


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("total_return", "fraction"),
        ("best_bar_return", "fraction"),
        ("max_drawdown", "fraction"),
        ("max_drawdown_duration_bars", "bars"),
        ("n_trades", "count"),
        ("ambiguous_bars", "count"),
        ("longest_win_run", "count"),
        ("fees_paid", "money"),
        ("final_equity", "money"),
        ("expectancy", "money"),
        ("break_even_cost_bps", "bps"),
        ("sharpe_ratio", "ratio"),
        ("turnover", "ratio"),
        ("win_rate", "fraction"),
        ("exposure_time", "fraction"),
        ("gross_loss", "money"),
        ("cagr_10_years", "fraction"),
        ("benchmark_cagr", "fraction"),
        ("tracking_error", "fraction"),
        ("conditional_value_at_risk_normal", "fraction"),
        ("risk_of_ruin", "fraction"),
        ("n_drawdowns", "count"),
        ("drawdown_time_share", "fraction"),
        ("periods_per_year", "count"),
        ("log_equity_r_squared", "ratio"),
        ("up_capture", "ratio"),
        ("volatility_auc", "ratio"),
    ],
)
def test_a_name_tells_its_unit(name: str, unit: str) -> None:
    """The names of the backtest's metrics lead to the units that its documentation gives."""
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("max_drawdown_duration_bars", "Max drawdown duration"),
        ("break_even_cost_bps", "Break even cost"),
        ("n_trades", "Trades"),
        ("n_eff", "Effective rows"),
        ("pr_auc", "PR AUC"),
        ("sharpe_ratio", "Sharpe ratio"),
        ("pnl", "P&L"),
        ("smart_sharpe_ratio", "Smart Sharpe ratio"),
        ("cagr_3_years", "CAGR 3 years"),
        ("mean_mae_return", "Mean MAE return"),
        ("psr_2012", "Probabilistic Sharpe ratio"),
    ],
)
def test_names_are_spoken(name: str, words: str) -> None:
    """A name becomes words, without the unit that stands behind its value."""
    assert spoken(name) == words


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("fees_paid", "Costs and exposure"),
        ("win_rate", "Trades"),
        ("calmar_ratio", "Falls from the peak"),
        ("sharpe_ratio", "Return and risk"),
        ("annual_return", "Return and risk"),
        ("benchmark_sharpe_ratio", "Against buy and hold"),
        ("best_month_return", "Days, months and years"),
        ("return_year_to_date", "Days, months and years"),
        ("max_recovery_return", "Falls from the peak"),
        ("gross_profit", "Trades"),
        ("ambiguous_bars", "Trades"),
    ],
)
def test_metrics_have_a_heading(name: str, group: str) -> None:
    """Each metric stands under the heading where a reader looks for it."""
    assert group_of(name) == group


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("years", 3, "3"),
        ("years", 3.42, "3.42"),
        ("sharpe_ratio", None, MISSING),
        ("shared", True, "yes"),
        ("shared", False, "no"),
        ("assets", ["A", "B"], "A, B"),
        ("assets", [], MISSING),
        ("method", "platt", "platt"),
    ],
)
def test_values_of_any_kind_are_written(name: str, value: object, text: str) -> None:
    """Whole numbers stay whole, truth is yes or no, lists are listed, nothing is a dash."""
    assert written(name, value) == text
